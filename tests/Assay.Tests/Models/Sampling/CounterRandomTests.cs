using Assay.Models.Sampling;

namespace Assay.Tests.Models.Sampling;

public sealed class CounterRandomTests
{
    // Known answers for philox4x32-10 from Random123's kat_vectors (Salmon et al. 2011).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_answers(uint a, uint b, uint c, uint d, uint key0, uint key1, uint w, uint x, uint y, uint z) =>
        Assert.Equal((w, x, y, z), CounterRandom.Philox(a, b, c, d, key0, key1));

    [Fact]
    public void Seed_item_and_step_each_make_another_stream()
    {
        var values = new HashSet<double>();
        for (var seed = 0; seed < 10; seed++)
            for (var item = 0; item < 10; item++)
                for (var step = 0; step < 10; step++) values.Add(CounterRandom.Uniform(seed, item, step));
        values.Add(CounterRandom.Uniform(1L << 32, 0, 0));
        values.Add(CounterRandom.Uniform(0, 1L << 32, 0));
        values.Add(CounterRandom.Uniform(0, 0, 1L << 32));
        Assert.Equal(1003, values.Count);
    }

    [Fact]
    public void Numbers_are_uniform_along_each_coordinate()
    {
        foreach (var along in (ReadOnlySpan<int>)[0, 1, 2])
        {
            var counts = new int[64];
            const int draws = 64_000;
            for (var i = 0; i < draws; i++)
            {
                var u = CounterRandom.Uniform(along == 0 ? i : 7, along == 1 ? i : 7, along == 2 ? i : 7);
                Assert.InRange(u, 0, 1 - 1e-16);
                counts[(int)(u * counts.Length)]++;
            }
            var expected = new double[counts.Length];
            Array.Fill(expected, draws / (double)counts.Length);
            Assert.InRange(ChiSquared.PValue(counts, expected), 1e-6, 1 - 1e-6);
        }
    }
}
