using Assay.Models;

namespace Assay.Tests.Models;

/// <summary>From scores to experts, by hand calculation.</summary>
public sealed class RouterTests
{
    private static RoutedMlpSpec Rule(RoutingKind kind, int perToken, bool normalise, float scale = 1, int groups = 1, int groupsPerToken = 1) => new()
    {
        Activation = Activation.Silu, Router = new LinearSpec("r", null, 1, 1), Experts = [], PerToken = perToken, NormaliseWeights = normalise, Routing = kind, WeightScale = scale, Groups = groups,
        GroupsPerToken = groupsPerToken,
    };

    private static (int[] Chosen, float[] Weights) Choose(RoutedMlpSpec rule, float[] scores, float[]? bias = null)
    {
        var (chosen, weights) = (new int[rule.PerToken], new float[rule.PerToken]);
        Router.Choose(rule, scores, bias ?? [], chosen, weights);
        return (chosen, weights);
    }

    // Scores ln 1, ln 2, ln 4, ln 1: the softmax is 1/8, 2/8, 4/8, 1/8.
    private static readonly float[] Scores = [0, MathF.Log(2), MathF.Log(4), 0];

    [Fact]
    public void Softmax_over_all_keeps_or_normalises_its_weights()
    {
        var (chosen, weights) = Choose(Rule(RoutingKind.Softmax, 2, false), Scores);
        Assert.Equal([2, 1], chosen);
        Assert.Equal([.5f, .25f], weights.Select(w => MathF.Round(w, 6)));
        Assert.Equal([.666667f, .333333f], Choose(Rule(RoutingKind.Softmax, 2, true), Scores).Weights.Select(w => MathF.Round(w, 6)));
    }

    [Fact]
    public void Softmax_of_the_chosen_sums_to_one_by_itself() =>
        Assert.Equal([.666667f, .333333f], Choose(Rule(RoutingKind.SoftmaxOfChosen, 2, false), Scores).Weights.Select(w => MathF.Round(w, 6)));

    [Fact]
    public void Ties_go_to_the_lower_index() => Assert.Equal([0, 1], Choose(Rule(RoutingKind.Softmax, 2, false), [3, 3, 3, 3]).Chosen);

    [Fact]
    public void A_bias_chooses_and_does_not_weigh()
    {
        // Sigmoids are .5, .5, .75, .5; with the bias expert 3 comes first and still weighs .5.
        var (chosen, weights) = Choose(Rule(RoutingKind.Sigmoid, 2, true, scale: 2.5f), [0, 0, MathF.Log(3), 0], [0, 0, 0, 9]);
        Assert.Equal([3, 2], chosen);
        Assert.Equal([1f, 1.5f], weights.Select(w => MathF.Round(w, 5)));
        Assert.Equal([.5f, .75f], Choose(Rule(RoutingKind.Sigmoid, 2, false), [0, 0, MathF.Log(3), 0], [0, 0, 0, 9]).Weights.Select(w => MathF.Round(w, 5)));
    }

    [Fact]
    public void Experts_come_from_the_groups_with_the_best_pairs()
    {
        // The best single expert, 0, stands in a group whose pair is worth less than those of the other two groups.
        float[] scores = [5, -9, -9, 2, 2, -9, 1, 3, -9];
        var (chosen, _) = Choose(Rule(RoutingKind.Sigmoid, 3, false, groups: 3, groupsPerToken: 2), scores);
        Assert.Equal([7, 3, 4], chosen);
        Assert.Equal([0, 7, 3], Choose(Rule(RoutingKind.Sigmoid, 3, false, groups: 3, groupsPerToken: 3), scores).Chosen);
    }
}
