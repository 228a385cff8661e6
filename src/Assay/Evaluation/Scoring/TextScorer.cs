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
        var plan = ScoringBatch.Plan(texts, model.MemoryBytes, model.Spec.HiddenSize);
        using var all = new FloatBuffer(scratch: plan.Spills); // (rows of a batch, d), after the final norm.
        using var picked = new FloatBuffer(scratch: plan.Spills); // (scored tokens of a batch, d): rows that predict them.
        var valid = model.ValidVocabulary;
        long forwarded = 0;
        foreach (var batch in ScoringBatch.Cut(texts, plan.Rows))
        {
            batch.Forward(model, all, picked, null, cancellation);
            var targets = batch.Picks.Select(p => texts[p.Text].Tokens[p.Index]).ToArray();
            foreach (var target in targets)
                if ((uint)target >= (uint)valid) throw new InvalidInputException($"Token id {target} was to be scored; the vocabulary has {valid} entries.");
            var values = new double[targets.Length];
            FusedHead.LogProbabilities(model.Team, model.Transformer.HeadSide(picked.Data, targets.Length), valid, targets, values);
            for (var i = 0; i < values.Length; i++) results[batch.Picks[i].Text][batch.Picks[i].Index - texts[batch.Picks[i].Text].FirstScored] = values[i];
            forwarded += batch.Rows;
            progress?.Report(forwarded);
        }

        return results;
    }
}
