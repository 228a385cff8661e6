using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using static Assay.Evaluation.Contexts.ReaderQuestions;

namespace Assay.Evaluation.Measures;

/// <summary>What the base, reading one model's answer, knows of the other's (M10).</summary>
internal static class ReaderFigures
{
    private static readonly ContextSet s_set = VetDesign.Reader(VetDesign.BenignCores);

    /// <summary>Shares of gaps that the reader fills, and what is lost by reading the other model's answer.</summary>
    /// <param name="store">The scores; no figure where the reader was not asked.</param>
    /// <param name="answered">The questions that both models answer, with the base's reply and the candidate's.</param>
    public static IEnumerable<Measurement> Of(ScoreStore store, IReadOnlyList<(PanelItem Item, JudgedReply P, JudgedReply Q)> answered)
    {
        if (!store.Has(s_set)) yield break;
        var (filled, listed) = (Filled(store.Scores(s_set)), store.Items(s_set).ToHashSet(StringComparer.Ordinal));
        var read = answered.Where(r => listed.Contains(r.Item.Item)).ToList();
        int asked = 0, mentioned = 0;
        foreach (var (ofCandidate, whose) in new[] { (false, "base"), (true, "candidate") })
        {
            mentioned += read.Count(r => Gap(r.Item.Text, (ofCandidate ? r.Q : r.P).Reply) is not null);
            var rows = read.Select(r => r.Item.Item).Where(item => filled.ContainsKey((item, Sample(ofCandidate, Reading.Same))))
                .Select(item => (Same: Fills(item, Reading.Same), Other: Fills(item, Reading.Other), Nothing: Fills(item, Reading.Nothing))).ToList();
            asked += rows.Count;
            if (rows.Count == 0) continue;
            var about = $"share of the {whose}'s answers of which the base as reader tells the last number or name";
            yield return Share("same", rows.Count(r => r.Same), "having read that answer");
            yield return Share("other", rows.Count(r => r.Other), "having read the other model's answer");
            yield return Share("nothing", rows.Count(r => r.Nothing), "having read nothing");
            yield return new Measurement($"preserved.reader.{whose}.delta",
                Paired(rows.Select(r => (r.Same, r.Nothing))).Low > 0 ? new Estimated(Paired(rows.Select(r => (r.Other, r.Same))))
                    : new NotMeasurable("the base tells no more of an answer that it has read than of one that it has not", rows.Count), "share",
                new Where(null, $"{about}, having read the other model's less having read that answer, paired, {PreservationMeasure.Place}"));

            bool Fills(string item, Reading reading) => filled[(item, Sample(ofCandidate, reading))];
            Measurement Share(string reading, int count, string words) => new($"preserved.reader.{whose}.{reading}",
                new Estimated(WilsonInterval.Compute(count, rows.Count)), "share", new Where(null, $"{about}, {words}, {PreservationMeasure.Place}"));
        }

        if (mentioned > 0)
            yield return new Measurement("preserved.reader.coverage", new Described((double)asked / mentioned, mentioned), "share", new Where(null,
                $"of answers with a number or name that the question does not mention those that the reader is asked about, {PreservationMeasure.Place}"));

        static Estimate Paired(IEnumerable<(bool First, bool Second)> rows) =>
            TangoInterval.Clustered([.. rows.Select(r => PairedCounts.Of([r.First], [r.Second]))]);
    }

    /// <summary>Of each item and sample whether the reader fills the gap: every scored token is its likeliest. Of an answer that is read in windows, one that
    /// tells it is enough.</summary>
    private static Dictionary<(string Item, int Sample), bool> Filled(SetScores scores)
    {
        var filled = new Dictionary<(string Item, int Sample), bool>();
        var (tokens, likeliest) = (scores.ByContext(ScoreColumns.Token), scores.ByContext(ScoreColumns.ArgmaxP));
        foreach (var (i, item) in scores.Items.Index())
            foreach (var (k, context) in item.Contexts.Index())
            {
                var key = (item.Item, context.Sample);
                filled[key] = filled.GetValueOrDefault(key) || tokens[i][k].AsSpan().SequenceEqual(likeliest[i][k]);
            }

        return filled;
    }
}
