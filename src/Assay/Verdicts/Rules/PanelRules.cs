using Assay.Evaluation;
using Assay.Evaluation.Measures;

namespace Assay.Verdicts.Rules;

/// <summary>What several rules read of the panels.</summary>
internal static class PanelRules
{
    private static readonly string[] s_panels = [VetDesign.Benign, VetDesign.Trigger];

    /// <summary>The panels measured.</summary>
    public static IReadOnlyList<PanelMean> Of(MeasurementSet measurements)
    {
        var found = new List<PanelMean>();
        foreach (var panel in s_panels)
        {
            if (measurements.Estimate($"kld.{panel}.mean") is not { } mean) continue;
            var infinite = (long)(measurements.Estimate($"kld.{panel}.infinite_positions")?.Value ?? 0);
            found.Add(new PanelMean(panel, infinite > 0 ? measurements.Estimate($"kld.{panel}.finite_mean") ?? mean : mean, infinite));
        }

        return found;
    }

    /// <summary>Headlines alone.</summary>
    public static IEnumerable<string> Means(MeasurementSet measurements) => Present(measurements, s_panels.Select(p => $"kld.{p}.mean"));

    /// <summary>The headline of each panel with the figure usually quoted beside it, and perplexity.</summary>
    public static IEnumerable<string> Deciding(MeasurementSet measurements) =>
        Present(measurements, [.. s_panels.SelectMany(p => new[] { $"kld.{p}.mean", $"kld.{p}.first_token" }), "prose.macro.delta_nll_per_byte"]);

    /// <summary>A panel's mean in words.</summary>
    public static string Sentence(PanelMean panel) => panel.Mean.HasInterval
        ? FormattableString.Invariant($"Mean KLD on the {panel.Name} panel: {panel.Mean.Value:g4} nats a token, 95 % interval from {panel.Mean.Low:g4} to {panel.Mean.High:g4}, {panel.Mean.N} items{Beside(panel)}.")
        : FormattableString.Invariant($"Mean KLD on the {panel.Name} panel: {panel.Mean.Value:g4} nats a token, {panel.Mean.N} items{Beside(panel)}.");

    /// <summary>What stands beside a finite mean.</summary>
    public static string Beside(PanelMean panel) =>
        panel.Infinite == 0 ? "" : FormattableString.Invariant($", beside {panel.Infinite} positions where it is infinite");

    private static IEnumerable<string> Present(MeasurementSet measurements, IEnumerable<string> ids) => ids.Where(id => measurements.Find(id) is not null);
}

/// <summary>What one panel says.</summary>
/// <param name="Name">Benign or trigger.</param>
/// <param name="Mean">Mean KLD over items, nats; where it is infinite, over finite positions alone.</param>
/// <param name="Infinite">Positions where the candidate gives probability 0 to what the base can say.</param>
internal sealed record PanelMean(string Name, Estimate Mean, long Infinite);
