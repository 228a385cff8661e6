using System.Numerics.Tensors;
using Assay.Models.Sampling;

namespace Assay.Directions.LinearAlgebra;

/// <summary>The largest eigenvalues of a symmetric positive semidefinite matrix with their vectors, where all of them would cost too much.</summary>
/// <remarks>Lanczos 1950 with full reorthogonalisation (Golub and Van Loan, "Matrix Computations", §10.3), as many steps as the residuals ask for; again upon what is orthogonal to the vectors
/// found, for equal eigenvalues; the start is a fixed function of
/// the place, so that equal input gives equal bits.</remarks>
internal static class LeadingEigen
{
    private const double Tolerance = 1e-11; // Of residuals, relative to the largest eigenvalue.
    private const double Repeated = 1e-13; // Values that differ by less of the largest are equal, or 0.

    /// <summary>Decomposes as far as asked.</summary>
    /// <param name="matrix">(n, n), symmetric positive semidefinite and finite; not changed.</param>
    /// <param name="n">Order.</param>
    /// <param name="count">Pairs wanted; fewer come back where the rank is smaller.</param>
    /// <returns>Values, descending, and orthonormal vectors, one for each.</returns>
    public static (double[] Values, double[][] Vectors) Find(double[] matrix, int n, int count)
    {
        count = Math.Min(count, n);
        var found = Lanczos(matrix, n, count, [], 0, 0);
        // From one start come the vectors of different values alone, of equal ones a single one: the largest is right, any other may stand where a repetition belongs.
        // So what is orthogonal to those found is searched from another start until it holds nothing larger.
        for (var round = 1; count > 1 && found.Count < n; round++)
        {
            var next = Lanczos(matrix, n, 1, found, found[0].Value, round)[0];
            var enough = found.Count == count;
            if (next.Value <= (enough ? found[^1].Value : 0) + Repeated * found[0].Value) break;
            if (enough) found.RemoveAt(count - 1);
            found.Insert(found.FindLastIndex(f => f.Value >= next.Value) + 1, next);
        }

        return ([.. found.Select(f => f.Value)], [.. found.Select(f => f.Vector)]);
    }

    /// <summary>Leading pairs of the matrix upon what is orthogonal to some of its eigenvectors.</summary>
    private static List<(double Value, double[] Vector)> Lanczos(double[] matrix, int n, int count, List<(double Value, double[] Vector)> locked, double scale, int round)
    {
        var basis = new List<double[]>(); // Orthonormal, and orthogonal to what is locked.
        var (diagonal, beside) = (new List<double>(), new List<double>());
        var order = n - locked.Count;
        var next = new double[n];
        for (var i = 0; i < n; i++) next[i] = CounterRandom.Uniform(round, i, 0) - .5;
        if (locked.Count > 0) Orthogonalise(next);
        var length = DoubleVectors.Norm(next);
        for (var check = Math.Min(order, 2 * count + 20); ;)
        {
            TensorPrimitives.Divide(next, length, next);
            var q = next;
            basis.Add(q);
            next = new double[n];
            for (var i = 0; i < n; i++) next[i] = DoubleVectors.Dot(matrix.AsSpan(i * n, n), q);
            diagonal.Add(DoubleVectors.Dot(next, q));
            Orthogonalise(next);
            length = DoubleVectors.Norm(next);
            var exhausted = basis.Count == order || length <= Tolerance * Math.Max(scale, diagonal.Max(Math.Abs));
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
            if (exhausted || Enumerable.Range(0, found).All(i => length * Math.Abs(rotations[i * m + m - 1]) <= Tolerance * Math.Max(scale, values[0])))
                return [.. Enumerable.Range(0, found).Select(i => (values[i], Combine(basis, rotations.AsSpan(i * m, m))))];
            beside.Add(length);
            check = Math.Min(order, check + check / 2);
        }

        void Orthogonalise(double[] vector)
        {
            for (var pass = 0; pass < 2; pass++)
            {
                foreach (var (_, other) in locked) TensorPrimitives.FusedMultiplyAdd(other, -DoubleVectors.Dot(other, vector), vector, vector);
                foreach (var other in basis) TensorPrimitives.FusedMultiplyAdd(other, -DoubleVectors.Dot(other, vector), vector, vector);
            }
        }
    }

    private static double[] Combine(List<double[]> basis, ReadOnlySpan<double> weights)
    {
        var sum = new double[basis[0].Length];
        for (var k = 0; k < basis.Count; k++) TensorPrimitives.FusedMultiplyAdd(basis[k], weights[k], sum, sum);
        return sum;
    }
}
