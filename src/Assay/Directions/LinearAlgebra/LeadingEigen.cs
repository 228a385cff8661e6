using System.Numerics.Tensors;
using Assay.Models.Sampling;

namespace Assay.Directions.LinearAlgebra;

/// <summary>The largest eigenvalues of a symmetric positive semidefinite matrix with their vectors, where all of them would cost too much.</summary>
/// <remarks>Lanczos 1950 with full reorthogonalisation (Golub and Van Loan, "Matrix Computations", §10.3), as many steps as the residuals ask for; the start is a fixed function of
/// the place, so that equal input gives equal bits.</remarks>
internal static class LeadingEigen
{
    private const double Tolerance = 1e-11; // Of residuals, relative to the largest eigenvalue.

    /// <summary>Decomposes as far as asked.</summary>
    /// <param name="matrix">(n, n), symmetric positive semidefinite and finite; not changed.</param>
    /// <param name="n">Order.</param>
    /// <param name="count">Pairs wanted; fewer come back where the rank is smaller.</param>
    /// <returns>Values, descending, and a vector of unit length for each.</returns>
    public static (double[] Values, double[][] Vectors) Find(double[] matrix, int n, int count)
    {
        count = Math.Min(count, n);
        var basis = new List<double[]>(); // Orthonormal.
        var (diagonal, beside) = (new List<double>(), new List<double>());
        var next = new double[n];
        for (var i = 0; i < n; i++) next[i] = CounterRandom.Uniform(0, i, 0) - .5;
        var length = TensorPrimitives.Norm<double>(next);
        for (var check = Math.Min(n, 2 * count + 20); ;)
        {
            TensorPrimitives.Divide(next, length, next);
            var q = next;
            basis.Add(q);
            next = new double[n];
            for (var i = 0; i < n; i++) next[i] = TensorPrimitives.Dot<double>(matrix.AsSpan(i * n, n), q);
            diagonal.Add(TensorPrimitives.Dot<double>(next, q));
            for (var round = 0; round < 2; round++)
                foreach (var other in basis) TensorPrimitives.FusedMultiplyAdd(other, -TensorPrimitives.Dot<double>(other, next), next, next);
            length = TensorPrimitives.Norm<double>(next);
            var exhausted = basis.Count == n || length <= Tolerance * diagonal.Max(Math.Abs);
            if (basis.Count < check && !exhausted)
            {
                beside.Add(length);
                continue;
            }

            var m = basis.Count;
            var small = new double[m * m];
            for (var i = 0; i < m; i++)
            {
                small[i * m + i] = diagonal[i];
                if (i + 1 < m) small[i * m + i + 1] = small[(i + 1) * m + i] = beside[i];
            }

            var (values, rotations) = SymmetricEigen.Decompose(small, m);
            var found = Math.Min(count, m);
            // The residual of a Ritz vector is the last entry of its rotation times the length left over.
            if (exhausted || Enumerable.Range(0, found).All(i => length * Math.Abs(rotations[i * m + m - 1]) <= Tolerance * values[0]))
                return ([.. values.Take(found)], [.. Enumerable.Range(0, found).Select(i => Combine(basis, rotations.AsSpan(i * m, m)))]);
            beside.Add(length);
            check = Math.Min(n, check + check / 2);
        }
    }

    private static double[] Combine(List<double[]> basis, ReadOnlySpan<double> weights)
    {
        var sum = new double[basis[0].Length];
        for (var k = 0; k < basis.Count; k++) TensorPrimitives.FusedMultiplyAdd(basis[k], weights[k], sum, sum);
        return sum;
    }
}
