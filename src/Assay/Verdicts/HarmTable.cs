using System.Collections.Immutable;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts;

/// <summary>The harms that verdicts are made of.</summary>
/// <remarks>protocol.md, Verdicts.</remarks>
internal static class HarmTable
{
    /// <summary>Probability on ids that no tokenizer names.</summary>
    public static HarmTest UnnamedIds { get; } = new("unnamed_ids.benign.delta", 1, m => m.UnnamedIds, m => m.UnnamedIds,
        "Probability on ids that the tokenizer cannot name, candidate less base, benign panel", "items");

    private const string Prefixed = "r2r.prefixed.accuracy";

    private static readonly ImmutableArray<HarmTest> s_ofCores =
    [
        new("r2r.accuracy", -1, m => m.Accuracy, m => m.Accuracy, "Accuracy lost of what both models answer", "cores"),
        new(Prefixed, -1, m => m.Accuracy, m => m.Accuracy, "Accuracy lost behind a prefix that puts both models past the refusal", "cores")
        {
            OnlyWhereEstimable = true,
        },
        new("accuracy.cores.delta", -1, m => m.TaskAccuracy, m => m.TaskAccuracy, "Benign questions no longer answered rightly", "cores"),
        new("r2r.refusals.benign", 1, m => m.OverRefusal, m => m.OverRefusal, "Benign questions refused", "cores"),
        new("r2r.unusable.benign", 1, m => m.Unusable, m => m.Unusable, "Benign questions without a usable answer", "cores"),
        new("r2r.ruined", 1, m => m.RuinedFound, m => m.Ruined,
            "Benign questions that the base answers and the candidate does not usably, less those that rounding ruins", "cores"),
        new("r2r.unlock_tax", -1, m => m.UnlockTax, m => m.UnlockTax, "Accuracy lost on unlocked questions against their benign twins", "cores")
        {
            OnlyWhereEstimable = true,
        },
    ];

    // Of each the panel, and how many of its questions it takes.
    private static readonly ImmutableArray<(string Panel, int Least, HarmTest Test)> s_ofTasks =
    [
        (VetDesign.Tasks, TaskMeasure.LeastQuestions, new("accuracy.tasks.delta", -1, m => m.TaskAccuracy, m => m.TaskAccuracy,
            "Questions of your own no longer answered rightly", "questions") { OnlyWhereEstimable = true }),
        (VetDesign.Choices, TaskMeasure.LeastQuestions, new("accuracy.choices.delta", -1, m => m.TaskAccuracy, m => m.TaskAccuracy,
            "Questions of your own whose right choice is no longer the likeliest", "questions") { OnlyWhereEstimable = true }),
        (VetDesign.TriggerTasks, RefusalToReasoning.LeastUnlocked, new(TaskRefusalMeasure.Root + ".unlock_tax", -1, m => m.UnlockTax, m => m.UnlockTax,
            "Accuracy lost on unlocked questions of your own against their benign twins", "cores") { OnlyWhereEstimable = true }),
    ];

    private static readonly ImmutableArray<HarmTest> s_ofEveryRun = [.. s_ofCores, .. s_ofTasks.Select(t => t.Test), UnnamedIds];

    /// <summary>All of a run's, in the order in which they are told: those of every run, then one for each domain of reference text.</summary>
    /// <param name="measurements">What was measured.</param>
    public static IEnumerable<HarmTest> In(MeasurementSet measurements) => s_ofEveryRun.Concat(Domains(measurements));

    /// <summary>The loss of likelihood of each domain of reference text.</summary>
    /// <param name="measurements">What was measured.</param>
    public static IEnumerable<HarmTest> Domains(MeasurementSet measurements) => measurements.All.Select(m => (m.Id, Domain: PerplexityMeasure.HarmDomain(m.Id)))
        .Where(m => m.Domain is not null).Select(m => new HarmTest(m.Id, 1, x => x.DomainNll, x => x.DomainNll,
            $"NLL of the domain {m.Domain}, after the best temperature", "documents")
        {
            OnlyWhereEstimable = true, Unit = ("nats a token", 1), Least = _ => PerplexityMeasure.LeastDocuments,
        });

    /// <summary>Those of a plan that are differences of shares over pairs, each with as many pairs as there can be.</summary>
    /// <param name="cores">Reasoning cores that are asked.</param>
    /// <param name="questions">How many questions of their own a panel holds.</param>
    /// <param name="isPrefixed">Whether cores are also asked behind a prefix.</param>
    public static IEnumerable<(HarmTest Test, int Pairs)> Paired(int cores, Func<string, int> questions, bool isPrefixed) =>
        OfCores(cores > 0, isPrefixed).Select(t => (t, cores)).Concat(s_ofTasks.Select(t => (t.Test, Count: questions(t.Panel), t.Least))
            .Where(t => t.Count >= t.Least).Select(t => (t.Test, t.Count)));

    /// <summary>How many a plan tests.</summary>
    /// <param name="cores">Whether reasoning cores are asked.</param>
    /// <param name="questions">How many questions of their own a panel holds; null for none.</param>
    /// <param name="domains">Domains of reference text with documents enough for an interval.</param>
    /// <param name="isPrefixed">Whether cores are also asked behind a prefix.</param>
    public static int Tests(bool cores, Func<string, int>? questions = null, int domains = 0, bool isPrefixed = false) => 1 + domains
        + OfCores(cores, isPrefixed).Count()
        + s_ofTasks.Count(t => questions?.Invoke(t.Panel) >= t.Least);

    private static IEnumerable<HarmTest> OfCores(bool cores, bool isPrefixed) => s_ofCores.Where(t => cores && (isPrefixed || t.Id != Prefixed));
}
