using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

/// <summary>Products of rows: each bit as the definition says, whatever the processor.</summary>
public sealed class RowProductsTests
{
    private static float[] Row(int width, Random random) => [.. Enumerable.Range(0, width).Select(_ => (float)((random.NextDouble() - .5) * Math.Pow(2, random.Next(-20, 20))))];

    /// <summary>16 lanes in float64, halves added until one is left, then the rest.</summary>
    private static float Reference(float[] x, float[] y)
    {
        var lanes = new double[16];
        var whole = x.Length / 16 * 16;
        for (var i = 0; i < whole; i++) lanes[i % 16] += (double)x[i] * y[i];
        double[] eight = [.. Enumerable.Range(0, 8).Select(l => lanes[l] + lanes[l + 8])];
        double[] four = [.. Enumerable.Range(0, 4).Select(l => eight[l] + eight[l + 4])];
        var tail = 0.0;
        for (var i = whole; i < x.Length; i++) tail += (double)x[i] * y[i];
        return (float)(four[0] + four[2] + (four[1] + four[3]) + tail);
    }

    [Fact]
    public void A_product_has_the_bits_of_its_definition_at_any_width()
    {
        var random = new Random(1);
        for (var width = 0; width <= 600; width++)
        {
            var (x, y) = (Row(width, random), Row(width, random));
            Assert.Equal(BitConverter.SingleToInt32Bits(Reference(x, y)), BitConverter.SingleToInt32Bits(RowProducts.Dot(x, y)));
            var (sum, a) = (Row(width, random), Row(1, random)[0]);
            float[] want = [.. sum.Select((s, i) => MathF.FusedMultiplyAdd(a, x[i], s))];
            RowProducts.AddScaled(a, x, sum);
            Assert.Equal(want, sum);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => RowProducts.Dot(new float[3], new float[4]));
    }
}
