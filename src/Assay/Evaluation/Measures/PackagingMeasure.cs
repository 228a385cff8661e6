using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M13: what tokenizer, chat template, special tokens and generation config do, apart from the weights.</summary>
public sealed class PackagingMeasure : IMeasure
{
    /// <summary>The packaging's part of the benign panel's divergence; says why where the packaging cannot be carried out.</summary>
    internal const string DivergenceId = "packaging.benign.kld.packaging";

    private const ScoreColumns OfAnswers = ScoreColumns.Kl | ScoreColumns.LogP | ScoreColumns.LogQ;
    private const string WeightsPart = ", the weights' part: both on identical ids", PackagingPart = ", the packaging's part: total less weights, paired";

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M13", "Packaging against weights",
        "weights: both models on the ids that the base's packaging makes; total: each model on what its own tokenizer, template and generation config make; " +
            "packaging = total − weights, " +
        "paired by item, may be negative. Unusable: answers that loop, do not end within the tokens allowed, or are empty", "protocol.md M13",
            "nats/token; share",
        "Packaging that other programs read otherwise than Assay does.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        if (!design.OwnPackaging || design.OwnPackagingRefused is not null) return Needs.None;
        var prose = design.Windows.Take(1).Select(VetDesign.Prose).ToList();
        // Of equal weights the base's figures on identical ids are the candidate's too.
        return Needs.Of(design.Panels.Select(p => VetDesign.BaseAnswers(p)), design.WeightsEqual ? ScoreColumns.None : OfAnswers)
            .And(Needs.Of(design.WeightsEqual ? [] : design.Panels.Select(p => VetDesign.CandidateAnswers(p)), ScoreColumns.None))
            .And(Needs.Of(prose, ScoreColumns.LogP | ScoreColumns.LogQ))
            .And(Needs.Of(design.Panels.Select(p => Own(VetDesign.BaseAnswers(p))), OfAnswers))
            .And(Needs.Of(design.Panels.Select(p => Own(VetDesign.CandidateAnswers(p))), ScoreColumns.None))
            .And(Needs.Of(prose.Select(Own), ScoreColumns.LogQ));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var design = input.Design;
        if (!design.OwnPackaging) yield break;
        if (design.OwnPackagingRefused is { } why)
        {
            yield return new Measurement(DivergenceId, new NotMeasurable($"the candidate's own packaging cannot be carried out: {why}"), "nats/token",
                new Where(null, "each model in its own packaging"));
            yield break;
        }

        foreach (var panel in design.Panels)
        {
            foreach (var m in Answers(input, panel)) yield return m;
            foreach (var m in Unusable(input, panel)) yield return m;
        }

