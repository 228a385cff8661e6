using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Models.Sampling;

/// <summary>Names a stream of draws under a seed: the same tokens come wherever and whenever a sequence is continued.</summary>
/// <param name="Item">What is continued, such as a hash of its name.</param>
/// <param name="Sample">Which of its continuations, from 0.</param>
public readonly record struct DrawKey(long Item, int Sample = 0)
{
    /// <summary>The key of an item that has a name: the first 8 bytes of the name's SHA-256, little endian.</summary>
    /// <param name="item">Its name.</param>
    /// <param name="sample">Which of its continuations, from 0.</param>
    public static DrawKey Of(string item, int sample = 0) => new(BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(item))), sample);

    /// <summary>A number from 0 (included) to 1 (excluded), of 53 bits: a function of seed, item, sample and step.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="step">Of the draw within the sequence, from 0.</param>
    public double Uniform(long seed, int step) => CounterRandom.Uniform(seed, Item, ((long)Sample << 32) | (uint)step);
}
