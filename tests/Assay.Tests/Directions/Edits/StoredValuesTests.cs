using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Directions.Edits;
using Assay.Directions.LinearAlgebra;
using FsCheck.Fluent;

namespace Assay.Tests.Directions.Edits;

public sealed class StoredValuesTests
{
    [Fact]
    public void Bf16_is_the_nearest_of_all_ties_to_even()
    {
        var random = new Random(1);
        for (var n = 0; n < 20_000; n++)
        {
            // Somewhere between two neighbours, half of the time on the middle or next to it, closer than a float can tell.
            var low = (ushort)random.Next(0x0080, 0x7F7E);
            var (a, b) = (Widen(low), Widen((ushort)(low + 1)));
            var middle = a + (b - a) / 2;
            var value = (n % 4) switch { 0 => middle, 1 => Math.BitIncrement(middle), 2 => Math.BitDecrement(middle), _ => a + (b - a) * random.NextDouble() };
            var expected = value < middle || value == middle && low % 2 == 0 ? low : low + 1;
            foreach (var sign in new[] { 1, -1 })
            {
                var bytes = new byte[2];
                StoredValues.Write(DType.BF16, [sign * value], bytes);
                Assert.Equal((ushort)(expected | (sign < 0 ? 0x8000 : 0)), MemoryMarshal.Read<ushort>(bytes));
            }
        }

        static double Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    [Fact]
    public void F16_is_rounded_once()
    {
        // A little above the middle of 1 and its successor: a float in between would land on the middle, and the tie on 1.
        var bytes = new byte[2];
        var middle = 1 + Math.ScaleB(1, -11);
        StoredValues.Write(DType.F16, [middle + Math.ScaleB(1, -40)], bytes);
        Assert.Equal(BitConverter.HalfToUInt16Bits((Half)1f) + 1, MemoryMarshal.Read<ushort>(bytes));
        StoredValues.Write(DType.F16, [middle], bytes);
        Assert.Equal(BitConverter.HalfToUInt16Bits((Half)1f), MemoryMarshal.Read<ushort>(bytes));
    }

    [Theory]
    [InlineData(DType.F64)]
    [InlineData(DType.F32)]
    [InlineData(DType.F16)]
    [InlineData(DType.BF16)]
    public void Special_values_stay_what_they_are(DType dtype)
    {
        var size = dtype.Bits() / 8;
        var bytes = new byte[5 * size];
        StoredValues.Write(dtype, [0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN], bytes);
        var back = Enumerable.Range(0, 5).Select(i => dtype switch
        {
            DType.F64 => BitConverter.ToDouble(bytes, i * 8),
            DType.F32 => BitConverter.ToSingle(bytes, i * 4),
            DType.F16 => (double)BitConverter.ToHalf(bytes, i * 2),
            _ => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, i * 2) << 16),
        }).ToArray();
        Assert.Equal([0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN], back);
        Assert.True(double.IsNegative(back[1]));
    }

    [Fact]
    public void Sums_equal_the_plain_loop() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 40).ToArbitrary(), length =>
    {
        var random = new Random(length);
        double[] x = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() - .5)], y = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() - .5)];
        var expected = 0.0;
        for (var i = 0; i < length; i++) expected += x[i] * y[i];
        return Math.Abs(DoubleVectors.Dot(x, y) - expected) <= 1e-15 * (length + 1);
    }));

    [Fact]
    public void Two_maps_are_one_after_the_other() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(1, 9).ToArbitrary(), width =>
    {
        var random = new Random(width);
        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - .5)];
        var (first, second) = (new ResidualMap(width, Draw(2 * width), Draw(2 * width), Draw(width)), new ResidualMap(width, Draw(3 * width), Draw(3 * width), Draw(width)));
        var y = Draw(width);
        return Apply(first.Then(second), y).Zip(Apply(second, Apply(first, y)), (a, b) => Math.Abs(a - b)).Max() <= 1e-13;

        double[] Apply(ResidualMap map, double[] x)
        {
            var result = (double[])x.Clone();
            for (var k = 0; k < map.Rank; k++)
            {
                var part = Enumerable.Range(0, width).Sum(i => map.Right[k * width + i] * x[i]);
                for (var i = 0; i < width; i++) result[i] -= part * map.Left[k * width + i];
            }
            for (var i = 0; i < width; i++) result[i] += map.Offset![i];
            return result;
        }
    }));
}
