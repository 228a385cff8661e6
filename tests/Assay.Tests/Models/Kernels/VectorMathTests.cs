using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed class VectorMathTests
{
    [Fact]
    public void Exp_of_floats_is_within_its_stated_error()
    {
        for (var i = -870000; i <= 887000; i += 7)
        {
            var x = i * 1e-4f;
            var got = VectorMath.Exp(Vector512.Create(x))[0];
            var want = Math.Exp(x);
            if (want is > 1e-37 and < 3e38) Assert.True(Math.Abs(got - want) <= 2e-7 * want, $"exp({x:r}) = {got:r}, not {want:r}");
        }
    }

    [Theory]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(-88f, 0f)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(89f, float.PositiveInfinity)]
    [InlineData(0f, 1f)]
    public void Exp_of_floats_at_the_ends(float x, float want) => Assert.Equal(want, VectorMath.Exp(Vector512.Create(x))[3]);

    [Fact]
    public void One_double_is_as_a_lane_and_the_ends_are_those_of_the_library()
    {
        for (var x = -700.0; x < 700; x += .37)
        {
            Assert.Equal(VectorMath.Exp(Vector512.Create(x))[5], VectorMath.Exp(x));
            Assert.Equal(VectorMath.Log(Vector512.Create(Math.Exp(x)))[5], VectorMath.Log(Math.Exp(x)));
        }

        Assert.Equal(0, VectorMath.Log(1.0));
        Assert.Equal(1, VectorMath.Exp(0.0));
        foreach (var x in (double[])[0, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon]) Assert.Equal(Math.Log(x),
            VectorMath.Log(x));
        Assert.Equal(0, VectorMath.Exp(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, VectorMath.Exp(double.PositiveInfinity));
        Assert.True(double.IsNaN(VectorMath.Exp(double.NaN)));
    }

    [Fact]
    public void Exp_carries_nan()
    {
        Assert.True(float.IsNaN(VectorMath.Exp(Vector512.Create(float.NaN))[0]));
        Assert.True(double.IsNaN(VectorMath.Exp(Vector512.Create(double.NaN))[0]));
    }

    [Fact]
    public void Exp_and_log_of_doubles_are_within_their_stated_error()
    {
        for (var i = -707000; i <= 708000; i += 13)
        {
            var x = i * 1e-3;
            var want = Math.Exp(x);
            Assert.True(Math.Abs(VectorMath.Exp(Vector512.Create(x))[0] - want) <= 1e-15 * want + double.Epsilon, $"exp({x:r})");
            Assert.True(Math.Abs(VectorMath.Log(Vector512.Create(want))[0] - x) <= 1e-15 * Math.Abs(x) + 4e-16, $"log(exp({x:r}))");
        }

        for (var i = -400; i <= 400; i++)
        {
            var x = 1 + i * 1e-3;
            Assert.True(Math.Abs(VectorMath.Log(Vector512.Create(x))[0] - Math.Log(x)) <= 3e-16, $"log({x:r})");
        }

        Assert.Equal(0, VectorMath.Log(Vector512<double>.One)[0]);
        Assert.Equal(1, VectorMath.Exp(Vector512<double>.Zero)[0]);
    }

    [Fact]
    public void Tanh_and_sigmoid_are_within_their_stated_error()
    {
        for (var i = -200000; i <= 200000; i += 3)
        {
            var x = i * 1e-4f;
            Assert.True(Math.Abs(VectorMath.Tanh(Vector512.Create(x))[0] - Math.Tanh(x)) <= 4e-7 * Math.Abs(Math.Tanh(x)), $"tanh({x:r})");
            Assert.True(Math.Abs(VectorMath.Sigmoid(Vector512.Create(x))[0] - 1 / (1 + Math.Exp(-(double)x))) <= 2e-7, $"sigmoid({x:r})");
        }
    }

    /// <summary>Values of erf to 15 digits from Abramowitz and Stegun, table 7.1, and of its complement beyond it.</summary>
    [Theory]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1, 0.8427007929497149)]
    [InlineData(2, 0.9953222650189527)]
    [InlineData(2.5, 0.9995930479825550)]
    [InlineData(3, 0.9999779095030014)]
    [InlineData(-1, -0.8427007929497149)]
    public void Erf_equals_the_tables(double x, double want) => Assert.Equal(want, VectorMath.Erf(x), 1e-14);

    [Fact]
    public void Erf_agrees_with_another_implementation()
    {
        for (var i = -700; i <= 700; i++) Assert.Equal(MathNet.Numerics.SpecialFunctions.Erf(i * .01), VectorMath.Erf(i * .01), 1e-14);
    }

    /// <summary>A processor without 512-bit vectors takes two halves: the same bits, those of every kind of NaN and of the ends among them.</summary>
    [Fact]
    public void Halves_have_the_bits_of_the_whole()
    {
        var random = new Random(11);
        Span<float> floats = stackalloc float[16];
        Span<double> doubles = stackalloc double[8];
        float[] odd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 88.8f, -87.4f, float.Epsilon, .45f, -.45f];
        for (var round = 0; round < 20_000; round++)
        {
            var scale = Math.Pow(10, random.Next(-6, 4));
            for (var i = 0; i < 16; i++) floats[i] = random.Next(20) == 0 ? odd[random.Next(odd.Length)] : (float)((random.NextDouble() - .5) * scale);
            for (var i = 0; i < 8; i++) doubles[i] = random.Next(20) == 0 ? odd[random.Next(odd.Length)] : (random.NextDouble() - .5) * scale;
            var (x, y) = (Vector512.Create<float>(floats), Vector512.Create<double>(doubles));
            Assert.Equal(VectorMath.WideExp(x).AsInt32(), Vector512.Create(VectorMath.Exp(x.GetLower()), VectorMath.Exp(x.GetUpper())).AsInt32());
            Assert.Equal(VectorMath.WideTanh(x).AsInt32(), Vector512.Create(VectorMath.Tanh(x.GetLower()), VectorMath.Tanh(x.GetUpper())).AsInt32());
            Assert.Equal(VectorMath.WideExp(y).AsInt64(), Vector512.Create(VectorMath.Exp(y.GetLower()), VectorMath.Exp(y.GetUpper())).AsInt64());
            var positive = Vector512.Abs(y) + Vector512.Create(1e-300);
            Assert.Equal(VectorMath.WideLog(positive).AsInt64(), Vector512.Create(VectorMath.Log(positive.GetLower()), VectorMath.Log(positive.GetUpper()))
                .AsInt64());
        }
    }
}
