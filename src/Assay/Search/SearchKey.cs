using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Search;

/// <summary>What makes two searches the same: scores of the one may be taken for the other's.</summary>
public static class SearchKey
{
    // A change of what a score is, is a change of this text.
    private const string Version = "assay search 1";

    /// <summary>SHA-256 over the model, the items with their openings, the candidates and the version, lower-case hexadecimal.</summary>
    /// <param name="model">Hash of the base's weights and configuration.</param>
    /// <param name="set">The items.</param>
    /// <param name="space">The space's name.</param>
    /// <param name="candidates">The list, in order.</param>
    public static string Of(string model, SelectionSet set, string space, IReadOnlyList<Candidate> candidates)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Text(Version);
        Text(typeof(SearchKey).Assembly.GetName().Version?.ToString() ?? "");
        Text(model);
        Text(set.Hash());
        Text(space);
        var seen = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        foreach (var candidate in candidates)
        {
            Text(candidate.Id);
            foreach (var (direction, places) in candidate.Edits)
            {
                // Many candidates share one direction: its numbers are hashed once.
                if (!seen.TryGetValue(direction, out var number))
                {
                    seen[direction] = number = seen.Count;
                    Text(direction.Estimator);
                    foreach (var values in (ReadOnlySpan<System.Collections.Immutable.ImmutableArray<float>>)[direction.Vectors, direction.Readouts, direction.Offset])
                    {
                        var bytes = MemoryMarshal.AsBytes(values.IsDefault ? [] : values.AsSpan());
                        Text(bytes.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
                        hash.AppendData(bytes);
                    }
                }

                Text($"direction {number}");
                foreach (var place in places) Text(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{place.Layer} {place.Writer} {place.Strength:R}"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // Length first, and an end: no two lists may run into each other.
        void Text(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }
}
