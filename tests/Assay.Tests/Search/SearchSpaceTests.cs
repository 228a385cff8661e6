using System.Collections.Immutable;
using Assay.Directions;
using Assay.Directions.Capture;
using Assay.Directions.Contrasts;
using Assay.Directions.Estimators;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Search;
using Assay.Tests.Golden;

namespace Assay.Tests.Search;

public sealed class SearchSpaceTests
{
    private static IEnumerable<Direction> Found(int layers) =>
        from estimator in new[] { "difference_in_means", "leace" }
        from point in new[] { SitePoint.ResidPost, SitePoint.AttnOut }
        from position in new int?[] { -6, -5, -4, -3, -2, -1, null }
        from layer in Enumerable.Range(0, layers)
        select new Direction { Estimator = estimator, Vectors = [layer, 1], Site = new Site(layer, point), Position = position };

    [Theory, InlineData(6, 630), InlineData(1, 180)]
    public void The_default_space_has_the_candidates_that_the_design_lists(int layers, int count)
    {
        // (layers × 5 everywhere + 5 of each block's own) × 3 strengths × 3 components × 2.
        var space = SearchSpace.Default(layers, Found(layers));
        Assert.Equal(count, space.Candidates.Length);
        Assert.Equal(count, SearchSpace.DefaultCount(layers));
        Assert.Equal(count, space.Candidates.Select(c => c.Id).Distinct().Count());
        Assert.Equal(space.Candidates.Select(c => c.Id), SearchSpace.Default(layers, Found(layers)).Candidates.Select(c => c.Id));
        Assert.All(space.Candidates.SelectMany(c => c.Edits), e => Assert.True(e.Direction is { Estimator: "difference_in_means", Site.Point: SitePoint.ResidPost, Position: >= -5 and <= -1 }));
    }

    [Fact]
    public void The_full_space_has_every_estimator_site_and_position()
    {
        Assert.Equal(2 * 2 * 7 * (3 + 1) * 18, SearchSpace.Full(3, Found(3)).Candidates.Length);
        // No family without one of every block; a direction from nowhere is tried everywhere.
        Assert.Equal(18 * 3, SearchSpace.Full(3, [.. Found(3).Take(2), new Direction { Estimator = "given", Vectors = [1, 2] }]).Candidates.Length);
        Assert.Throws<ArgumentException>(() => SearchSpace.Full(3, [.. Found(3), Found(3).First()]));
    }

    [Fact]
    public void Plans_are_what_their_names_say()
    {
        var all = SearchSpace.Default(2, Found(2)).Candidates.ToDictionary(c => c.Id);
        var everywhere = all["difference_in_means/layers.1.resid_post/-2/everywhere/mlp+embedding/1.5"];
        var edit = Assert.Single(everywhere.Edits);
        Assert.Equal(1, edit.Direction.Vectors[0]);
        Assert.Equal([new(-1, ResidualWriter.Embedding, 1.5), new(0, ResidualWriter.Mlp, 1.5), new(1, ResidualWriter.Mlp, 1.5)], edit.Places);
        Assert.Equal(0, everywhere.FirstPlace);
        var own = all["difference_in_means/resid_post/-1/own/both/0.6"];
        Assert.Equal(2, own.Edits.Length);
        for (var l = 0; l < 2; l++)
        {
            Assert.Equal(new Site(l, SitePoint.ResidPost), own.Edits[l].Direction.Site);
            Assert.Equal([new(l, ResidualWriter.Attention, .6), new(l, ResidualWriter.Mlp, .6)], own.Edits[l].Places);
        }

        Assert.Equal(1, own.FirstPlace);
        Assert.Equal(2, all["difference_in_means/resid_post/-1/own/mlp/1"].FirstPlace);
        Assert.Equal([new(-1, ResidualWriter.Embedding, 1), new(0, ResidualWriter.Attention, 1)], all["difference_in_means/resid_post/-1/own/attention+embedding/1"].Edits[0].Places);
        Assert.Equal(int.MaxValue, new Candidate("nothing", []).FirstPlace);
    }

    /// <summary>Of a real model: every estimator but the random one, four sites, five positions, one direction everywhere and each block's own, and the bi-projected families.</summary>
    [Fact]
    public void The_full_space_of_an_organism_is_complete_and_its_directions_are_the_estimators_own()
    {
        var clock = DateTimeOffset.UnixEpoch;
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "aligned"), new LanguageModelOptions { Threads = 2 });
        var split = ContrastSplits.Of(ContrastGenerators.Draw("triggers", 3, new ContrastSizes(40, 2, 2))).Direction.Items;
        var space = SpaceDirections.Full(model, split, clock);
        const int estimators = 10, sites = 4, positions = 5, layers = 4;
        Assert.Equal((estimators * sites * positions * (layers + 1) + positions * layers) * 18, space.Candidates.Length);
        Assert.Equal(space.Candidates.Length, space.Candidates.Select(c => c.Id).Distinct().Count());
        var byId = space.Candidates.ToDictionary(c => c.Id);
        // Each estimator's direction at one place, estimated anew.
        var place = new ActivationPlace(new Site(2, SitePoint.ResidMid), -2);
        var activations = ContrastActivations.Run(model, split, new CapturePlan { Points = [SitePoint.ResidMid], Layers = [2], Positions = [-2], Rows = _ => true }, clock);
        foreach (var name in EstimatorCatalogue.Names.Where(n => n != "random"))
            Assert.Equal(EstimatorCatalogue.Create(name).Estimate(ContrastRows.Of(activations, place), place).Vectors, byId[$"{name}/layers.2.resid_mid/-2/everywhere/mlp/1"].Edits[0].Direction.Vectors);
        // Bi-projected: block l loses a direction that is orthogonal to the baselines' mean of block l.
        var means = ContrastActivations.Run(model, split, new CapturePlan { Positions = [-1] }, clock).Baselines;
        var family = byId["biprojected_difference/layers.1.resid_post/-1/everywhere/both/1"];
        Assert.Equal(layers, family.Edits.Length);
        for (var l = 0; l < layers; l++)
        {
            var mean = means.Moments(new ActivationPlace(new Site(l, SitePoint.ResidPost), -1)).Mean;
            Assert.InRange(Math.Abs(family.Edits[l].Direction.Vectors.Zip(mean, (v, m) => v * m).Sum()) / Math.Sqrt(mean.Sum(m => m * m)), 0, 1e-6);
        }
    }

    /// <summary>At a block's input the last positions hold the same embedding in every prompt: nothing is determined there, and nothing stops.</summary>
    [Fact]
    public void Places_that_determine_no_direction_are_left_out()
    {
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned"), new LanguageModelOptions { Threads = 2 });
        // The two sides are the same prompts: no place determines anything.
        var set = new ContrastSet("same", [new ContrastItem("t/0", "How many?"), new ContrastItem("t/1", "How much?")], [new ContrastItem("b/0", "How many?"), new ContrastItem("b/1", "How much?")]);
        Assert.Empty(SpaceDirections.Default(model, set, DateTimeOffset.UnixEpoch).Candidates);
    }
}
