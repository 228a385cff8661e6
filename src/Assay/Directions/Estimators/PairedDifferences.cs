using System.Numerics.Tensors;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>Leading right singular vectors of the pairs' differences D, (pairs, d): through DᵀD or DDᵀ, whichever is smaller.</summary>
internal static class PairedDifferences
{
    /// <summary>Finds them.</summary>
    /// <param name="rows">The samples.</param>
    /// <param name="centred">Whether the mean difference is taken off first.</param>
    /// <param name="count">Vectors wanted at most.</param>
    /// <returns>Singular values, descending, and unit vectors, turned towards the targets; those of value 0 are left out.</returns>
    public static (double[] Values, double[][] Vectors) Decompose(ContrastRows rows, bool centred, int count)
    {
        var (values, vectors) = rows.Width <= rows.Pairs ? ByColumns(rows, centred, count) : ByRows(rows, centred, count);
        var mean = new double[rows.Width];
        foreach (var row in Differences(rows)) TensorPrimitives.Add(mean, row, mean);
        foreach (var vector in vectors)
            if (DoubleVectors.Dot(vector, mean) < 0) TensorPrimitives.Negate(vector, vector);
        return (values, vectors);
    }

    private static (double[] Values, double[][] Vectors) ByColumns(ContrastRows rows, bool centred, int count)
    {
        var width = rows.Width;
        var differences = Differences(rows);
        if (centred)
        {
            var mean = new double[width];
            foreach (var row in differences) TensorPrimitives.Add(mean, row, mean);
            TensorPrimitives.Divide(mean, differences.Length, mean);
            foreach (var row in differences) TensorPrimitives.Subtract(row, mean, row);
        }

        var gram = new double[width * width];
        for (var i = 0; i < width; i++)
        {
            var to = gram.AsSpan(i * width + i, width - i);
            foreach (var row in differences) TensorPrimitives.FusedMultiplyAdd(row.AsSpan(i), row[i], to, to);
            for (var j = i + 1; j < width; j++) gram[j * width + i] = gram[i * width + j];
        }

        var (squares, vectors) = LeadingEigen.Find(gram, width, count);
        var rank = Rank(squares);
        return ([.. squares.Take(rank).Select(Math.Sqrt)], vectors[..rank]);
    }

    // The samples' dot products hold all that DDᵀ needs, so that shuffled labels cost n² and not n²d.
    private static (double[] Values, double[][] Vectors) ByRows(ContrastRows rows, bool centred, int count)
    {
        var (n, samples, products) = (rows.Pairs, rows.Samples, rows.Gram());
        var gram = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            var (a, b) = rows.PairAt(i);
            for (var j = i; j < n; j++)
            {
                var (c, d) = rows.PairAt(j);
                gram[i * n + j] = gram[j * n + i] = products[a * samples + c] - products[a * samples + d] - products[b * samples + c] + products[b * samples + d];
            }
        }

        if (centred)
        {
            var means = new double[n];
            for (var i = 0; i < n; i++) means[i] = DoubleVectors.Sum(gram.AsSpan(i * n, n)) / n;
            var mean = DoubleVectors.Sum(means) / n;
            for (var i = 0; i < n; i++)
                for (var j = 0; j < n; j++) gram[i * n + j] += mean - means[i] - means[j];
        }

        var (squares, weights) = LeadingEigen.Find(gram, n, count);
        var rank = Rank(squares);
        var vectors = new double[rank][];
        for (var k = 0; k < rank; k++)
        {
            // v = Dᵀu / σ; of centred differences the weights sum to 0, so that D itself will do.
            var vector = vectors[k] = new double[rows.Width];
            for (var i = 0; i < n; i++)
            {
                TensorPrimitives.FusedMultiplyAdd(rows.Target(i), weights[k][i], vector, vector);
                TensorPrimitives.FusedMultiplyAdd(rows.Baseline(i), -weights[k][i], vector, vector);
            }

            TensorPrimitives.Divide(vector, DoubleVectors.Norm(vector), vector);
        }

        return ([.. squares.Take(rank).Select(Math.Sqrt)], vectors);
    }

    private static double[][] Differences(ContrastRows rows)
    {
        var differences = new double[rows.Pairs][];
        for (var i = 0; i < differences.Length; i++)
        {
            differences[i] = new double[rows.Width];
            TensorPrimitives.Subtract(rows.Target(i), rows.Baseline(i), differences[i]);
        }

        return differences;
    }

    // Squares below the rounding of the sums that gave them are noise of this program.
    private static int Rank(double[] squares) => squares.Count(s => s > 1e-13 * squares[0] && s > 0);
}
