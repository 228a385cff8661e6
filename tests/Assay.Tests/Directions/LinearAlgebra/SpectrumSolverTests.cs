using Assay.Directions.LinearAlgebra;
using Assay.Models.Kernels;
using MathNet.Numerics.LinearAlgebra;

namespace Assay.Tests.Directions.LinearAlgebra;

public sealed class SpectrumSolverTests : IDisposable
{
    private readonly WorkTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    private static double[] Gaussian(int count, int seed)
    {
        var random = new Random(seed);
        var values = new double[count];
        for (var i = 0; i < count; i++) values[i] = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return values;
    }

    /// <summary>A matrix with the given singular values.</summary>
    private static double[] WithValues(int rows, int columns, int seed, Func<int, double> value)
    {
        var build = Matrix<double>.Build;
        var n = Math.Min(rows, columns);
        var u = build.DenseOfRowMajor(rows, n, Gaussian(rows * n, seed)).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        var v = build.DenseOfRowMajor(columns, n, Gaussian(columns * n, seed + 1)).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        return (u * build.DenseDiagonal(n, n, value) * v.Transpose()).ToRowMajorArray();
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(8), InlineData(33), InlineData(96)]
    public void Eigenvalues_are_MathNets_and_vectors_are_orthonormal(int n)
    {
        var a = Matrix<double>.Build.DenseOfRowMajor(n, n, Gaussian(n * n, n));
        a += a.Transpose();
        var (values, vectors) = SymmetricEigen.Decompose(a.ToRowMajorArray(), n);
        var expected = a.Evd(Symmetricity.Symmetric).EigenValues.Select(v => v.Real).OrderDescending().ToArray();
        for (var i = 0; i < n; i++) Assert.Equal(expected[i], values[i], 1e-10 * n);
        var v = Matrix<double>.Build.DenseOfRowMajor(n, n, vectors);
        Assert.True((v * v.Transpose() - Matrix<double>.Build.DenseIdentity(n)).L2Norm() < 1e-11);
        Assert.True((v.Transpose() * Matrix<double>.Build.DenseOfDiagonalArray(values) * v - a).FrobeniusNorm() < 1e-10 * n);
    }

    [Fact]
    public void A_matrix_of_zeros_has_eigenvalues_0()
    {
        var (values, vectors) = SymmetricEigen.Decompose(new double[25], 5);
        Assert.All(values, v => Assert.Equal(0, v));
        Assert.Equal(5, vectors.Count(v => v == 1));
    }

    [Theory]
    [InlineData(1, 1), InlineData(2, 7), InlineData(64, 64), InlineData(40, 300), InlineData(300, 40), InlineData(129, 130)]
    public void All_singular_values_of_a_small_matrix_are_MathNets(int rows, int columns)
    {
        var values = Gaussian(rows * columns, rows * 1000 + columns);
        var oracle = Matrix<double>.Build.DenseOfRowMajor(rows, columns, values).Svd();
        var spectrum = SpectrumSolver.Solve(new DenseMatrix(values, rows, columns, columns), 4, 64, _team);
        Assert.True(spectrum.Exact);
        Assert.Equal(oracle.S.Count, spectrum.Values.Length);
        for (var i = 0; i < spectrum.Values.Length; i++) Assert.Equal(oracle.S[i], spectrum.Values[i], 1e-9 * oracle.S[0]);
        for (var i = 0; i < Math.Min(4, oracle.S.Count); i++)
        {
            Assert.Equal(1, Math.Abs(oracle.U.Column(i) * Vector<double>.Build.Dense(spectrum.Left[i])), 1e-8);
            Assert.Equal(1, Math.Abs(oracle.VT.Row(i) * Vector<double>.Build.Dense(spectrum.Right[i])), 1e-8);
            Assert.Equal(spectrum.Values[i], Vector<double>.Build.Dense(spectrum.Left[i]) * (Matrix<double>.Build.DenseOfRowMajor(rows, columns, values) * Vector<double>.Build.Dense(spectrum.Right[i])), 1e-9 * oracle.S[0]);
        }
    }

