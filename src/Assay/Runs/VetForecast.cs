using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>What is foretold of a comparison before it measures: what it can show, and how long it takes.</summary>
internal static class VetForecast
{
    // Seconds of statistics, report and the comparison of the weights, as bench/results has them of two tiers and of a slice of 7B.
    private const double Fixed = 2.2, PerItem = .001, PerByte = 9e-9;

    /// <summary>Tokens times parameters of a run that is worth it: some ten seconds of two processors.</summary>
    public const double LeastWork = 1e12;

    /// <summary>The time that a look at the pair may take before a run, whose first result is waited for; one pass through a large model takes
    /// longer.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(.5);

    /// <summary>The same of a run that is only planned.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(1.5);

    /// <summary>What the plan can show.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="panels">Its items.</param>
    public static PlanPower Power(VetPlan plan, Panels panels) => PlanPower.Of(plan, plan.Design.Cores, p => panels.Items(p).Count);

    /// <summary>The same in words, a line each.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="panels">Its items.</param>
    public static IEnumerable<string> PowerLines(VetPlan plan, Panels panels)
    {
        var power = Power(plan, panels);
        var sentence = power.Sentence;
        if (power.Joint(0) < .5 && !power.Tests.IsEmpty)
        {
            var larger = VetTier.All.Where(t => t.Cores > plan.Design.Cores).OrderBy(t => t.Cores)
                .Select(t => (t.Name, Power: PlanPower.Of(plan, t.Cores, p => panels.Items(p).Count).Joint(0))).ToList();
            sentence += larger.Find(t => t.Power >= .5) is { Name: { } name } tier ? $"; --tier {name} has {PlanPower.Percent(tier.Power)}"
                : "; no tier has half of it";
        }

        yield return "power       " + sentence;
        yield return "detects     " + power.Detects;
    }

    /// <summary>How long it takes.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="ready">What is known before the run.</param>
    /// <param name="prompts">Of each panel the tokens of its items.</param>
    /// <param name="documents">Tokens of each document.</param>
    /// <param name="together">Items that are measured together.</param>
    /// <param name="most">The time that the look may take.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static VetDuration Duration(LanguageModel baseModel, LanguageModel candidate, VetPreflight ready, IReadOnlyDictionary<string, int[]> prompts,
        IReadOnlyList<int> documents, int together, TimeSpan most, CancellationToken cancellation)
    {
        var plan = ready.Plan;
        var speed = VetSpeed.Measure(baseModel, candidate, plan, ready.Panels.Items(VetDesign.Benign), ready.Panels.Items(VetDesign.Trigger), most,
            cancellation);
        var bytes = new[] { baseModel, candidate }.Sum(m => m.Checkpoint.Tensors.Sum(t => t.ByteLength));
        var rest = Fixed + PerItem * (2 * plan.Items * plan.Design.PanelTemplates.Length + plan.Design.Cores) + PerByte * bytes;
        return VetDuration.Of(plan, ready.Needs, speed, prompts, documents, together, rest);
    }
}
