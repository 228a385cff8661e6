using Assay.Models.Kernels;
using Assay.Models.Sampling;

namespace Assay.Directions.LinearAlgebra;

/// <summary>Singular values and leading singular vectors of a matrix that is read by tiles.</summary>
/// <remarks>Up to a smaller side of <see cref="ExactSide"/>: eigenvalues of the Gram matrix of the smaller side, which resolves σ down to about 1e-7 of
/// the largest. Beyond: the randomised range finder with subspace iteration of Halko, Martinsson and Tropp 2011 (arXiv 0909.4061, algorithms 4.4 and 5.1)
/// with random signs as test vectors; a subspace is orthonormalised through its own Gram matrix (Stathopoulos and Wu 2002, "A block orthogonalization
/// procedure with constant synchronization requirements"), twice. The test vectors are a function of their place alone, so that equal input gives equal bits.</remarks>
internal static class SpectrumSolver
{
    /// <summary>Largest smaller side for which all singular values are computed.</summary>
    public const int ExactSide = 256;

    /// <summary>Test vectors beyond the number of singular values that are looked for (Halko et al., §4.2: 5 to 10).</summary>
    public const int Oversampling = 8;

    private const int PowerIterations = 2;

    // Directions whose energy is below the rounding of the sums that gave it are noise of this program.
    private const double Resolved = 1e-14;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">A, finite.</param>
    /// <param name="vectors">Singular vectors wanted at most.</param>
    /// <param name="testVectors">Test vectors where the spectrum is sampled.</param>
    /// <param name="team">Threads.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    public static Spectrum Solve(IMatrixSource matrix, int vectors, int testVectors, WorkTeam team, CancellationToken cancellation = default) =>
        Math.Min(matrix.Rows, matrix.Columns) <= Math.Max(ExactSide, testVectors)
            ? Exact(matrix, vectors, team, cancellation)
            : Sampled(matrix, vectors, testVectors, team, cancellation);

    internal static Spectrum Exact(IMatrixSource matrix, int vectors, WorkTeam team, CancellationToken cancellation)
    {
        var n = Math.Min(matrix.Rows, matrix.Columns);
        var width = TiledProduct.Padded(n);
        var (squares, vectorsOfSmall) = SymmetricEigen.Decompose(Unpadded(TiledProduct.Gram(matrix, team, cancellation), n, width), n);
        var values = squares.Select(s => Math.Sqrt(Math.Max(0, s))).ToArray();
        var count = Math.Min(vectors, values.Count(v => v > 0 && v * v > Resolved * squares[0]));
        var small = Enumerable.Range(0, count).Select(i => vectorsOfSmall.AsSpan(i * n, n).ToArray()).ToArray();
        var tall = matrix.Rows >= matrix.Columns;
        var large = Normalised(TiledProduct.Multiply(matrix, !tall, Columns(small, n), TiledProduct.Padded(count), team, cancellation), count);
        return tall ? new Spectrum(values, large, small, true, 0) : new Spectrum(values, small, large, true, 0);
    }

    internal static Spectrum Sampled(IMatrixSource matrix, int vectors, int testVectors, WorkTeam team, CancellationToken cancellation)
    {
        // The subspace is of the longer side, so that the shorter one, which is decomposed at the end, costs less.
        var tall = matrix.Rows >= matrix.Columns;
        var (length, n) = tall ? (matrix.Rows, matrix.Columns) : (matrix.Columns, matrix.Rows);
        var width = TiledProduct.Padded(testVectors);
        var onShort = Signs(n, width);
        double[] onLong = [];
        for (var iteration = 0; iteration <= PowerIterations; iteration++)
        {
            onLong = Orthonormal(TiledProduct.Multiply(matrix, !tall, onShort, width, team, cancellation), length, width, team, cancellation);
            onShort = TiledProduct.Multiply(matrix, tall, onLong, width, team, cancellation);
            if (iteration < PowerIterations) onShort = Orthonormal(onShort, n, width, team, cancellation);
        }

        // B = AᵀQ, (n, width): its singular values are those of the projection QQᵀA, each at most the true one.
        var gram = TiledProduct.Gram(new DenseMatrix(onShort, n, width, width), team, cancellation);
        var (squares, rotations) = SymmetricEigen.Decompose(gram, width);
        var values = squares.Select(s => Math.Sqrt(Math.Max(0, s))).ToArray();
        var count = Math.Min(vectors, values.Count(v => v > 0 && v * v > Resolved * squares[0]));
        var rotation = Columns(Enumerable.Range(0, count).Select(i => rotations.AsSpan(i * width, width).ToArray()).ToArray(), width);
        var padded = TiledProduct.Padded(count);
        var large = Normalised(TiledProduct.Multiply(new DenseMatrix(onLong, length, width, width), false, rotation, padded, team, cancellation), count);
        var small = Normalised(TiledProduct.Multiply(new DenseMatrix(onShort, n, width, width), false, rotation, padded, team, cancellation), count);
        return tall ? new Spectrum(values, large, small, false, testVectors) : new Spectrum(values, small, large, false, testVectors);
    }

    /// <summary>An orthonormal basis of the columns' span; columns that add nothing become 0.</summary>
    private static double[] Orthonormal(double[] block, int rows, int width, WorkTeam team, CancellationToken cancellation)
    {
        for (var round = 0; round < 2; round++)
        {
            var gram = TiledProduct.Gram(new DenseMatrix(block, rows, width, width), team, cancellation);
            var (values, vectors) = SymmetricEigen.Decompose(gram, width);
            var rotation = new double[width * width];
            for (var i = 0; i < width; i++)
            {
                if (!(values[i] > Resolved * values[0])) continue;
                var factor = 1 / Math.Sqrt(values[i]);
                for (var k = 0; k < width; k++) rotation[k * width + i] = vectors[i * width + k] * factor;
            }

            block = TiledProduct.Multiply(new DenseMatrix(block, rows, width, width), false, rotation, width, team, cancellation);
        }

        return block;
    }

    private static double[] Signs(int rows, int width)
    {
        var signs = new double[rows * width];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < width; j++) signs[i * width + j] = CounterRandom.Uniform(0, i, j) < .5 ? -1 : 1;
        return signs;
    }

    /// <summary>Vectors as the columns of a dense operand, (n, padded).</summary>
    private static double[] Columns(double[][] vectors, int n)
    {
        var width = TiledProduct.Padded(vectors.Length);
        var columns = new double[n * width];
        for (var j = 0; j < vectors.Length; j++)
            for (var i = 0; i < n; i++) columns[i * width + j] = vectors[j][i];
        return columns;
    }

    /// <summary>The first columns of a dense operand, each scaled to unit length.</summary>
    private static double[][] Normalised(double[] columns, int count)
    {
        if (count == 0) return [];
        var width = TiledProduct.Padded(count);
        var vectors = new double[count][];
        for (var j = 0; j < count; j++)
        {
            var vector = vectors[j] = new double[columns.Length / width];
            double square = 0;
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] = columns[i * width + j];
                square += vector[i] * vector[i];
            }

            var length = Math.Sqrt(square);
            if (length > 0) for (var i = 0; i < vector.Length; i++) vector[i] /= length;
        }

        return vectors;
    }

    private static double[] Unpadded(double[] matrix, int n, int width)
    {
        if (n == width) return matrix;
        var compact = new double[n * n];
        for (var i = 0; i < n; i++) Array.Copy(matrix, i * width, compact, i * n, n);
        return compact;
    }
}