        foreach (var m in Prose(input)) yield return m;
    }

    /// <summary>The set in which the candidate reads what its own packaging makes.</summary>
    internal static ContextSet Own(ContextSet set) => set with { Own = true };

    /// <summary>Divergence and likelihood of the base's answers.</summary>
    private static IEnumerable<Measurement> Answers(MeasureInput input, string panel)
    {
        var set = Own(VetDesign.BaseAnswers(panel));
        var own = input.Scores.Scores(set);
        if (own.Items.Count == 0) yield break;
        var same = input.Design.WeightsEqual ? null : input.Scores.Scores(VetDesign.BaseAnswers(panel));
        foreach (var m in Parts(input, $"packaging.{panel}.kld", "nats/token", set, own.Strata, Means(own, ScoreColumns.Kl),
            same is null ? new double[own.Items.Count] : Means(same, ScoreColumns.Kl), ", KLD of the base's answers")) yield return m;
        double[] before = Means(own, ScoreColumns.LogP), after = Means(own, ScoreColumns.LogQ);
        var identical = same is null ? before : Means(same, ScoreColumns.LogQ);
        foreach (var m in Parts(input, $"packaging.{panel}.nll", "nats/token", set, own.Strata, [.. before.Zip(after, (p, q) => p - q)],
            [.. before.Zip(identical, (p, q) => p - q)], ", NLL of the base's answers, candidate less base")) yield return m;
    }

    private static double[] Means(SetScores scores, ScoreColumns column) => [.. scores.Values(column).Select(v => FixedOrderSum.Mean(v))];

    private static IEnumerable<Measurement> Parts(MeasureInput input, string id, string unit, ContextSet set, string[] strata, double[] total, double[] weights,
        string words)
    {
        yield return Part("total", total, "");
        if (!input.Design.WeightsEqual) yield return Part("weights", weights, WeightsPart);
        // Infinite in both is no difference.
        yield return Part("packaging", [.. total.Zip(weights, (t, w) => t == w ? 0 : t - w)], PackagingPart);

        Measurement Part(string name, double[] values, string more) =>
            SetWords.Estimated($"{id}.{name}", input.Statistics.Mean([.. values.Select((v, i) => new Cluster(strata[i], v))]), unit, set, words + more);
    }

    /// <summary>Answers that nobody can use, each model's own.</summary>
    private static IEnumerable<Measurement> Unusable(MeasureInput input, string panel)
    {
        var set = Own(VetDesign.CandidateAnswers(panel));
        var (before, after) = (Read(input.Scores, VetDesign.BaseAnswers(panel)), Read(input.Scores, set));
        if (before.Count == 0 || before.Count != after.Count) yield break;
        const string words = ", answers that loop, do not end or are empty";
        yield return Difference("total", before, after, $"{words}, candidate less base");
        if (input.Design.WeightsEqual)
        {
            yield return Difference("packaging", before, after, $"{words}, the packaging's part: the weights are equal");
            yield break;
        }

        var identical = Read(input.Scores, VetDesign.CandidateAnswers(panel));
        if (identical.Count != after.Count) yield break;
        yield return Difference("weights", before, identical, words + WeightsPart);
        yield return Difference("packaging", identical, after, $"{words}, the packaging's part: the candidate in its own less in the base's, paired");

        Measurement Difference(string name, List<bool[]> from, List<bool[]> to, string more) => SetWords.Estimated($"packaging.{panel}.unusable.{name}",
            TangoInterval.Clustered([.. to.Zip(from, (after, before) => PairedCounts.Of(after, before))]), "share", set, more);
    }

    /// <summary>Of each answer of each item, whether it is unusable.</summary>
    private static List<bool[]> Read(ScoreStore store, ContextSet set) =>
        [.. store.Items(set).Where(item => store.Contains(ScoreStore.ContextKey(set, item))).Select(item => store.Contexts(set, item).Contexts.Select(context =>
        {
            var ids = context.Ids.AsSpan()[context.FirstScored..];
            return !context.Stopped || ids.Length <= 1 || LoopDetector.Period(ids, context.Stopped) is not null;
        }).ToArray())];

    /// <summary>Reference text, each model with its own tokenizer.</summary>
    private static IEnumerable<Measurement> Prose(MeasureInput input)
    {
        if (input.Design.Windows.Length == 0) yield break;
        var identical = VetDesign.Prose(input.Design.Windows[0]);
        var set = Own(identical);
        var (scores, own) = (input.Scores.Scores(identical), input.Scores.Scores(set));
        var ours = own.Items.Zip(own.Values(ScoreColumns.LogQ)).ToDictionary(x => x.First.Item, x => x.Second, StringComparer.Ordinal);
        var documents = scores.Items.Select((d, i) => (Document: d, Index: i)).Where(d => ours.ContainsKey(d.Document.Item)).ToList();
        if (documents.Count == 0) yield break;
        var (p, q) = (scores.Values(ScoreColumns.LogP), scores.Values(ScoreColumns.LogQ));
        foreach (var domain in documents.GroupBy(d => d.Document.Stratum, StringComparer.Ordinal))
        {
            List<Cluster> total = [], weights = [], packaging = [];
            foreach (var (document, i) in domain)
            {
                var (left, right) = Unpaired(input.Scores.Contexts(identical, document.Item).Contexts[0],
                    input.Scores.Contexts(set, document.Item).Contexts[0]);
                var (before, same, after) = (Nll(p[i], left), Nll(q[i], left), Nll(ours[document.Item], right));
                double tokens = Math.Max(1, p[i].Length - left);
                total.Add(new Cluster("", after - before, tokens));
                weights.Add(new Cluster("", same - before, tokens));
                packaging.Add(new Cluster("", after - same, tokens));
            }

            var id = $"packaging.prose.{domain.Key}.delta_nll";
            var words = $", {domain.Key}, candidate less base, a token of the base's";
            yield return SetWords.Estimated($"{id}.total", input.Statistics.Mean(total), "nats/token", set, words);
            if (!input.Design.WeightsEqual)
                yield return SetWords.Estimated($"{id}.weights", input.Statistics.Mean(weights), "nats/token", set, words + WeightsPart);
            yield return SetWords.Estimated($"{id}.packaging", input.Statistics.Mean(packaging), "nats/token", set, words + PackagingPart);
        }
    }

    private static double Nll(double[] logs, int skipped) => -FixedOrderSum.Of(logs.AsSpan(Math.Min(skipped, logs.Length)));

    /// <summary>First scored tokens that only one of the two scores: where one tokenizer opens a text with a token that the other does not write, the text's
    /// first token is scored in the one and read in the other.</summary>
    internal static (int Identical, int Own) Unpaired(Context identical, Context own)
    {
        static bool Follows(ReadOnlySpan<int> longer, ReadOnlySpan<int> shorter)
        {
            var count = Math.Min(longer.Length - 1, shorter.Length);
            return count > 0 && longer.Slice(1, count).SequenceEqual(shorter[..count]);
        }

        ReadOnlySpan<int> a = identical.Ids.AsSpan(), b = own.Ids.AsSpan();
        return Follows(a, b) ? (1, 0) : Follows(b, a) ? (0, 1) : (0, 0);
    }
}
