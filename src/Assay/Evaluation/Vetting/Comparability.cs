using System.Globalization;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Models;
using Assay.Tokenization;

namespace Assay.Evaluation.Vetting;

/// <summary>Whether two models can be compared token by token at all, and whether one came from the other.</summary>
/// <param name="TokenDifference">Why ids mean different things in the two, in words; null where every token of the base has its id in the candidate.</param>
/// <param name="AddedTokens">Tokens that only the candidate has, by id.</param>
/// <param name="MedianCosine">Median over matrices matched by content of cos(W_P, W_Q); null where none has a cosine.</param>
/// <param name="Matched">Whether any matrix of the one has a counterpart of its shape in the other.</param>
/// <remarks>protocol.md, INCOMPARABLE. Another number of layers is no reason: what is left can be measured.</remarks>
public sealed record Comparability(string? TokenDifference, IReadOnlyList<(string Token, int Id)> AddedTokens, double? MedianCosine, bool Matched)
{
    private const int MostNamed = 3;

    // Unrelated matrices have a cosine near 0, edited ones near 1.
    private const double PlainCosine = .9;
    private const int MostMatrices = 32, MostElements = 1 << 16;

    /// <summary>Judges two models.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="difference">Their weights compared; null where the weights hashes are equal.</param>
    public static Comparability Of(LanguageModel baseModel, LanguageModel candidate, CheckpointDifference? difference)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(candidate);
        return new Comparability(Tokens(baseModel, candidate), Added(baseModel.Tokenizer, candidate.Tokenizer), difference is null ? 1
            : difference.MedianCosine, difference is null || HasCounterparts(difference));
    }

    /// <summary>Whether one of two models plainly came from the other, seen on parts of some matrices of equal names: the median of their cosines is at least
    /// .9. Where it is not, only comparing all weights tells.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    public static bool PlainlyRelated(LanguageModel baseModel, LanguageModel candidate)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(candidate);
        string[] matrices = [.. baseModel.Weights.Where(w => w.Value.Shape.Length > 1).Select(w => w.Key).Order(StringComparer.Ordinal)];
        string[] shared = [.. matrices.Where(n => candidate.Weights.TryGetValue(n, out var other) && other.Shape.SequenceEqual(baseModel.Weights[n].Shape))];
        if (shared.Length == 0 || shared.Length < matrices.Length / 2) return false;
        var step = Math.Max(1, shared.Length / MostMatrices);
        double[] cosines = [.. shared.Where((_, i) => i % step == 0).Select(n => Cosine(baseModel.Weights[n], candidate.Weights[n])).Order()];
        // NaN is sorted first and fails the comparison.
        return !double.IsNaN(cosines[0]) && cosines[cosines.Length / 2] >= PlainCosine;
    }

    private static double Cosine(Tensor a, Tensor b)
    {
        var count = (int)Math.Min(a.Count, MostElements);
        var (x, y) = (new float[count], new float[count]);
        a.Read(0, x);
        b.Read(0, y);
        double dot = 0, ofA = 0, ofB = 0;
        for (var i = 0; i < count; i++) (dot, ofA, ofB) = (dot + (double)x[i] * y[i], ofA + (double)x[i] * x[i], ofB + (double)y[i] * y[i]);
        return dot / Math.Sqrt(ofA * ofB);
    }

    private static bool HasCounterparts(CheckpointDifference difference) =>
        difference.Tensors.Any(t => t.Shape.Length > 1 && t.Kind is not (ChangeKind.Added or ChangeKind.Missing or ChangeKind.Reshaped));

    private static string? Tokens(LanguageModel baseModel, LanguageModel candidate)
    {
        if (baseModel.Tokenizer is { } before && candidate.Tokenizer is { } after)
        {
            var moved = before.Vocabulary.Where(t => after.Vocabulary.TryGetValue(t.Key, out var id) && id != t.Value).OrderBy(t => t.Value).ToList();
            var missing = before.Vocabulary.Where(t => !after.Vocabulary.ContainsKey(t.Key)).OrderBy(t => t.Value).ToList();
            var found = new List<string>();
            if (moved.Count > 0) found.Add(
                $"{moved.Count} of the base's {before.Vocabulary.Count} tokens have another id " +
                $"({Named(moved.Select(t => $"'{t.Key}' is {t.Value}, in the candidate {after.Vocabulary[t.Key]}"), moved.Count)})");
            if (missing.Count > 0) found.Add($"{missing.Count} are missing ({Named(missing.Select(t => $"'{t.Key}' = {t.Value}"), missing.Count)})");
            if (found.Count > 0) return string.Join("; ", found) + ".";
        }

        return candidate.Spec.VocabularySize >= baseModel.ValidVocabulary ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"The base has {baseModel.ValidVocabulary} tokens; the candidate's embedding and head have {candidate.Spec.VocabularySize} rows.");
    }

    private static List<(string, int)> Added(Tokenizer? before, Tokenizer? after) =>
        before is null || after is null ? [] : [.. after.Vocabulary.Where(t => !before.Vocabulary.ContainsKey(t.Key)).OrderBy(t => t.Value)
            .Select(t => (t.Key, t.Value))];

    private static string Named(IEnumerable<string> all, int count) => string.Join(", ", all.Take(MostNamed)) + (count > MostNamed ? ", …" : "");
}
