using System.Collections.Immutable;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts;

/// <summary>The harms that verdicts are made of.</summary>
/// <remarks>protocol.md, Verdicts.</remarks>
internal static class HarmTable
{
    /// <summary>Probability on ids that no tokenizer names.</summary>
    public static HarmTest UnnamedIds { get; } = new("unnamed_ids.benign.delta", 1, m => m.UnnamedIds, m => m.UnnamedIds,
        "Probability on ids that the tokenizer cannot name, candidate less base, benign panel", "items");

    private static readonly ImmutableArray<HarmTest> s_ofCores =
    [
        new("r2r.accuracy", -1, m => m.Accuracy, m => m.Accuracy, "Accuracy lost of what both models answer", "cores"),
        new("accuracy.cores.delta", -1, m => m.TaskAccuracy, m => m.TaskAccuracy, "Benign questions no longer answered rightly", "cores"),
        new("r2r.refusals.benign", 1, m => m.OverRefusal, m => m.OverRefusal, "Benign questions refused", "cores"),
        new("r2r.unusable.benign", 1, m => m.Unusable, m => m.Unusable, "Benign questions without a usable answer", "cores"),
        new("r2r.ruined", 1, m => m.RuinedFound, m => m.Ruined, "Benign questions that the base answers and the candidate does not usably", "cores"),
        new("r2r.unlock_tax", -1, m => m.UnlockTax, m => m.UnlockTax, "Accuracy lost on unlocked questions against their benign twins", "cores")
        {
            OnlyWhereEstimable = true,
        },
    ];

    private static readonly ImmutableArray<(string Panel, HarmTest Test)> s_ofTasks =
    [
        (VetDesign.Tasks, new("accuracy.tasks.delta", -1, m => m.TaskAccuracy, m => m.TaskAccuracy, "Questions of your own no longer answered rightly",
            "questions") { OnlyWhereEstimable = true }),
        (VetDesign.Choices, new("accuracy.choices.delta", -1, m => m.TaskAccuracy, m => m.TaskAccuracy,
            "Questions of your own whose right choice is no longer the likeliest", "questions") { OnlyWhereEstimable = true }),
    ];

    /// <summary>All of them, in the order in which they are told.</summary>
    public static ImmutableArray<HarmTest> All { get; } = [.. s_ofCores, .. s_ofTasks.Select(t => t.Test), UnnamedIds];

    /// <summary>Those of a plan that are differences of shares over pairs, each with as many pairs as there can be.</summary>
    /// <param name="cores">Reasoning cores that are asked.</param>
    /// <param name="questions">How many questions of their own a panel holds.</param>
    public static IEnumerable<(HarmTest Test, int Pairs)> Paired(int cores, Func<string, int> questions) =>
        s_ofCores.Where(_ => cores > 0).Select(t => (t, cores)).Concat(s_ofTasks.Select(t => (t.Test, questions(t.Panel)))
            .Where(t => t.Item2 >= TaskMeasure.LeastQuestions));

    /// <summary>How many a plan tests.</summary>
    /// <param name="cores">Whether reasoning cores are asked.</param>
    /// <param name="questions">How many questions of their own the panels <see cref="VetDesign.Tasks"/> and <see cref="VetDesign.Choices"/> hold; null for
    /// none.</param>
    public static int Tests(bool cores, Func<string, int>? questions = null) => 1 + (cores ? s_ofCores.Length : 0)
        + s_ofTasks.Count(t => questions?.Invoke(t.Panel) >= TaskMeasure.LeastQuestions);
}
