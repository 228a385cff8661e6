using Assay.Checkpoints;
using Assay.Models.Sampling;

namespace Assay.Tests.Models.Sampling;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [.. Enumerable.Range(0, 40).Select(i => (float)(3 * Math.Sin(i * i)))];

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    [InlineData(2.0)]
    public void Frequencies_follow_the_softmax(double temperature)
    {
        const int draws = 50_000;
        var options = new SamplingOptions { Temperature = temperature };
        var counts = new int[Logits.Length];
        for (var i = 0; i < draws; i++) counts[Sampler.Draw(Logits, [], options, 1, i / 100, i % 100)]++;
        // Slow reference: the definition.
        var weights = Logits.Select(l => Math.Exp(l / temperature)).ToArray();
        var expected = weights.Select(w => draws * w / weights.Sum()).ToArray();
        Assert.InRange(ChiSquared.PValue(counts, expected), 1e-6, 1 - 1e-6);
    }

    [Fact]
    public void Removed_tokens_are_never_drawn()
    {
        var options = new SamplingOptions { TopK = 3 };
        var allowed = Logits.Index().OrderByDescending(p => p.Item).Take(3).Select(p => p.Index).ToHashSet();
        var drawn = Enumerable.Range(0, 2000).Select(i => Sampler.Draw(Logits, [], options, 3, i, 0)).ToHashSet();
        Assert.True(drawn.SetEquals(allowed));
    }

    [Fact]
    public void Draw_leaves_the_logits_alone_and_repeats_itself()
    {
        var copy = Logits.ToArray();
        var options = new SamplingOptions { Temperature = .7, TopK = 9, TopP = .9, MinP = .02, RepetitionPenalty = 1.2 };
        var first = Sampler.Draw(copy, [1, 2, 3], options, 5, 6, 7);
        Assert.Equal(Logits, copy);
        Assert.Equal(first, Sampler.Draw(copy, [1, 2, 3], options, 5, 6, 7));
    }

    [Fact]
    public void Greedy_takes_the_lowest_of_equals() => Assert.Equal(1, Sampler.Greedy([0, 4, 4, float.NegativeInfinity, 4]));

    [Fact]
    public void Greedy_options_apply_the_repetition_penalty_only()
    {
        float[] logits = [5, 4, -1];
        Assert.Equal(0, Sampler.Draw(logits, [0], new SamplingOptions { DoSample = false }, 0, 0, 0));
        // 5 / 1.5 < 4: the penalty decides; the temperature and the rest would not have.
        Assert.Equal(1, Sampler.Draw(logits, [0], new SamplingOptions { DoSample = false, RepetitionPenalty = 1.5, Temperature = 9 }, 0, 0, 0));
    }

    [Fact]
    public void Broken_logits_are_refused()
    {
        Assert.Throws<InvalidInputException>(() => Sampler.Greedy([1, float.NaN]));
        Assert.Throws<InvalidInputException>(() => Sampler.Greedy([float.NegativeInfinity, float.NegativeInfinity]));
        Assert.Throws<InvalidInputException>(() => Sampler.Draw([1, float.PositiveInfinity], [], new SamplingOptions(), 0, 0, 0));
    }
}
