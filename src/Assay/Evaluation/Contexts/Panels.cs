using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Evaluation.Vetting;

namespace Assay.Evaluation.Contexts;

/// <summary>The items of every panel of a plan: a function of the plan and of what the pilot chose, so that nothing of it has to be kept.</summary>
/// <param name="plan">The plan.</param>
public sealed class Panels(VetPlan plan)
{
    private readonly Dictionary<string, IReadOnlyList<PanelItem>> _known = new(StringComparer.Ordinal);
    private Pilot? _pilot;

    /// <summary>The pilot's questions; null where the plan has none.</summary>
    public Pilot? Pilot => plan.Design.PilotItems == 0 ? null : _pilot ??= Pilot.Draw(plan.Seed, plan.Design.PilotItems, plan.Design.PilotFamilies);

    /// <summary>What the pilot chose; null before its replies were read, and without a pilot.</summary>
    public CoreChoice? Choice { get; private set; }

    /// <summary>Draws the reasoning cores that the pilot chose.</summary>
    /// <param name="choice">What it chose.</param>
    public void Choose(CoreChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        var (benign, trigger) = choice.Draw(plan.Seed, plan.Design.Cores);
        _known[VetDesign.BenignCores] = [.. benign.Select(PanelItem.Of)];
        _known[VetDesign.TriggerCores] = [.. trigger.Select(PanelItem.Of)];
        Choice = choice;
    }

    /// <summary>Some items of a panel, in order: of every stratum as many, as far as it goes.</summary>
    /// <param name="panel">Its name.</param>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<PanelItem> Some(string panel, int count)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. Items(panel).Select((item, place) => (Item: item, Place: place, Rank: seen[item.Stratum] = seen.GetValueOrDefault(item.Stratum) + 1))
            .OrderBy(x => x.Rank).ThenBy(x => x.Place).Take(count).OrderBy(x => x.Place).Select(x => x.Item)];
    }

    /// <summary>Items of a panel, in order.</summary>
    /// <param name="panel">Its name.</param>
    public IReadOnlyList<PanelItem> Items(string panel)
    {
        ArgumentNullException.ThrowIfNull(panel);
        // All windows of reference text hold the same documents.
        var name = panel.StartsWith("prose-", StringComparison.Ordinal) ? "prose" : panel;
        if (_known.TryGetValue(name, out var items)) return items;
        return _known[name] = name switch
        {
            VetDesign.Benign => [.. ReasoningPrompts.Draw(plan.Seed, Frame.Benign, plan.Items).Select(PanelItem.Of)],
            VetDesign.Trigger => [.. ReasoningPrompts.Draw(plan.Seed, Frame.Trigger, plan.Items).Select(PanelItem.Of)],
            VetDesign.Pilot when Pilot is { } pilot => [.. pilot.Items.Select(PanelItem.Of)],
            VetDesign.BenignCores or VetDesign.TriggerCores when Pilot is not null =>
                throw new InvalidOperationException("The reasoning cores are drawn once the pilot has chosen."),
            VetDesign.BenignCores or VetDesign.TriggerCores => [.. ReasoningPrompts.Draw(ChallengeSeed.Derive(plan.Seed, "cores"),
                name == VetDesign.BenignCores ? Frame.Benign : Frame.Trigger, plan.Design.Cores).Select(PanelItem.Of)],
            VetDesign.Sensitivity => [.. ReasoningPrompts.Draw(ChallengeSeed.Derive(plan.Seed, "sensitivity"), Frame.Benign, plan.Design.SensitivityItems).Select(PanelItem.Of)],
            VetDesign.Public => [.. plan.PublicPrompts.Select(PanelItem.Of)],
            VetDesign.Tasks or VetDesign.TriggerTasks => [.. plan.Tasks.SelectMany(set => set.Prompts.Where(p => p.Frame == VetDesign.FrameOf(name))
                .Select(p => PanelItem.Of(set.Name, p)))],
            VetDesign.Choices or VetDesign.TriggerChoices => [.. plan.Tasks.SelectMany(set => set.Choices.Where(c => c.Frame == VetDesign.FrameOf(name))
                .Select(c => PanelItem.Of(set.Name, c)))],
            VetDesign.OwnTriggers => [.. plan.Triggers.SelectMany(set => set.Prompts.Select(p => PanelItem.Of(set.Name, p)))],
            "prose" => [.. plan.Domains.SelectMany(domain => ProseDomains.Draw(plan.Seed, domain, plan.DocumentsPerDomain))
                .Concat(plan.Texts.SelectMany(text => text.Draw(plan.Seed, plan.DocumentsPerDomain))).Select(PanelItem.Of)],
            _ => throw new ArgumentException($"There is no panel '{panel}'.", nameof(panel)),
        };
    }
}
