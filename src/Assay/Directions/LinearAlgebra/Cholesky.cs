using System.Numerics.Tensors;

namespace Assay.Directions.LinearAlgebra;

/// <summary>The factor L of a symmetric positive definite matrix A = L Lᵀ, and what is solved with it.</summary>
/// <remarks>Row by row (Cholesky–Banachiewicz): Golub and Van Loan, "Matrix Computations", §4.2. O(n³/6).</remarks>
internal sealed class Cholesky
{
    private readonly double[] _factor;
    private readonly int _n;

    private Cholesky(double[] factor, int n) => (_factor, _n) = (factor, n);

    /// <summary>Factors a matrix; null where it is not positive definite beyond rounding.</summary>
    /// <param name="matrix">(n, n), symmetric; not changed.</param>
    /// <param name="n">Order.</param>
    public static Cholesky? Factor(ReadOnlySpan<double> matrix, int n)
    {
        var l = new double[n * n];
        double largest = 0;
        for (var i = 0; i < n; i++) largest = Math.Max(largest, matrix[i * n + i]);
        for (var i = 0; i < n; i++)
        {
            var row = l.AsSpan(i * n, n);
            for (var j = 0; j < i; j++)
            {
                var other = l.AsSpan(j * n, n);
                row[j] = (matrix[i * n + j] - DoubleVectors.Dot(row[..j], other[..j])) / other[j];
            }

            var rest = matrix[i * n + i] - DoubleVectors.Dot(row[..i], row[..i]);
            // Less than this is what rounding leaves of 0.
            if (!(rest > 1e-14 * n * largest)) return null;
            row[i] = Math.Sqrt(rest);
        }

        return new Cholesky(l, n);
    }

    /// <summary>x with A x = b.</summary>
    public double[] Solve(ReadOnlySpan<double> b)
    {
        var x = b.ToArray();
        for (var i = 0; i < _n; i++) x[i] = (x[i] - DoubleVectors.Dot(_factor.AsSpan(i * _n, i), x.AsSpan(0, i))) / _factor[i * _n + i];
        for (var i = _n - 1; i >= 0; i--)
        {
            x[i] /= _factor[i * _n + i];
            TensorPrimitives.FusedMultiplyAdd(_factor.AsSpan(i * _n, i), -x[i], x.AsSpan(0, i), x.AsSpan(0, i));
        }

        return x;
    }
}
