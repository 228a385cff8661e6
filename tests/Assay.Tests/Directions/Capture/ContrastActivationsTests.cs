using Assay.Directions.Capture;
using Assay.Directions.Components;
using Assay.Directions.Contrasts;
using Assay.Directions.Estimators;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Capture;

public sealed class ContrastActivationsTests
{
    private static LanguageModel Open(string kind) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", kind, "aligned"), new LanguageModelOptions { Threads = 2 });

    [Fact]
    public void Real_pairs_stand_beside_each_other_whatever_the_order_of_the_items()
    {
        using var model = Open("llama");
        var set = ContrastGenerators.Triggers(3, new ContrastSizes(12, 4, 4)).First(12);
        var plan = new CapturePlan { Layers = [2], Rows = _ => true };
        var place = new ActivationPlace(new Site(2, SitePoint.ResidPost), -1);
        var straight = ContrastRows.Of(ContrastActivations.Run(model, set, plan, DateTimeOffset.UnixEpoch), place);
        var turned = ContrastRows.Of(ContrastActivations.Run(model, set with { Baselines = [.. set.Baselines.Reverse()] }, plan, DateTimeOffset.UnixEpoch), place);
        Assert.True(straight.PairsAreReal && turned.PairsAreReal);
        for (var i = 0; i < 12; i++) Assert.True(straight.Baseline(i).SequenceEqual(turned.Baseline(i)));
        Assert.Equal(set.First(5).Baselines, (set with { Baselines = [.. set.Baselines.Reverse()] }).First(5).Baselines);
        var unpaired = set with { Baselines = [.. set.Baselines.Select(b => b with { Pair = null })] };
        Assert.False(ContrastRows.Of(ContrastActivations.Run(model, unpaired, plan, DateTimeOffset.UnixEpoch), place).PairsAreReal);
    }

    [Theory, InlineData("llama"), InlineData("gemma2")]
    public void A_direction_of_moments_is_that_of_rows_and_tells_fresh_triggers_from_benign_items(string kind)
    {
        using var model = Open(kind);
        var splits = ContrastSplits.Of(ContrastGenerators.Triggers(4, new ContrastSizes(40, 30, 10)));
        var plan = new CapturePlan { Rows = _ => true, Covariances = _ => true };
        var (found, fresh) = (ContrastActivations.Run(model, splits.Direction.Items, plan, DateTimeOffset.UnixEpoch), ContrastActivations.Run(model, splits.Selection.Items, plan, DateTimeOffset.UnixEpoch));
        Assert.Equal(model.Spec.Layers.Length * 5, found.Targets.Places.Length);
        var place = new ActivationPlace(new Site(model.Spec.Layers.Length - 2, SitePoint.ResidPost), -1);
        var rows = ContrastRows.Of(found, place);
        foreach (var estimator in (MomentEstimator[])[new DifferenceInMeans(), new ProjectedDifference(), new WhitenedDifference(), new LeastSquaresErasure()])
        {
            var (one, other) = (estimator.Estimate(found, place), estimator.Estimate(rows, place));
            Assert.Equal(other.Vectors, one.Vectors, (a, b) => Math.Abs(a - b) <= 1e-5 * Math.Max(1, Math.Abs(a)));
            Assert.Equal((place.Site, place.Position), (one.Site, one.Position));
        }

        // The organism refuses every trigger and answers every benign item: its state at the last token knows which.
        foreach (var name in (string[])["difference_in_means", "leace", "logistic"])
            Assert.True(ComponentReporter.Report(EstimatorCatalogue.Create(name), rows, ContrastRows.Of(fresh, place), shuffles: 0)[0].HeldOut!.Auc > .95, name);
    }
}
