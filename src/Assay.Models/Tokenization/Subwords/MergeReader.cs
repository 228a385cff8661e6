using System.Runtime.CompilerServices;
using System.Text;

namespace Assay.Tokenization.Subwords;

/// <summary>Turns merges, as a file spells them, into ids.</summary>
internal static class MergeReader
{
    /// <summary>Below so many a second thread is not worth starting.</summary>
    private const int ManyMerges = 20_000;

    /// <summary>Pair of ids → rank, and id of what they become. Of a pair that is listed twice the later one counts, as in the reference.</summary>
    /// <param name="merges">The list.</param>
    /// <param name="vocabulary">Its tokens.</param>
    /// <param name="prefix">What a right half begins with and loses in joining.</param>
    /// <param name="component">Where problems go.</param>
    public static PairTable Read(MergeList merges, TokenVocabulary vocabulary, string prefix, Component component)
    {
        var prefixUtf8 = Encoding.UTF8.GetBytes(prefix);
        var resolved = new (int Left, int Right, int Joined)[merges.Count];
        if (merges.Count < ManyMerges || Environment.ProcessorCount < 2) Resolve(merges, vocabulary, prefixUtf8, 0, merges.Count, resolved);
        else
        {
            var half = merges.Count / 2;
            var other = Task.Run(() => Resolve(merges, vocabulary, prefixUtf8, half, merges.Count, resolved));
            Resolve(merges, vocabulary, prefixUtf8, 0, half, resolved);
            other.Wait();
        }
        return Build(merges, resolved, component);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Resolve(MergeList merges, TokenVocabulary vocabulary, byte[] prefix, int from, int to, (int Left, int Right, int Joined)[] into)
    {
        Span<byte> small = stackalloc byte[256];
        // Merges come in the order in which their results got their ids, more often than not.
        var last = 0;
        for (var rank = from; rank < to; rank++)
        {
            merges.Halves(rank, out var left, out var right);
            var (a, b, joined) = (vocabulary.Find(left), vocabulary.Find(right), -1);
            if (a >= 0 && b >= 0 && right.StartsWith(prefix))
            {
                right = right[prefix.Length..];
                var length = left.Length + right.Length;
                var text = length <= small.Length ? small[..length] : new byte[length];
                left.CopyTo(text);
                right.CopyTo(text[left.Length..]);
                joined = vocabulary.FindNear(text, ref last);
            }
            into[rank] = (a, b, joined);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static PairTable Build(MergeList merges, (int Left, int Right, int Joined)[] resolved, Component component)
    {
        var table = new PairTable(resolved.Length);
        var bad = 0;
        for (var rank = 0; rank < resolved.Length; rank++)
        {
            var (left, right, joined) = resolved[rank];
            if (joined >= 0) table.Set(left, right, rank, joined);
            else if (bad++ < 3)
            {
                merges.Halves(rank, out var a, out var b);
                component.Problem($"merges[{rank}] names or makes a token that the vocabulary lacks: '{Component.Shorten(Encoding.UTF8.GetString(a))}' '{Component.Shorten(Encoding.UTF8.GetString(b))}'.");
            }
        }
        if (bad > 3) component.Problem($"{bad - 3} more merges are wrong.");
        return table;
    }
}
