using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Evaluation.Prompts;

/// <summary>Documents of the user's own that make one domain of reference text.</summary>
/// <param name="Name">Lower-case letters, digits, <c>-</c> and <c>_</c>: it stands in the ids of measurements.</param>
/// <param name="Documents">In the order of their files and lines.</param>
public sealed record TextDomain(string Name, ImmutableArray<string> Documents)
{
    /// <summary>SHA-256 of the documents, lower-case hex: equal for equal documents in one order, wherever they lie.</summary>
    public string Hash { get; } = Hashed(Documents);

    /// <summary>Some of the documents, drawn without replacement; all where there are no more.</summary>
    /// <param name="seed">The draw's seed.</param>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<ProseDocument> Draw(ulong seed, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        IReadOnlyList<int> places = [.. Enumerable.Range(0, Documents.Length)];
        if (count < places.Count) places = [.. new SeededRandom(SeededRandom.Derive(seed, "text " + Name)).Sample(places, count).Order()];
        return [.. places.Select(i => new ProseDocument($"{Name}/{i:0000}", Name, Documents[i]))];
    }

    private static string Hashed(ImmutableArray<string> documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var document in documents)
        {
            var bytes = Encoding.UTF8.GetBytes(document);
            // The length keeps two documents apart from one that is both.
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
