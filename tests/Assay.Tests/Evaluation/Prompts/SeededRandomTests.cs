using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Prompts;

public sealed class SeededRandomTests
{
    [Fact]
    public void The_stream_is_that_of_the_published_reference()
    {
        // The first numbers of Vigna's splitmix64.c for the seed 1234567.
        var random = new SeededRandom(1234567);
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL, 16408922859458223821UL], Enumerable.Range(0, 5).Select(_ => random.Next()));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100)]
    public void Small_ranges_are_uniform(int range)
    {
        var random = new SeededRandom(42);
        var counts = new int[range];
        const int Draws = 200_000;
        for (var i = 0; i < Draws; i++) counts[random.Below(range)]++;
        var expected = Draws / (double)range;
        var chiSquare = counts.Sum(c => (c - expected) * (c - expected) / expected);
        Assert.True(MathNet.Numerics.Distributions.ChiSquared.CDF(range - 1, chiSquare) < 0.9999);
    }

    [Fact]
    public void Bounds_are_included_and_empty_ranges_refused()
    {
        var random = new SeededRandom(1);
        Assert.Equal([3, 4, 5], Enumerable.Range(0, 200).Select(_ => random.Between(3, 5)).Distinct().Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Below(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.Sample([1, 2], 3));
    }

    [Fact]
    public void A_sample_holds_different_items_and_every_item_comes_first_equally_often()
    {
        var random = new SeededRandom(5);
        var firsts = new int[5];
        for (var i = 0; i < 50_000; i++)
        {
            var sample = random.Sample([0, 1, 2, 3, 4], 3);
            Assert.Equal(3, sample.Distinct().Count());
            firsts[sample[0]]++;
        }

        Assert.All(firsts, c => Assert.InRange(c, 9_600, 10_400));
    }

    [Fact]
    public void Streams_are_derived_as_documented()
    {
        byte[] input = [7, 0, 0, 0, 0, 0, 0, 0, .. "benign"u8];
        Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(input)), SeededRandom.Derive(7, "benign"));
    }

    [Fact]
    public void A_challenge_seed_is_the_hash_of_all_four_parts_each_with_its_length()
    {
        byte[] input = [2, 0, 0, 0, .. "q1"u8, 1, 0, 0, 0, .. "p"u8, 1, 0, 0, 0, .. "1"u8, 3, 0, 0, 0, .. Encoding.UTF8.GetBytes("é!")];
        Assert.Equal(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(input)), ChallengeSeed.Derive("q1", "p", "1", "é!"));
        Assert.NotEqual(ChallengeSeed.Derive("ab", "c", "1", "n"), ChallengeSeed.Derive("a", "bc", "1", "n"));
    }
}
