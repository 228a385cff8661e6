using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

/// <summary>Rotations against their formulas in float64.</summary>
public sealed unsafe class RotaryTableTests
{
    private const int Size = 8;

    private static double[] Cosines(RopeSpec spec, int position, int regime = 0)
    {
        var table = new RotaryTable(spec, Size, regime);
        return [.. table.Upto(position + 1).Cosines.AsSpan(position * table.Half, table.Half).ToArray().Select(c => (double)c)];
    }

    private static void Same(IEnumerable<double> frequencies, RopeSpec spec, int regime = 0, double factor = 1)
    {
        foreach (var position in (int[])[0, 1, 17, 100])
            foreach (var (want, got) in frequencies.Select(f => Math.Cos(position * f) * factor).Zip(Cosines(spec, position, regime))) Assert.Equal(want, got, 2e-5);
    }

    private static IEnumerable<double> Plain(double theta) => Enumerable.Range(0, Size / 2).Select(i => Math.Pow(theta, -2.0 * i / Size));

    [Fact]
    public void Linear_divides_every_frequency() => Same(Plain(10000).Select(f => f / 4), new RopeSpec { Kind = RopeKind.Linear, Theta = 10000, Factor = 4 });

    [Fact]
    public void Dynamic_grows_its_base_with_the_length_beyond_the_trained_one()
    {
        var spec = new RopeSpec { Kind = RopeKind.Dynamic, Theta = 10000, Factor = 2, OriginalMaxPositions = 32 };
        Assert.Equal([0, 0, 33, 64], new[] { 1, 32, 33, 64 }.Select(spec.RegimeOf));
        Same(Plain(10000), spec);
        // 2 · 64 / 32 − 1 = 3, to the power 8 / 6.
        Same(Plain(10000 * Math.Pow(3, 4.0 / 3)), spec, regime: 64);
    }

    [Fact]
    public void Longrope_has_one_set_of_divisors_for_short_and_one_for_long_sequences()
    {
        var spec = new RopeSpec { Kind = RopeKind.LongRope, Theta = 10000, OriginalMaxPositions = 32, AttentionFactor = 1.25, ShortFactors = [1, 1, 2, 2], LongFactors = [1, 4, 8, 16] };
        Assert.Equal([0, 1, 1], new[] { 32, 33, 500 }.Select(spec.RegimeOf));
        Same(Plain(10000).Zip([1, 1, 2, 2], (f, d) => f / d), spec, factor: 1.25);
        Same(Plain(10000).Zip([1, 4, 8, 16], (f, d) => f / d), spec, regime: 1, factor: 1.25);
    }

    [Fact]
    public void Yarn_keeps_high_frequencies_and_divides_low_ones()
    {
        // Pairs that turn 32 times and once within 4,096 positions: 1.31 and 2.81, rounded outwards 1 and 3. So pair 2 is half way.
        var spec = new RopeSpec { Kind = RopeKind.Yarn, Theta = 10000, Factor = 4, OriginalMaxPositions = 4096, BetaFast = 32, BetaSlow = 1, Truncate = true };
        var plain = Plain(10000).ToArray();
        Same([plain[0], plain[1], plain[2] * (.5 + .5 / 4), plain[3] / 4], spec);
    }

    [Fact]
    public void Halves_and_neighbours_turn_by_the_same_angles()
    {
        float[] cosines = [.8f, .6f], sines = [.6f, .8f], halves = [1, 3, 2, 4], neighbours = [1, 2, 3, 4];
        fixed (float* h = halves, n = neighbours)
        {
            RotaryTable.Rotate(h, cosines, sines);
            RotaryTable.RotateNeighbours(n, cosines, sines);
        }

        // (1, 2) by (.8, .6) is (−.4, 2.2); (3, 4) by (.6, .8) is (−1.4, 4.8).
        foreach (var (want, got) in new[] { -.4, -1.4, 2.2, 4.8 }.Zip(halves)) Assert.Equal(want, got, 1e-6);
        foreach (var (want, got) in new[] { -.4, 2.2, -1.4, 4.8 }.Zip(neighbours)) Assert.Equal(want, got, 1e-6);
    }
}
