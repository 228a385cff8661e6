using Assay.Models.Sampling;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Models.Sampling;

public sealed class SamplingProcessorsTests
{
    [Fact]
    public void Top_k_keeps_ties_with_the_last_kept()
    {
        float[] logits = [1, 3, 2, 2, 0];
        SamplingProcessors.Apply(logits, [], new SamplingOptions { TopK = 2 });
        Assert.Equal([float.NegativeInfinity, 3, 2, 2, float.NegativeInfinity], logits);
    }

    [Fact]
    public void Top_p_keeps_the_token_that_crosses_the_mass()
    {
        // Probabilities ½, ¼, ⅛, ⅛: 0.6 needs the first two; of the equal last two the lower id would go first.
        float[] logits = [MathF.Log(4), MathF.Log(2), 0, 0];
        SamplingProcessors.Apply(logits, [], new SamplingOptions { TopP = .6 });
        Assert.Equal([false, false, true, true], logits.Select(float.IsNegativeInfinity));
        logits = [0, 0, MathF.Log(4), MathF.Log(2)];
        SamplingProcessors.Apply(logits, [], new SamplingOptions { TopP = .8 });
        Assert.Equal([true, false, false, false], logits.Select(float.IsNegativeInfinity));
    }

    [Fact]
    public void Top_p_and_min_p_always_keep_one()
    {
        foreach (var options in new[] { new SamplingOptions { TopP = 0 }, new SamplingOptions { MinP = 1 } })
        {
            float[] logits = [.5f, 2, 1];
            SamplingProcessors.Apply(logits, [], options);
            Assert.Equal([float.NegativeInfinity, 2, float.NegativeInfinity], logits);
        }
    }

    [Fact]
    public void Repetition_penalty_counts_a_token_once_and_pushes_both_signs_down()
    {
        float[] logits = [2, -2, 4];
        SamplingProcessors.Apply(logits, [0, 0, 1, 1, 1], new SamplingOptions { RepetitionPenalty = 2 });
        Assert.Equal([1, -4, 4], logits);
    }

    [Fact]
    public void Top_k_agrees_with_a_sort() => Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), ArbMap.Default.ArbFor<byte>(), (values, k) =>
    {
        // Integers divided by 4 give ties often.
        var logits = values.Select(v => (v % 64) / 4f).ToArray();
        var count = k % 20 + 1;
        var expected = logits.Select(l => logits.Count(o => o > l) < count ? l : float.NegativeInfinity).ToArray();
        SamplingProcessors.Apply(logits, [], new SamplingOptions { TopK = count });
        return logits.SequenceEqual(expected);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Top_p_keeps_the_smallest_likely_set_of_at_least_that_mass() => Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), ArbMap.Default.ArbFor<byte>(), (values, tenth) =>
    {
        var logits = values.Select((v, i) => v % 50 / 10f + i * 1e-3f).ToArray();
        if (logits.Length == 0) return true;
        var mass = tenth % 9 / 10.0 + .05;
        var weights = logits.Select(l => Math.Exp(l)).ToArray();
        var kept = logits.ToArray();
        SamplingProcessors.Apply(kept, [], new SamplingOptions { TopP = mass });
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => weights[i]).ToArray();
        var size = kept.Count(l => !float.IsNegativeInfinity(l));
        double Sum(int n) => order.Take(n).Sum(i => weights[i]) / weights.Sum();
        // The kept ones are the likeliest, reach the mass, and would not without the last (a margin for float32 sums).
        return order.Take(size).All(i => !float.IsNegativeInfinity(kept[i])) && Sum(size) >= mass - 1e-5 && (size == 1 || Sum(size - 1) <= mass + 1e-5);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(1e-60)]
    [InlineData(1e60)]
    public void Options_out_of_range_are_refused(double value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SamplingProcessors.Apply(new float[3], [], new SamplingOptions { Temperature = value }));
        Assert.Throws<ArgumentOutOfRangeException>(() => SamplingProcessors.Apply(new float[3], [], new SamplingOptions { RepetitionPenalty = value }));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SamplingProcessors.Apply(new float[3], [3], new SamplingOptions { RepetitionPenalty = 2 }));
}
