using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

/// <summary>Products of rows: each bit as the definition says, whatever the processor.</summary>
public sealed class RowProductsTests
{
    private static float[] Row(int width, Random random) => [.. Enumerable.Range(0, width)
        .Select(_ => (float)((random.NextDouble() - .5) * Math.Pow(2, random.Next(-20, 20))))];

    /// <summary>16 lanes in float64, halves added until one is left, then the rest.</summary>
    private static double Reference(float[] x, float[] y)
    {
        var lanes = new double[16];
        var whole = x.Length / 16 * 16;
        for (var i = 0; i < whole; i++) lanes[i % 16] += (double)x[i] * y[i];
        double[] eight = [.. Enumerable.Range(0, 8).Select(l => lanes[l] + lanes[l + 8])];
        double[] four = [.. Enumerable.Range(0, 4).Select(l => eight[l] + eight[l + 4])];
        var tail = 0.0;
        for (var i = whole; i < x.Length; i++) tail += (double)x[i] * y[i];
        return four[0] + four[2] + (four[1] + four[3]) + tail;
    }

    [Fact]
    public void A_product_has_the_bits_of_its_definition_at_any_width()
    {
        var random = new Random(1);
        for (var width = 0; width <= 600; width++)
        {
            var (x, y) = (Row(width, random), Row(width, random));
            Assert.Equal(Reference(x, y), RowProducts.Dot(x, y));
            var (row, offset) = (Row(width, random), width % 2 == 0 ? Row(width, random) : []);
            double p = random.NextDouble() - .5, q = random.NextDouble() - .5;
            float[] want = [.. row.Select((r, i) => (float)(Math.FusedMultiplyAdd(-q, y[i], Math.FusedMultiplyAdd(-p, x[i], r))
                + (offset.Length > 0 ? offset[i] : 0.0)))];
            RowProducts.Subtract([p, q], [.. x, .. y], offset, row);
            Assert.Equal(want, row);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => RowProducts.Dot(new float[3], new float[4]));
    }
}
