using Assay.Directions;
using Assay.Directions.Capture;
using Assay.Directions.Contrasts;
using Assay.Directions.Estimators;
using Assay.Models;

namespace Assay.Search;

/// <summary>Estimates the directions that a space is made of, from one pass over the direction split.</summary>
public static class FoundDirections
{
    /// <summary>Post-instruction tokens that directions are taken at.</summary>
    private const int LastPositions = 5;

    /// <summary>Sites that the full space takes directions at.</summary>
    private static readonly SitePoint[] Points = [SitePoint.ResidPre, SitePoint.AttnOut, SitePoint.ResidMid, SitePoint.MlpOut, SitePoint.ResidPost];

    /// <summary>Difference in means of every block's output at the last five post-instruction tokens, or as many as the template has.</summary>
    /// <param name="model">The model.</param>
    /// <param name="split">The direction split.</param>
    /// <param name="clock">The time that a chat template may ask for.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static IReadOnlyList<Direction> Default(LanguageModel model, ContrastSet split, DateTimeOffset clock, CancellationToken cancellation = default)
    {
        var activations = Capture(model, split, [SitePoint.ResidPost], rows: false, clock, cancellation);
        var estimator = new DifferenceInMeans();
        return [.. activations.Targets.Places.Select(place => estimator.Estimate(activations, place))];
    }

    /// <summary>Every estimator but the random control, at every site and those tokens. What does not determine a direction is told apart.</summary>
    /// <param name="model">The model.</param>
    /// <param name="split">The direction split.</param>
    /// <param name="clock">The time that a chat template may ask for.</param>
    /// <param name="estimators">Names; null for all.</param>
    /// <param name="points">Sites; null for all.</param>
    /// <param name="undetermined">Filled with what no direction was found for, and why.</param>
    /// <param name="cancellation">Honoured within a layer, and between places.</param>
    public static IReadOnlyList<Direction> Full(
        LanguageModel model, ContrastSet split, DateTimeOffset clock, IReadOnlyList<string>? estimators, IReadOnlyList<SitePoint>? points, ICollection<string> undetermined, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(undetermined);
        var activations = Capture(model, split, points ?? Points, rows: true, clock, cancellation);
        var all = (estimators ?? [.. EstimatorCatalogue.Names.Where(n => n != "random")]).Select(n => EstimatorCatalogue.Create(n)).ToList();
        var found = new List<Direction>();
        foreach (var place in activations.Targets.Places)
        {
            var rows = ContrastRows.Of(activations, place);
            foreach (var estimator in all)
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    found.Add(estimator.Estimate(rows, place));
                }
                catch (Checkpoints.InvalidInputException e)
                {
                    // One place of many, such as a site before anything was read; the others stand.
                    undetermined.Add($"{place}: {e.Message}");
                }
            }
        }

        return found;
    }

    /// <summary>The activations of a split at the last post-instruction tokens.</summary>
    public static ContrastActivations Capture(LanguageModel model, ContrastSet split, IReadOnlyList<SitePoint> points, bool rows, DateTimeOffset clock, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(split);
        var tail = EncodedPrompts.Encode(model, [split.Targets[0].Prompt], clock).Positions;
        return ContrastActivations.Run(model, split, new CapturePlan { Points = [.. points], Positions = [.. tail.Where(p => p >= -LastPositions).Order()], Rows = rows ? _ => true : null }, clock, null, cancellation);
    }
}
