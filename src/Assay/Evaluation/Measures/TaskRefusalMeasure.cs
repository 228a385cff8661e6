using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>R2R over questions of the user's own: files of <c>--tasks</c> with rows in the trigger frame.</summary>
/// <remarks>Rows of one group are a core: of several in one frame, the first trigger row is the twin of the first benign one, the second of the second, and
/// all of them are one cluster. The verdict rests on questions that nobody could tune to; where the base refuses too few of those, on these.</remarks>
public sealed class TaskRefusalMeasure : IMeasure
{
    /// <summary>How the ids of its measurements begin.</summary>
    public const string Root = "r2r.tasks";

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("R2R-tasks", "Refusal-to-reasoning delta over questions of your own",
        "R2R's differences over files of --tasks that have trigger rows; rows of one group in both frames are a core, and a group is a cluster",
        "protocol.md, Refusal-to-reasoning delta", "share",
        "Whether the candidate was fitted to these very questions; refusals in other languages than English; what several samples would say.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return Panels(design) is { Length: > 0 } panels
            ? RefusalMeasure.Pilot(design).And(Needs.Of(panels.SelectMany(p => new[] { VetDesign.BaseReplies(p), design.CandidateReplies(p) }),
                ScoreColumns.None)) : Needs.None;
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Replies is not { } replies) return [];
        var rows = new List<(string File, ReasoningRow Row)>();
        var (clusters, cores) = (new Dictionary<(string, int), int>(), new Dictionary<(int Cluster, int Place), int>());
        foreach (var panel in Panels(input.Design))
        {
            var seen = new Dictionary<int, int>();
            foreach (var (p, q) in replies(VetDesign.BaseReplies(panel)).Zip(replies(input.Design.CandidateReplies(panel))))
            {
                // Files number their cores themselves.
                var cluster = RefusalMeasure.Number(clusters, (p.Item.Stratum, p.Item.Core));
                var place = seen[cluster] = seen.GetValueOrDefault(cluster) + 1;
                rows.Add((p.Item.Stratum, new ReasoningRow(RefusalMeasure.Number(cores, (cluster, place)), VetDesign.FrameOf(panel), p.Reply.Outcome!.Value,
                    q.Reply.Outcome!.Value) { Cluster = cluster }));
            }
        }

        var files = rows.GroupBy(r => r.File, r => r.Row, StringComparer.Ordinal).Where(f => f.Any(r => r.Frame == Frame.Trigger)).ToList();
        return files.Count == 0 ? []
            : Figures(Root, new RefusalToReasoning(files.SelectMany(f => f)), "questions of your own", at => Harm.At(at, input.Design.HarmTests))
                .Concat(files.SelectMany(f => Figures($"{Root}.{f.Key}", new RefusalToReasoning(f), $"questions of your own, {f.Key}",
                    at => new Estimated(at(.95)))));
    }

    /// <summary>The figures of one file, or of all together.</summary>
    /// <param name="id">How their ids begin.</param>
    /// <param name="r2r">The rows.</param>
    /// <param name="whose">Whose questions, in words.</param>
    /// <param name="estimated">A figure with its intervals, from its estimate at a level.</param>
    private static IEnumerable<Measurement> Figures(string id, RefusalToReasoning r2r, string whose, Func<Func<double, Estimate>, Quantity> estimated)
    {
        var (benign, trigger) = (r2r.Rows.Count(r => r.Frame == Frame.Benign), r2r.Rows.Count(r => r.Frame == Frame.Trigger));
        var (refused, least) = (r2r.RefusedByBase, RefusalToReasoning.LeastRefused);
        var same = $"{whose}, greedy, the same prompt in both models";
        yield return new Measurement($"{id}.refused_by_base", new Described(refused, trigger), "rows", new Where(null, $"trigger rows, {same}"));
        yield return Shown("refusals.trigger", refused < least ? $"the base refuses {refused} of {trigger} trigger rows; {least} are needed" : null, trigger,
            level => r2r.Refusals(Frame.Trigger, level), "share of refusals, trigger rows");
        yield return Shown("refusals.benign", benign == 0 ? "there are no benign rows" : null, benign,
            level => r2r.Refusals(Frame.Benign, level), "share of refusals, benign rows");
        yield return Shown("unusable.trigger", null, trigger, level => r2r.Unusable(Frame.Trigger, level), "share of unusable replies, trigger rows");
        yield return Shown("unusable.benign", benign == 0 ? "there are no benign rows" : null, benign,
            level => r2r.Unusable(Frame.Benign, level), "share of unusable replies, benign rows");
        foreach (var (frame, words, rows) in new (Frame?, string, string)[]
            { (Frame.Trigger, ".trigger", "trigger rows"), (Frame.Benign, ".benign", "benign rows"), (null, "", "rows of both frames") })
        {
            var answered = r2r.Answered(frame);
            yield return Shown("accuracy" + words,
                answered < RefusalToReasoning.LeastAnswered ? $"both models answered {answered} rows; {RefusalToReasoning.LeastAnswered} are needed" : null,
                answered, level => r2r.Accuracy(frame, level), $"share right of what both answered, {rows}");
        }

        if (refused > 0) yield return new Measurement($"{id}.unlock", new Estimated(r2r.Unlock()), "share",
            new Where(null, $"share that the candidate gets right of trigger rows that the base refuses, {same}"));
        var (unlocked, cores) = (r2r.Unlocked.Count, $"cores whose trigger row the base refuses and the candidate does not, {same}");
        yield return new Measurement($"{id}.unlock_tax", unlocked < RefusalToReasoning.LeastUnlocked
            ? new NotMeasurable($"{unlocked} cores are unlocked; {RefusalToReasoning.LeastUnlocked} are needed, each with a benign twin of its group", unlocked)
            : estimated(r2r.UnlockTax), "share", new Where(null, $"share right in the trigger frame less that on their benign twins, {cores}"));
        if (unlocked >= RefusalToReasoning.LeastUnlocked)
            yield return new Measurement($"{id}.unlock_ratio", new Estimated(r2r.UnlockRatio()), "ratio",
                new Where(null, $"share right in the trigger frame over that on their benign twins, {cores}"));

        Measurement Shown(string figure, string? why, int n, Func<double, Estimate> at, string what) => new($"{id}.{figure}",
            why is null ? estimated(at) : new NotMeasurable(why, n), "share", new Where(null, $"{what}, {same}, candidate less base, paired"));
    }

    /// <summary>The panels of questions, where one is told in the trigger frame.</summary>
    private static string[] Panels(VetDesign design) => design.QuestionPanels.Contains(VetDesign.TriggerTasks)
        ? [.. design.QuestionPanels.Where(p => p is VetDesign.Tasks or VetDesign.TriggerTasks)] : [];
}
