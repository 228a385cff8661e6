using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Scoring;

/// <summary>Log-probabilities of given tokens under one model.</summary>
public sealed unsafe class TextScorer(LanguageModel model)
{
    /// <summary>Natural log-probability of every scored token; one array a text.</summary>
    /// <param name="texts">What to score.</param>
    /// <param name="progress">Told the number of rows forwarded so far.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<double[]> Score(IReadOnlyList<ScoredText> texts, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var results = texts.Select(t => new double[Math.Max(0, t.Tokens.Length - t.FirstScored)]).ToArray();
        using var all = new FloatBuffer(); // (rows of a batch, d), after the final norm.
        using var picked = new FloatBuffer(); // (scored tokens of a batch, d): rows that predict them.
        using var logits = new FloatBuffer(); // (rows of a block, vocabulary).
        var (width, valid) = (model.Spec.VocabularySize, model.ValidVocabulary);
        var block = MemoryBudget.LogitRows(model.MemoryBytes, width, 1);
        long forwarded = 0;
        foreach (var batch in ScoringBatch.Cut(texts, MemoryBudget.Rows(model.MemoryBytes, Transformer.BytesPerRow(model.Spec))))
        {
            batch.Forward(model, all, picked, cancellation);
            for (var from = 0; from < batch.Picks.Count; from += block)
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = Math.Min(block, batch.Picks.Count - from);
                var data = logits.Ensure((long)rows * width);
                model.Transformer.Head(picked.Data + (long)from * model.Spec.HiddenSize, rows, data);
                var start = from;
                model.Team.Run(rows, (i, _) =>
                {
                    var (text, index, _) = batch.Picks[start + i];
                    var row = data + (long)i * width;
                    if ((uint)texts[text].Tokens[index] >= (uint)valid) throw new InvalidInputException($"Token id {texts[text].Tokens[index]} was to be scored; the vocabulary has {valid} entries.");
                    results[text][index - texts[text].FirstScored] = row[texts[text].Tokens[index]] - LogitRow.Read(row, valid).LogSumExp;
                });
            }

            forwarded += batch.Rows;
            progress?.Report(forwarded);
        }

        return results;
    }
}
