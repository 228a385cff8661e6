using System.Numerics.Tensors;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>The difference of the two sides' geometric medians: few far samples move it little.</summary>
/// <remarks>Weiszfeld's iteration with the step at a sample that Vardi and Zhang give.</remarks>
public sealed class GeometricMedianDifference : DirectionEstimator
{
    private const int MostIterations = 2000;

    /// <inheritdoc/>
    public override string Name => "geometric_median";

    /// <inheritdoc/>
    public override string Source => "Vardi and Zhang 2000, \"The multivariate L1-median and associated data depth\", PNAS 97(4)";

    /// <inheritdoc/>
    public override string Summary => "The difference of the two sides' geometric medians.";

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var difference = Median(rows.Targets, rows.Target, rows.Width);
        TensorPrimitives.Subtract(difference, Median(rows.Baselines, rows.Baseline, rows.Width), difference);
        return new EstimatedComponents([difference]);
    }

    /// <summary>The point from which the sum of the distances to all samples is least.</summary>
    internal static double[] Median(int count, SampleRow row, int width)
    {
        var at = new double[width];
        for (var i = 0; i < count; i++) TensorPrimitives.Add(at, row(i), at);
        TensorPrimitives.Divide(at, count, at);
        var (sum, away) = (new double[width], new double[width]);
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            double weights = 0;
            var here = 0;
            Array.Clear(sum);
            for (var i = 0; i < count; i++)
            {
                var distance = DoubleVectors.Distance(row(i), at);
                if (distance == 0)
                {
                    here++;
                    continue;
                }

                weights += 1 / distance;
                TensorPrimitives.FusedMultiplyAdd(row(i), 1 / distance, sum, sum);
            }

            if (weights == 0) return at;
            // Where the iteration wants to go, and how hard the samples that are here already hold it back.
            TensorPrimitives.Divide(sum, weights, sum);
            TensorPrimitives.Subtract(sum, at, away);
            var step = DoubleVectors.Norm(away);
            var pull = step * weights;
            if (pull <= here) return at;
            TensorPrimitives.FusedMultiplyAdd(away, 1 - here / pull, at, at);
            if (step <= 1e-13 * DoubleVectors.Norm(at)) return at;
        }

        return at;
    }
}
