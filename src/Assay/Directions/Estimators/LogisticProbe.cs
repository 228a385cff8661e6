using System.Numerics.Tensors;
using Assay.Directions.LinearAlgebra;
using Assay.Models.Kernels;

namespace Assay.Directions.Estimators;

/// <summary>The weights of a logistic regression that tells the two sides apart: a read-out.</summary>
/// <remarks>Least Σ log(1 + exp(−y(wᵀx + b))) + ‖w‖²/(2C), the intercept unpenalised, by Newton's method with step halving.</remarks>
/// <param name="inversePenalty">C.</param>
/// <param name="oblique">Whether the difference of means is removed along the read-out; otherwise the read-out itself is removed orthogonally.</param>
public sealed class LogisticProbe(double inversePenalty = 1, bool oblique = true) : DirectionEstimator
{
    private const int MostSteps = 100;
    private const double Converging = 1e-9; // A decrease below this share of the loss: one more step squares it.

    /// <inheritdoc/>
    public override string Name => oblique ? "logistic" : "logistic_orthogonal";

    /// <inheritdoc/>
    public override string Source => "Alain and Bengio 2016, \"Understanding intermediate layers using linear classifier probes\" (arXiv 1610.01644)";

    /// <inheritdoc/>
    public override string Summary => "The weights of an L2-penalised logistic regression.";

    /// <inheritdoc/>
    public override EstimatedComponents Fit(ContrastRows rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var moments = rows.Moments(covariance: false);
        // The penalty keeps the weights within the samples' span, which of fewer samples than dimensions is the smaller space.
        var span = rows.SpanIsSmaller ? rows.InSpan() : rows;
        var (weights, _) = Regress(span, span.Moments(covariance: false).Mean());
        if (span != rows) weights = rows.FromSpan(weights);
        return oblique ? new EstimatedComponents([moments.Difference()], [weights], moments.Mean()) : new EstimatedComponents([weights]);
    }

    /// <summary>Weights and intercept, for samples as they are.</summary>
    /// <param name="rows">The samples.</param>
    /// <param name="centre">(d): subtracted from each while it is solved, so that the intercept and the weights hardly depend on each other.</param>
    internal (double[] Weights, double Intercept) Regress(ContrastRows rows, double[] centre)
    {
        var (width, count) = (rows.Width, rows.Targets + rows.Baselines);
        var (order, penalty) = (width + 1, 1 / inversePenalty);
        var samples = new double[count][]; // Each with a last 1 for the intercept.
        for (var i = 0; i < count; i++)
        {
            samples[i] = new double[order];
            TensorPrimitives.Subtract(i < rows.Targets ? rows.Target(i) : rows.Baseline(i - rows.Targets), centre, samples[i].AsSpan(0, width));
            samples[i][width] = 1;
        }

        var at = new double[order];
        var (loss, scores) = Loss(at);
        using var alone = new WorkTeam(1); // Shuffles run side by side already.
        var padded = Math.Max(count, order); // The product takes the shorter side: rows of zeros keep that the columns.
        var scaled = new double[padded * order];
        var stride = TiledProduct.Padded(order);
        for (var step = 0; step < MostSteps; step++)
        {
            var gradient = new double[order];
            TensorPrimitives.Multiply(at.AsSpan(0, width), penalty, gradient.AsSpan(0, width));
            for (var i = 0; i < count; i++)
            {
                var p = 1 / (1 + Math.Exp(-scores[i]));
                TensorPrimitives.FusedMultiplyAdd(samples[i], p - (i < rows.Targets ? 1 : 0), gradient, gradient);
                TensorPrimitives.Multiply(samples[i], Math.Sqrt(p * (1 - p)), scaled.AsSpan(i * order, order));
            }

            var product = TiledProduct.Gram(new DenseMatrix(scaled, padded, order, order), alone, CancellationToken.None);
            var hessian = new double[order * order];
            for (var j = 0; j < order; j++)
            {
                product.AsSpan(j * stride, order).CopyTo(hessian.AsSpan(j * order));
                if (j < width) hessian[j * order + j] += penalty;
            }

            if (Cholesky.Factor(hessian, order) is not { } factor) break;
            var direction = factor.Solve(gradient);
            var decrease = DoubleVectors.Dot(direction, gradient);
            var last = decrease <= Converging * (1 + loss);
            var moved = false;
            for (var length = 1.0; length > 1e-9 && !moved; length /= 2)
            {
                var trial = new double[order];
                TensorPrimitives.FusedMultiplyAdd(direction, -length, at, trial);
                var (trialLoss, trialScores) = Loss(trial);
                // The last step is below the rounding of the loss.
                if (!last && !(trialLoss <= loss - 1e-4 * length * decrease)) continue;
                (at, loss, scores, moved) = (trial, trialLoss, trialScores, true);
            }

            if (last || !moved) break;
        }

        var weights = at[..width];
        return (weights, at[width] - DoubleVectors.Dot(weights, centre));

        (double Loss, double[] Scores) Loss(double[] x)
        {
            var values = new double[count];
            var sum = penalty / 2 * DoubleVectors.Dot(x.AsSpan(0, width), x.AsSpan(0, width));
            for (var i = 0; i < count; i++)
            {
                values[i] = DoubleVectors.Dot(samples[i], x);
                var margin = i < rows.Targets ? values[i] : -values[i];
                sum += Math.Max(0, -margin) + Math.Log(1 + Math.Exp(-Math.Abs(margin)));
            }

            return (sum, values);
        }
    }
}
