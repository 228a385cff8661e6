using System.Globalization;
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
