using System.Collections.Immutable;
using Assay.Directions;
using Assay.Models;
using Assay.Search;

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
}
