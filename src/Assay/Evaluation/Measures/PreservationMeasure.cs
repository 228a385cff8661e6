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

    private const string Place = "reasoning cores, benign frame, greedy";

    private static readonly ContextSet s_base = VetDesign.BaseReplies(VetDesign.BenignCores), s_reader = VetDesign.Reader(VetDesign.BenignCores);

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("M10", "Semantic preservation",
        "answers: both models give the same extracted answer; paraphrase: one model gives the same in the plain wording and in another, candidate − base, " +
            "paired; numbers, names: 2 |A ∩ B| / (|A| + |B|) of those that the two answers mention; plausibility gap: log P(y_Q|x) / |y_Q| − " +
            "log P(y_P|x) / |y_P| on samples at T = 1 that do not loop; reader: the base goes on with a sentence of an answer up to its last number or name that " +
            "the question does not mention, and is right where every token of that is its likeliest: having read this answer, the other model's, or nothing",
        "protocol.md M10; Dice 1945; Nan et al. 2021; Eyal et al. 2019", "share; nats/token",
        "Things that are named in lower case or by other words; negation and who did what, where numbers and names stay the same; scripts without capitals. " +
            "An answer that the base finds plausible may be false. The reader is asked one thing about an answer, and may find it in a sentence that denies it; " +
            "entailment is not measured.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        var candidate = design.CandidateReplies(VetDesign.BenignCores);
        var cores = design.Cores == 0 ? Needs.None : RefusalMeasure.Pilot(design).And(new Needs(
            [new SetNeed(s_base, ScoreColumns.None), new SetNeed(candidate, ScoreColumns.None),
            new SetNeed(s_base with { Template = ContextSet.Paraphrase }, ScoreColumns.None, Items: Paraphrased),
            new SetNeed(candidate with { Template = ContextSet.Paraphrase }, ScoreColumns.None, Items: Paraphrased),
            new SetNeed(s_reader, ScoreColumns.Token | ScoreColumns.ArgmaxP, Items: Paraphrased)]));
        return design.Samples == 0 ? cores : cores.And(Needs.Of(
            design.Panels.SelectMany(p => new[] { VetDesign.BaseAnswers(p, 1), VetDesign.CandidateAnswers(p, 1) }), ScoreColumns.LogP));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (design, answers) = (input.Design, input.Answers);
        var cores = design.Cores == 0 || answers is null ? []
            : Cores(input.Statistics, answers, design.CandidateReplies(VetDesign.BenignCores)).Concat(Reader(input.Scores, answers, design));
        return cores.Concat(design.Samples == 0 ? [] : design.Panels.SelectMany(panel => Plausibility(input, panel)));
    }

    private static IEnumerable<Measurement> Cores(Statistician statistics, Func<ContextSet, IReadOnlyList<(PanelItem Item, JudgedReply Reply)>> answers,
        ContextSet candidate)
    {
        var (first, second) = (answers(s_base), answers(candidate));
        var both = first.Zip(second, (p, q) => (p.Item, P: p.Reply, Q: q.Reply))
            .Where(r => Given(r.Item, r.P) is not null && Given(r.Item, r.Q) is not null).ToList();
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

    /// <summary>Of each question asked in both wordings, whether a model answers both alike.</summary>
    private static IEnumerable<(PanelItem Item, bool Agrees)> Agreeing(IReadOnlyList<(PanelItem Item, JudgedReply Reply)> plain,
        IReadOnlyList<(PanelItem Item, JudgedReply Reply)> other) => plain.Where(r => r.Item.Paraphrase is not null)
        .Join(other, p => p.Item.Item, q => q.Item.Item, (p, q) => (p.Item, Same(p.Item, p.Reply, q.Item, q.Reply)), StringComparer.Ordinal);

    private static bool Same(PanelItem item, JudgedReply first, PanelItem otherItem, JudgedReply second) =>
        Given(item, first) is { } one && Given(otherItem, second) is { } other && AnswerExtraction.IsRight(one, new ExpectedAnswer(other));

    /// <summary>The answer that a reply gives; null of a refusal and of what cannot be used.</summary>
    private static string? Given(PanelItem item, JudgedReply reply) => item.Answer is { } expected && reply.Judgement.Outcome is ReplyOutcome.Right
        or ReplyOutcome.Wrong ? AnswerExtraction.Flexible(ReplyText.WithoutThought(reply.Reply), expected) : null;

    /// <summary>What the base, reading one model's answer, knows of the other's.</summary>
    private static IEnumerable<Measurement> Reader(ScoreStore store, Func<ContextSet, IReadOnlyList<(PanelItem Item, JudgedReply Reply)>> answers,
        VetDesign design)
    {
        if (!store.Has(s_reader)) yield break;
        var scores = store.Scores(s_reader);
        var found = scores.ByContext(ScoreColumns.Token).Zip(scores.ByContext(ScoreColumns.ArgmaxP), (item, likeliest) =>
            item.Zip(likeliest, (filling, given) => filling.AsSpan().SequenceEqual(given)).ToArray()).ToList();
        // Of an answer that is read in windows, one that tells it is enough.
        var right = scores.Items.Select((item, i) => (item.Item, Samples: item.Contexts.Select((c, k) => (c.Sample, Right: found[i][k]))
            .GroupBy(c => c.Sample, (sample, windows) => (sample, Right: windows.Any(w => w.Right))).ToDictionary(s => s.sample, s => s.Right)))
            .ToDictionary(i => i.Item, i => i.Samples, StringComparer.Ordinal);
        var listed = store.Items(s_reader).ToHashSet(StringComparer.Ordinal);
        var answered = answers(s_base).Zip(answers(design.CandidateReplies(VetDesign.BenignCores)), (p, q) => (p.Item, P: p.Reply, Q: q.Reply))
            .Where(r => listed.Contains(r.Item.Item) && Given(r.Item, r.P) is not null && Given(r.Item, r.Q) is not null).ToList();
        int asked = 0, mentioned = 0;
        foreach (var (ofCandidate, whose) in new[] { (false, "base"), (true, "candidate") })
        {
            mentioned += answered.Count(r => ReaderQuestions.Gap(r.Item.Text, (ofCandidate ? r.Q : r.P).Reply) is not null);
            var rows = answered.Select(r => right.GetValueOrDefault(r.Item.Item)).OfType<Dictionary<int, bool>>()
                .Where(s => s.ContainsKey(ReaderQuestions.Sample(ofCandidate, ReaderQuestions.Reading.Same)))
                .Select(s => (Same: Right(s, ReaderQuestions.Reading.Same), Other: Right(s, ReaderQuestions.Reading.Other),
                    Nothing: Right(s, ReaderQuestions.Reading.Nothing))).ToList();
            asked += rows.Count;
            if (rows.Count == 0) continue;
            var about = $"share of the {whose}'s answers of which the base as reader tells the last number or name";
            var gain = Paired(rows.Select(r => (r.Same, r.Nothing)));
            yield return Share("same", rows.Count(r => r.Same), "having read that answer");
            yield return Share("other", rows.Count(r => r.Other), "having read the other model's answer");
            yield return Share("nothing", rows.Count(r => r.Nothing), "having read nothing");
            yield return new Measurement($"preserved.reader.{whose}.delta",
                gain.Low > 0 ? new Estimated(Paired(rows.Select(r => (r.Other, r.Same))))
                    : new NotMeasurable("the base tells no more of an answer that it has read than of one that it has not", rows.Count), "share",
                new Where(null, $"{about}, having read the other model's less having read that answer, paired, {Place}"));

            bool Right(Dictionary<int, bool> samples, ReaderQuestions.Reading reading) => samples[ReaderQuestions.Sample(ofCandidate, reading)];
            Measurement Share(string reading, int count, string words) => new($"preserved.reader.{whose}.{reading}",
                new Estimated(WilsonInterval.Compute(count, rows.Count)), "share", new Where(null, $"{about}, {words}, {Place}"));
        }

        if (mentioned > 0)
            yield return new Measurement("preserved.reader.coverage", new Described((double)asked / mentioned, mentioned), "share",
                new Where(null, $"of answers with a number or name that the question does not mention those that the reader is asked about, {Place}"));

        static Estimate Paired(IEnumerable<(bool First, bool Second)> rows) =>
            TangoInterval.Clustered([.. rows.Select(r => PairedCounts.Of([r.First], [r.Second]))]);
    }

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
