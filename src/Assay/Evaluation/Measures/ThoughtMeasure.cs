using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M1 of thought and answer apart, for models that think before they answer.</summary>
/// <remarks>protocol.md, Notation: a thinker's first token is always the one that opens its thought, so its first-token divergence says nothing of its
/// answers.</remarks>
public sealed class ThoughtMeasure : IMeasure
{
    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("thoughts", "Divergence of thought and answer apart",
        "mean KLD over the tokens of the thought, the token that ends it included, over those of the answer behind it, and of the answer's first token; share of answers with a thought, and " +
        "of thoughts that were cut", "protocol.md, Notation (policies); M1", "nats/token; share", "Whether a thought led to its answer.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), ScoreColumns.Kl)
            .And(Needs.Of(design.Panels.Select(p => VetDesign.CandidateAnswers(p)), ScoreColumns.ReverseKl));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var panel in input.Design.Panels)
        {
            foreach (var m in Of(input, VetDesign.BaseAnswers(panel), ScoreColumns.Kl, $"kld.{panel}")) yield return m;
            foreach (var m in Of(input, VetDesign.CandidateAnswers(panel), ScoreColumns.ReverseKl, $"reverse_kld.{panel}.r2")) yield return m;
        }
    }

    private static IEnumerable<Measurement> Of(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        var contexts = scores.Items.SelectMany(i => i.Contexts).Where(c => c.Tokens > 0).ToList();
        var thoughts = contexts.Where(c => c.Thought > 0).ToList();
        // Of a model that does not think there is nothing to tell apart.
        if (thoughts.Count == 0) yield break;
        List<Cluster> thought = [], answer = [], first = [];
        foreach (var (item, values) in scores.Items.Zip(scores.Values(column)))
        {
            List<double> inThought = [], inAnswer = [], atFirst = [];
            var at = 0;
            foreach (var context in item.Contexts)
            {
                inThought.AddRange(values.AsSpan(at, context.Thought));
                inAnswer.AddRange(values.AsSpan(at + context.Thought, context.Tokens - context.Thought));
                if (context.Thought < context.Tokens) atFirst.Add(values[at + context.Thought]);
                at += context.Tokens;
            }

            foreach (var (part, clusters) in new[] { (inThought, thought), (inAnswer, answer), (atFirst, first) })
                if (part.Count > 0) clusters.Add(new Cluster(item.Stratum, FixedOrderSum.Mean([.. part])));
        }

        yield return SetWords.Estimated($"{id}.thought.mean", input.Statistics.Mean(thought).Within(0), "nats/token", set, ", tokens of the thought, its end included");
        if (answer.Count > 0)
        {
            yield return SetWords.Estimated($"{id}.answer.mean", input.Statistics.Mean(answer).Within(0), "nats/token", set, ", tokens behind the thought");
            yield return SetWords.Estimated($"{id}.answer.first_token", input.Statistics.Mean(first).Within(0), "nats", set, ", first token behind the thought");
        }

        yield return SetWords.Estimated($"{id}.thoughts.share", WilsonInterval.Compute(thoughts.Count, contexts.Count), "share", set, ", answers with a thought");
        yield return SetWords.Estimated($"{id}.thoughts.cut", WilsonInterval.Compute(thoughts.Count(c => c.Thought == c.Tokens), thoughts.Count), "share", set,
            ", thoughts that did not end within the tokens allowed");
    }
}
