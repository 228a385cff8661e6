using System.Globalization;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>Rows of the embeddings that are no numbers: no prompt of a run need hold their tokens, and whoever writes one gets nothing.</summary>
public static class BrokenRows
{
    /// <summary>What a text with such a row gives, seen by running the shortest one, a sentence each.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="difference">Its weights compared with the base's: only where those found values that are no numbers are rows looked for.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static IReadOnlyList<string> Find(LanguageModel candidate, CheckpointDifference difference, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(difference);
        var broken = difference.Tensors.Where(t => t.Kind == ChangeKind.NonFinite).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var found = new List<string>();
        if (Row(candidate, candidate.Spec.Embedding, candidate.ValidVocabulary, broken, cancellation) is { } id
            && LogitProbe.Check(candidate, [id], cancellation) is not null)
        {
            var token = candidate.Tokenizer?.Vocabulary.FirstOrDefault(t => t.Value == id).Key;
            found.Add(string.Create(CultureInfo.InvariantCulture,
                $"A text with the token {(token is null ? "" : $"'{token}' ")}({id}) gives logits that are no numbers: its row of {candidate.Spec.Embedding} " +
                $"is none."));
        }

        if (Row(candidate, candidate.Spec.PositionEmbedding, candidate.Spec.MaxPositions, broken, cancellation) is { } position
            && LogitProbe.Check(candidate, new int[position + 1], cancellation) is not null)
            found.Add(string.Create(CultureInfo.InvariantCulture,
                $"A text of {position + 1} tokens gives logits that are no numbers: row {position} of {candidate.Spec.PositionEmbedding} is none."));
        return found;
    }

    /// <summary>The first of a tensor's rows that holds a value that is not finite.</summary>
    private static int? Row(LanguageModel model, string? name, int rows, HashSet<string> broken, CancellationToken cancellation)
    {
        if (name is null || !broken.Contains(name) || !model.Weights.TryGetValue(name, out var tensor)) return null;
        var row = new float[tensor.Shape[^1]];
        for (var r = 0; r < Math.Min(rows, tensor.Shape[0]); r++)
        {
            cancellation.ThrowIfCancellationRequested();
            tensor.Read((long)r * row.Length, row);
            if (row.Any(v => !float.IsFinite(v))) return r;
        }

        return null;
    }
}
