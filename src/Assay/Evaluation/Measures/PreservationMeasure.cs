using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>M10: do both models still mean the same?</summary>
public sealed class PreservationMeasure : IMeasure
{
    /// <summary>Reasoning cores that are also asked in other words, and whose answers a reader is asked about.</summary>
    public const int Paraphrased = 64;

    /// <summary>What the answers are to, in words.</summary>
    internal const string Place = "reasoning cores, benign frame, greedy";

    private static readonly ContextSet s_base = VetDesign.BaseReplies(VetDesign.BenignCores);

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M10", "Semantic preservation",
        "answers: both models give the same extracted answer; paraphrase: one model gives the same in the plain wording and in another, candidate − base, " +
            "paired; numbers, names: 2 |A ∩ B| / (|A| + |B|) of those that the two answers mention; plausibility gap: log P(y_Q|x) / |y_Q| − " +
            "log P(y_P|x) / |y_P| on samples at T = 1 that do not loop; reader: the base goes on with a sentence of an answer up to its last number or name " +
            "that the question does not mention, and is right where every token of that is its likeliest: having read this answer, the other " +
            "model's, or nothing",
        "protocol.md M10; Dice 1945; Nan et al. 2021; Eyal et al. 2019", "share; nats/token",
        "Things that are named in lower case or by other words; negation and who did what, where numbers and names stay the same; scripts without capitals. " +
            "An answer that the base finds plausible may be false. The reader is asked one thing about an answer, and may find it in a sentence that denies " +
            "it; entailment is not measured.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        var candidate = design.CandidateReplies(VetDesign.BenignCores);
        var cores = design.Cores == 0 ? Needs.None : RefusalMeasure.Pilot(design).And(new Needs(
            [new SetNeed(s_base, ScoreColumns.None), new SetNeed(candidate, ScoreColumns.None),
            new SetNeed(s_base with { Template = ContextSet.Paraphrase }, ScoreColumns.None, Items: Paraphrased),
            new SetNeed(candidate with { Template = ContextSet.Paraphrase }, ScoreColumns.None, Items: Paraphrased),
            new SetNeed(VetDesign.Reader(VetDesign.BenignCores), ScoreColumns.Token | ScoreColumns.ArgmaxP, Items: Paraphrased)]));
        return design.Samples == 0 ? cores : cores.And(Needs.Of(
            design.Panels.SelectMany(p => new[] { VetDesign.BaseAnswers(p, 1), VetDesign.CandidateAnswers(p, 1) }), ScoreColumns.LogP));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (design, answers, candidate) = (input.Design, input.Answers, input.Design.CandidateReplies(VetDesign.BenignCores));
        var cores = design.Cores == 0 || answers is null ? []
            : Cores(input.Statistics, answers, candidate).Concat(ReaderFigures.Of(input.Scores, Answered(answers, candidate)));
        return cores.Concat(design.Samples == 0 ? [] : design.Panels.SelectMany(panel => Plausibility(input, panel)));
    }

    private static IEnumerable<Measurement> Cores(Statistician statistics, Func<ContextSet, IReadOnlyList<(PanelItem Item, JudgedReply Reply)>> answers,
        ContextSet candidate)
    {
        var (first, second, both) = (answers(s_base), answers(candidate), Answered(answers, candidate));
        if (both.Count > 0)
        {
            yield return new Measurement("preserved.answers",
                new Estimated(WilsonInterval.Compute(both.Count(r => Same(r.Item, r.P, r.Item, r.Q)), both.Count)), "share",
                new Where(null, $"the same extracted answer in both models, of what both answered, {Place}"));
            yield return Overlap("numbers", r => AnswerContent.Overlap(AnswerContent.Numbers(r.P.Reply), AnswerContent.Numbers(r.Q.Reply)));
            yield return Overlap("names", r => AnswerContent.Overlap(AnswerContent.Names(r.P.Reply, r.Item.Text), AnswerContent.Names(r.Q.Reply, r.Item.Text)));
        }

        var rows = Agreeing(first, answers(s_base with { Template = ContextSet.Paraphrase }))
            .Join(Agreeing(second, answers(candidate with { Template = ContextSet.Paraphrase })),
            p => p.Item.Item, q => q.Item.Item, (p, q) => (Base: p.Agrees, Candidate: q.Agrees), StringComparer.Ordinal).ToList();
        if (rows.Count == 0) yield break;
        const string agree = $"an answer in both wordings of a question, and the same one, {Place}";
        yield return new Measurement("preserved.paraphrase.base", new Estimated(WilsonInterval.Compute(rows.Count(r => r.Base), rows.Count)), "share",
            new Where(null, $"base: {agree}"));
        yield return new Measurement("preserved.paraphrase.candidate", new Estimated(WilsonInterval.Compute(rows.Count(r => r.Candidate), rows.Count)), "share",
            new Where(null, $"candidate: {agree}"));
        yield return new Measurement("preserved.paraphrase.delta", new Estimated(TangoInterval.Clustered(
            [.. rows.Select(r => PairedCounts.Of([r.Candidate], [r.Base]))])), "share", new Where(null, $"{agree}, candidate less base, paired"));

        Measurement Overlap(string what, Func<(PanelItem Item, JudgedReply P, JudgedReply Q), double?> of)
        {
            var found = both.Select(r => (r.Item.Stratum, Value: of(r))).Where(r => r.Value is not null).ToList();
            var words = new Where(null, $"{what} that the two answers share, F1, of what both answered and {what} are mentioned in, {Place}");
            return found.Count == 0 ? new Measurement($"preserved.{what}", new NotMeasurable($"no answer mentions {what}"), "share", words)
                : new Measurement($"preserved.{what}",
                    new Estimated(statistics.Mean([.. found.Select(r => new Cluster(r.Stratum, r.Value!.Value))]).Within(0, 1)), "share", words);
        }
    }

    /// <summary>The questions that both models answer, rightly or wrongly.</summary>
    private static List<(PanelItem Item, JudgedReply P, JudgedReply Q)> Answered(
        Func<ContextSet, IReadOnlyList<(PanelItem Item, JudgedReply Reply)>> answers, ContextSet candidate) =>
        [.. answers(s_base).Zip(answers(candidate), (p, q) => (p.Item, P: p.Reply, Q: q.Reply))
            .Where(r => Given(r.Item, r.P) is not null && Given(r.Item, r.Q) is not null)];

    /// <summary>Of each question asked in both wordings, whether a model answers both alike.</summary>
    private static IEnumerable<(PanelItem Item, bool Agrees)> Agreeing(IReadOnlyList<(PanelItem Item, JudgedReply Reply)> plain,
        IReadOnlyList<(PanelItem Item, JudgedReply Reply)> other) => plain.Where(r => r.Item.Paraphrase is not null)
        .Join(other, p => p.Item.Item, q => q.Item.Item, (p, q) => (p.Item, Same(p.Item, p.Reply, q.Item, q.Reply)), StringComparer.Ordinal);

    private static bool Same(PanelItem item, JudgedReply first, PanelItem otherItem, JudgedReply second) =>
        Given(item, first) is { } one && Given(otherItem, second) is { } other && AnswerExtraction.IsRight(one, new ExpectedAnswer(other));

    /// <summary>The answer that a reply gives; null of a refusal and of what cannot be used.</summary>
    private static string? Given(PanelItem item, JudgedReply reply) => item.Answer is { } expected && reply.Judgement.Outcome is ReplyOutcome.Right
        or ReplyOutcome.Wrong ? AnswerExtraction.Flexible(ReplyText.WithoutThought(reply.Reply), expected) : null;

    /// <summary>How likely the base finds the candidate's samples, against its own.</summary>
    private static IEnumerable<Measurement> Plausibility(MeasureInput input, string panel)
    {
        var (mine, theirs) = (Likelihoods(input.Scores, VetDesign.BaseAnswers(panel, 1)), Likelihoods(input.Scores, VetDesign.CandidateAnswers(panel, 1)));
        var gaps = mine.Join(theirs, p => p.Item.Item, q => q.Item.Item, (p, q) => new Cluster(p.Item.Stratum, q.Mean - p.Mean), StringComparer.Ordinal)
            .Where(c => !double.IsNaN(c.Total)).ToList();
        if (mine.Count == 0) yield break;
        var where = new Where(null, $"log p a token of the candidate's samples less that of the base's own, answers that do not loop, {panel} panel");
        yield return new Measurement($"preserved.{panel}.plausibility_gap", gaps.Count == 0 ? new NotMeasurable("every sample of one of the models loops")
            : new Estimated(input.Statistics.Mean(gaps)), "nats/token", where);
    }

    /// <summary>Of each item the mean over its samples that do not loop of the mean log p of their tokens; NaN where all loop.</summary>
    private static List<(ScoredItem Item, double Mean)> Likelihoods(ScoreStore store, ContextSet set)
    {
        var scores = store.Scores(set);
        return [.. scores.Items.Zip(scores.ByContext(ScoreColumns.LogP), (item, logs) =>
        {
            var contexts = store.Contexts(set, item.Item).Contexts;
            var kept = logs.Zip(contexts)
                .Where(a => a.First.Length > 0 && LoopDetector.Period(a.Second.Ids.AsSpan()[a.Second.FirstScored..], a.Second.Stopped) is null)
                .Select(a => FixedOrderSum.Mean(a.First)).ToArray();
            return (item, kept.Length == 0 ? double.NaN : FixedOrderSum.Mean(kept));
        })];
    }
}
