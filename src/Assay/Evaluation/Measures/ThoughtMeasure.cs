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
        "mean KLD over the tokens of the thought, the token that ends it included, over those of the answer behind it, and of the answer's first token; " +
            "share of answers with a thought, and " +
        "of thoughts that were cut", "protocol.md, Notation (policies); M1", "nats/token; share", "Whether a thought led to its answer.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return AnswerDivergence.NeedsOf(design);
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return AnswerDivergence.Of(input.Design).SelectMany(d => Of(input, d.Set, d.Column, d.Id));
    }

    private static IEnumerable<Measurement> Of(MeasureInput input, ContextSet set, ScoreColumns column, string id)
    {
        var scores = input.Scores.Scores(set);
        // Of a model that does not think there is nothing to tell apart.
        if (!scores.Items.Any(i => i.Contexts.Any(c => c.Thought > 0))) yield break;
        List<Cluster> thought = [], answer = [], first = [];
        foreach (var (item, answers) in scores.Items.Zip(scores.ByContext(column)))
        {
            List<double> inThought = [], inAnswer = [], atFirst = [];
            foreach (var (context, values) in item.Contexts.Zip(answers))
            {
                inThought.AddRange(values.AsSpan(0, context.Thought));
                inAnswer.AddRange(values.AsSpan(context.Thought));
                if (context.Thought < context.Tokens) atFirst.Add(values[context.Thought]);
            }

            foreach (var (part, clusters) in new[] { (inThought, thought), (inAnswer, answer), (atFirst, first) })
                if (part.Count > 0) clusters.Add(new Cluster(item.Stratum, FixedOrderSum.Mean([.. part])));
        }

        yield return SetWords.Estimated($"{id}.thought.mean", input.Statistics.Mean(thought).Within(0), "nats/token", set,
            ", tokens of the thought, its end included");
        if (answer.Count > 0)
        {
            yield return SetWords.Estimated($"{id}.answer.mean", input.Statistics.Mean(answer).Within(0), "nats/token", set, ", tokens behind the thought");
            yield return SetWords.Estimated($"{id}.answer.first_token", input.Statistics.Mean(first).Within(0), "nats", set,
                ", first token behind the thought");
        }

        yield return Share("share", c => c.Thought > 0, c => c.Tokens > 0, ", answers with a thought");
        yield return Share("cut", c => c.Thought == c.Tokens, c => c.Thought > 0, ", thoughts that did not end within the tokens allowed");

        Measurement Share(string name, Func<ScoredContext, bool> of, Func<ScoredContext, bool> among, string words) =>
            SetWords.Estimated($"{id}.thoughts.{name}",
            WilsonInterval.Clustered([.. scores.Items.Select(i => ((long)i.Contexts.Where(among).Count(of), (long)i.Contexts.Count(among)))]), "share", set,
                words);
    }
}
