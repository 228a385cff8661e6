using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Capture;
using Assay.Directions.Contrasts;
using Assay.Directions.Estimators;
using Assay.Models;

namespace Assay.Search;

/// <summary>Finds the directions of a space on the direction split.</summary>
public static class SpaceDirections
{
    /// <summary>The default space of a model: difference in means of block outputs at the last five post-instruction positions, or as many as there are.</summary>
    /// <param name="model">The base.</param>
    /// <param name="split">The direction split.</param>
    /// <param name="clock">The time that a template may ask for.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static SearchSpace Default(LanguageModel model, ContrastSet split, DateTimeOffset clock, CancellationToken cancellation = default)
    {
        var activations = ContrastActivations.Run(model, split, new CapturePlan { Positions = Positions(model, split, clock) }, clock, null, cancellation);
        var estimator = new DifferenceInMeans();
        return SearchSpace.Default(model.Spec.Layers.Length, activations.Targets.Places.Select(place => TryEstimate(() => estimator.Estimate(activations, place))).OfType<Direction>());
    }

    /// <summary>The full space: every estimator (random directions are a control and not one) at every site but a block's input, which is the output of the block before, at the same positions; and, of
    /// every block output, the difference without its component along the baselines' mean of the block that is edited.</summary>
    /// <remarks>Places whose samples determine no direction are left out. Activations are taken of as many layers at a time as a quarter of the memory allowed holds, one at least, by a forward pass
    /// for each group; of those before only the means are kept. What is found does not depend on it, bit for bit.</remarks>
    /// <param name="model">The base.</param>
    /// <param name="split">The direction split.</param>
    /// <param name="clock">The time that a template may ask for.</param>
    /// <param name="progress">Told how many prompts are done, anew for each group of layers.</param>
    /// <param name="cancellation">Honoured within a layer, and between directions.</param>
    public static SearchSpace Full(LanguageModel model, ContrastSet split, DateTimeOffset clock, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ImmutableArray<SitePoint> points = [SitePoint.AttnOut, SitePoint.ResidMid, SitePoint.MlpOut, SitePoint.ResidPost];
        var positions = Positions(model, split, clock);
        var estimators = EstimatorCatalogue.Names.Where(n => n != "random").Select(n => EstimatorCatalogue.Create(n)).ToList();
        var directions = new List<Direction>();
        var means = new List<ContrastActivations>();
        foreach (var layers in Enumerable.Range(0, model.Spec.Layers.Length).Chunk(LayersTogether(model, split, points.Length * positions.Length))) means.Add(Group([.. layers]));

        // By estimator first, so that the list does not begin with everything of one place.
        var order = estimators.Select(e => e.Name).ToList();
        return SearchSpace.Full(model.Spec.Layers.Length, directions.OrderBy(d => order.IndexOf(d.Estimator)), Biprojected(model, ContrastActivations.MomentsOf(means)));

        // A function of its own, so that nothing holds the rows of one group while the next is taken.
        ContrastActivations Group(ImmutableArray<int> layers)
        {
            var activations = ContrastActivations.Run(model, split, new CapturePlan { Points = points, Layers = layers, Positions = positions, Rows = _ => true }, clock, progress, cancellation);
            foreach (var place in activations.Targets.Places)
            {
                var rows = ContrastRows.Of(activations, place);
                foreach (var estimator in estimators)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (TryEstimate(() => estimator.Estimate(rows, place)) is { } direction) directions.Add(direction);
                }
            }

            return ContrastActivations.MomentsOf([activations]);
        }
    }

    /// <summary>Layers whose rows a quarter of the memory allowed holds, one at least.</summary>
    /// <param name="model">The base.</param>
    /// <param name="split">The direction split.</param>
    /// <param name="places">Sites and positions of a layer.</param>
    internal static int LayersTogether(LanguageModel model, ContrastSet split, int places)
    {
        var layer = (long)places * (split.Targets.Length + split.Baselines.Length) * model.Spec.HiddenSize * sizeof(float);
        return (int)Math.Clamp(model.MemoryBytes / 4 / Math.Max(1, layer), 1, Math.Max(1, model.Spec.Layers.Length));
    }

    /// <summary>Families of one direction a layer: of every block output the difference, without its component along the baselines' mean of the block that is edited.</summary>
    /// <param name="model">The base.</param>
    /// <param name="activations">Of block outputs at least.</param>
    public static IReadOnlyList<(string Name, ImmutableArray<Direction> ByLayer)> Biprojected(LanguageModel model, ContrastActivations activations)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(activations);
        var families = new List<(string Name, ImmutableArray<Direction> ByLayer)>();
        foreach (var place in activations.Targets.Places.Where(p => p.Site.Point == SitePoint.ResidPost))
        {
            var moments = new ContrastMoments(activations.Targets.Moments(place), activations.Baselines.Moments(place));
            var own = Enumerable.Range(0, model.Spec.Layers.Length).Select(l => TryEstimate(() =>
                new BiprojectedDifference([.. activations.Baselines.Moments(place with { Site = place.Site with { Layer = l } }).Mean]).Estimate(moments, place))).ToList();
            if (!own.Contains(null)) families.Add(($"biprojected_difference/{place.Site}/{place.Position}/everywhere", [.. own!]));
        }

        return families;
    }

    private static ImmutableArray<int> Positions(LanguageModel model, ContrastSet split, DateTimeOffset clock)
    {
        var some = EncodedPrompts.Encode(model, [.. split.Targets.Take(1).Select(t => t.Prompt)], clock).Positions;
        return [.. some.Where(p => SearchSpace.DefaultPositions.Contains(p)).Order()];
    }

    private static Direction? TryEstimate(Func<Direction> estimate)
    {
        try
        {
            return estimate();
        }
        catch (InvalidInputException)
        {
            return null; // The estimator says that the samples determine none here.
        }
    }
}
