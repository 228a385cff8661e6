using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Statistics;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>Whether two models can be compared token by token at all.</summary>
/// <param name="TokenMapsEqual">Every token has the same id in both.</param>
/// <param name="ShapesEqual">Tensors have the same names and shapes; rows of embedding and head beyond the tokenizer's size are padding and may differ in number.</param>
/// <param name="MedianCosine">Median over matrices of cos(W_P, W_Q); null where names or shapes differ.</param>
/// <param name="Difference">What differs first, in words; null where nothing does.</param>
public sealed record Comparability(bool TokenMapsEqual, bool ShapesEqual, double? MedianCosine, string? Difference)
{
    /// <summary>Compares token maps and shapes, and reads all weights once where those agree.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="cancellation">Honoured between tensors.</param>
    public static Comparability Of(LanguageModel baseModel, LanguageModel candidate, CancellationToken cancellation = default)
    {
        if (Tokens(baseModel, candidate) is { } tokens) return new Comparability(false, true, null, tokens);
        if (Shapes(baseModel, candidate) is { } shapes) return new Comparability(true, false, null, shapes);
        var cosines = new List<double>();
        foreach (var (name, tensor) in baseModel.Weights)
        {
            cancellation.ThrowIfCancellationRequested();
            if (tensor.Shape.Length != 2 || !candidate.Weights.TryGetValue(name, out var other) || !tensor.Shape.AsSpan().SequenceEqual(other.Shape.AsSpan())) continue;
            if (Cosine(tensor, other) is var cosine && !double.IsNaN(cosine)) cosines.Add(cosine);
        }

        cosines.Sort();
        return new Comparability(true, true, cosines.Count == 0 ? null : OrderStatistics.Quantile(cosines.ToArray(), .5), null);
    }

    private static string? Tokens(LanguageModel baseModel, LanguageModel candidate)
    {
        if (baseModel.Tokenizer is { } ours && candidate.Tokenizer is { } theirs)
        {
            var moved = ours.Vocabulary.Where(t => !theirs.Vocabulary.TryGetValue(t.Key, out var id) || id != t.Value).Select(t => t.Key).Order(StringComparer.Ordinal).ToList();
            var added = theirs.Vocabulary.Count(t => !ours.Vocabulary.ContainsKey(t.Key));
            if (moved.Count > 0 || added > 0) return $"{moved.Count} of the base's {ours.Vocabulary.Count} tokens differ or are missing, {added} are new.";
        }

        return baseModel.ValidVocabulary == candidate.ValidVocabulary ? null : $"The base has {baseModel.ValidVocabulary} vocabulary entries, the candidate {candidate.ValidVocabulary}.";
    }

    private static string? Shapes(LanguageModel baseModel, LanguageModel candidate)
    {
        var (ours, theirs) = (Expected(baseModel), Expected(candidate));
        // A head that one of them ties to its embedding is the same computation under another name.
        var different = ours.Keys.Union(theirs.Keys).Where(name => !(ours.TryGetValue(name, out var a) && theirs.TryGetValue(name, out var b) && a.AsSpan().SequenceEqual(b.AsSpan()))).Order(StringComparer.Ordinal).ToList();
        if (different.Count > 0)
            return $"{different.Count} tensors have other shapes or no counterpart; the first is {different[0]}: [{Text(ours, different[0])}] in the base, [{Text(theirs, different[0])}] in the candidate.";
        return baseModel.Spec.HiddenSize == candidate.Spec.HiddenSize ? null : $"The hidden sizes are {baseModel.Spec.HiddenSize} and {candidate.Spec.HiddenSize}.";
    }

    private static Dictionary<string, ImmutableArray<long>> Expected(LanguageModel model) =>
        model.Config.Tensors.Where(t => !t.Optional && t.Name != model.Spec.Embedding && t.Name != model.Spec.Head.Weight).ToDictionary(t => t.Name, t => t.Shape);

    private static string Text(Dictionary<string, ImmutableArray<long>> shapes, string name) => shapes.TryGetValue(name, out var shape) ? string.Join(", ", shape) : "absent";

    private static double Cosine(Tensor a, Tensor b)
    {
        double dot = 0, left = 0, right = 0;
        var (x, y) = (new float[1 << 14], new float[1 << 14]);
        for (long at = 0; at < a.Count; at += x.Length)
        {
            var count = (int)Math.Min(x.Length, a.Count - at);
            a.Read(at, x.AsSpan(0, count));
            b.Read(at, y.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                dot += (double)x[i] * y[i];
                left += (double)x[i] * x[i];
                right += (double)y[i] * y[i];
            }
        }

        return dot / Math.Sqrt(left * right);
    }
}
