using Assay.Directions.LinearAlgebra;

namespace Assay.Tests.Directions.LinearAlgebra;

/// <summary>Sums in float64: eight chains and a fixed tree, element for element.</summary>
public sealed class DoubleVectorsTests
{
    private static double Reference(int count, Func<int, double, double> add)
    {
        var lanes = new double[8];
        for (var i = 0; i < count; i++) lanes[i % 8] = add(i, lanes[i % 8]);
        return lanes[0] + lanes[1] + (lanes[2] + lanes[3]) + (lanes[4] + lanes[5] + (lanes[6] + lanes[7]));
    }

    [Fact]
    public void Sums_have_the_bits_of_their_definition_at_any_width()
    {
        var random = new Random(3);
        for (var width = 0; width <= 200; width++)
        {
            double[] x = [.. Enumerable.Range(0, width).Select(_ => random.NextDouble() - .5)],
                y = [.. Enumerable.Range(0, width).Select(_ => random.NextDouble() - .5)];
            Assert.Equal(Reference(width, (i, sum) => Math.FusedMultiplyAdd(x[i], y[i], sum)), DoubleVectors.Dot(x, y));
            Assert.Equal(Reference(width, (i, sum) => sum + x[i]), DoubleVectors.Sum(x));
            Assert.Equal(Math.Sqrt(Reference(width, (i, sum) => Math.FusedMultiplyAdd(x[i] - y[i], x[i] - y[i], sum))), DoubleVectors.Distance(x, y));
        }

        Assert.Equal(.6, DoubleVectors.Cosine([3, 4], [1, 0]), 1e-15);
    }
}
