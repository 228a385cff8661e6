using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Evaluation.Prompts;

/// <summary>The seed of a challenge, fixed by both models' weights before a nonce is drawn, so that a candidate cannot be fitted to the items it is measured on.</summary>
public static class ChallengeSeed
{
    /// <summary>SHA-256(weights hash of Q ‖ weights hash of P ‖ protocol version ‖ nonce) over the texts in UTF-8. Each is preceded by its length in bytes (4 bytes, little endian), so that no two lists of texts run together to the same bytes.
    /// The first 8 bytes, little endian, are the seed.</summary>
    /// <param name="weightsHashQ">Weights hash of the candidate, as the report prints it.</param>
    /// <param name="weightsHashP">Weights hash of the base.</param>
    /// <param name="protocolVersion">Version of the protocol.</param>
    /// <param name="nonce">Drawn after the candidate is frozen, and not by its author.</param>
    public static ulong Derive(string weightsHashQ, string weightsHashP, string protocolVersion, string nonce)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (ReadOnlySpan<string>)[weightsHashQ, weightsHashP, protocolVersion, nonce])
        {
            ArgumentNullException.ThrowIfNull(part);
            var bytes = Encoding.UTF8.GetBytes(part);
            var length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset());
    }

    /// <summary>The seed of one part of a challenge; see <see cref="SeededRandom.Derive"/>.</summary>
    public static ulong Derive(ulong seed, string label) => SeededRandom.Derive(seed, label);
}