    [Theory, InlineData(320, 410), InlineData(410, 320)]
    public void Leading_singular_values_of_a_larger_matrix_are_MathNets(int rows, int columns)
    {
        // Twelve directions over a flat floor: what an edit leaves on top of rounding.
        var values = WithValues(rows, columns, 7, i => i < 12 ? 40 - 3 * i : 1);
        var oracle = Matrix<double>.Build.DenseOfRowMajor(rows, columns, values).Svd();
        var spectrum = SpectrumSolver.Solve(new DenseMatrix(values, rows, columns, columns), 12, 64, _team);
        Assert.False(spectrum.Exact);
        for (var i = 0; i < 12; i++)
        {
            Assert.InRange(spectrum.Values[i], oracle.S[i] * (1 - 1e-6), oracle.S[i] * (1 + 1e-12));
            Assert.Equal(1, Math.Abs(oracle.U.Column(i) * Vector<double>.Build.Dense(spectrum.Left[i])), 1e-5);
            Assert.Equal(1, Math.Abs(oracle.VT.Row(i) * Vector<double>.Build.Dense(spectrum.Right[i])), 1e-5);
        }

        Assert.All(spectrum.Values.Skip(12), v => Assert.InRange(v, 0, 1.000001));
    }

    [Theory, InlineData(300, 500), InlineData(500, 300)]
    public void A_matrix_of_exactly_low_rank_has_no_more(int rows, int columns)
    {
        var values = WithValues(rows, columns, 3, i => i < 3 ? 5 - i : 0);
        var spectrum = SpectrumSolver.Solve(new DenseMatrix(values, rows, columns, columns), 8, 64, _team);
        Assert.Equal([5.0, 4, 3], spectrum.Values.Take(3).Select(v => Math.Round(v, 9)));
        Assert.All(spectrum.Values.Skip(3), v => Assert.InRange(v, 0, 1e-6));
    }

    [Fact]
    public void Zeros_have_no_directions()
    {
        var spectrum = SpectrumSolver.Solve(new DenseMatrix(new double[300 * 400], 300, 400, 400), 8, 64, _team);
        Assert.All(spectrum.Values, v => Assert.Equal(0, v));
        Assert.Empty(spectrum.Left);
    }

    [Theory, InlineData(70, 300), InlineData(300, 500)]
    public void Threads_change_no_bit(int rows, int columns)
    {
        var matrix = new DenseMatrix(Gaussian(rows * columns, 5), rows, columns, columns);
        using var other = new WorkTeam(5);
        using var one = new WorkTeam(1);
        var (a, b, c) = (SpectrumSolver.Solve(matrix, 4, 64, one), SpectrumSolver.Solve(matrix, 4, 64, _team), SpectrumSolver.Solve(matrix, 4, 64, other));
        Assert.Equal(a.Values, b.Values);
        Assert.Equal(a.Values, c.Values);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(a.Left[i], c.Left[i]);
            Assert.Equal(a.Right[i], c.Right[i]);
        }
    }

    [Theory, InlineData(5, 3, 2), InlineData(70, 300, 9), InlineData(300, 70, 16)]
    public void Products_are_the_plain_sums(int rows, int columns, int width)
    {
        var (a, padded) = (Gaussian(rows * columns, 1), TiledProduct.Padded(width));
        foreach (var transposed in (bool[])[false, true])
        {
            var (outer, inner) = transposed ? (columns, rows) : (rows, columns);
            var b = new double[inner * padded];
            var dense = Gaussian(inner * width, 2);
            for (var i = 0; i < inner; i++) Array.Copy(dense, i * width, b, i * padded, width);
            var product = TiledProduct.Multiply(new DenseMatrix(a, rows, columns, columns), transposed, b, padded, _team, CancellationToken.None);
            for (var i = 0; i < outer; i++)
                for (var j = 0; j < width; j++)
                    Assert.Equal(Enumerable.Range(0, inner).Sum(k => (transposed ? a[k * columns + i] : a[i * columns + k]) * dense[k * width + j]), product[i * padded + j], 1e-10);
        }
    }
}
