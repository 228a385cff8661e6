using Assay.Directions.LinearAlgebra;
using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;

namespace Assay.Tests.Directions.LinearAlgebra;

public sealed class LeadingEigenTests
{
    private static Matrix<double> Gram(int n, int rank, int seed)
    {
        var random = new Random(seed);
        var factor = Matrix<double>.Build.Dense(n, rank, (_, k) => (random.NextDouble() - .5) * Math.Pow(.8, k % 20));
        return factor * factor.Transpose();
    }

    [Fact]
    public void Leading_pairs_equal_a_full_decomposition() => Prop.ForAll(Gen.Choose(1, 90).ToArbitrary(), Gen.Choose(1, 120).ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (n, rank, seed) =>
    {
        var matrix = Gram(n, rank, seed);
        var (values, vectors) = LeadingEigen.Find(matrix.ToRowMajorArray(), n, 4);
        var (wanted, _) = SymmetricEigen.Decompose(matrix.ToRowMajorArray(), n);
        if (values.Length < Math.Min(4, Math.Min(n, rank))) return false;
        for (var k = 0; k < values.Length; k++)
        {
            var vector = Vector<double>.Build.Dense(vectors[k]);
            if (Math.Abs(values[k] - wanted[k]) > 1e-9 * wanted[0] || (matrix * vector - values[k] * vector).L2Norm() > 1e-9 * wanted[0] || Math.Abs(vector.L2Norm() - 1) > 1e-9) return false;
        }

        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Equal_leading_values_come_as_often_as_they_are_there() => Prop.ForAll(Gen.Choose(2, 70).ToArbitrary(), Gen.Choose(2, 6).ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (n, times, seed) =>
    {
        // A repeated first or second value, and the identity, in axes of no kind; what is below is dense, so that no start runs out of steps by itself.
        var random = new Random(seed);
        var axes = Matrix<double>.Build.Dense(n, n, (_, _) => random.NextDouble() - .5).QR().Q;
        double[][] spectra = [[.. Enumerable.Range(0, n).Select(i => i < times ? 1 : .9 * (n - i) / n)], [.. Enumerable.Range(0, n).Select(i => i == 0 ? 2 : i <= times ? 1 : .999 * (n - i) / n)], [.. Enumerable.Repeat(3.0, n)]];
        foreach (var spectrum in spectra)
        {
            var matrix = axes * Matrix<double>.Build.DenseOfDiagonalArray(spectrum) * axes.Transpose();
            matrix = (matrix + matrix.Transpose()) / 2;
            var (wanted, _) = SymmetricEigen.Decompose(matrix.ToRowMajorArray(), n);
            var (values, vectors) = LeadingEigen.Find(matrix.ToRowMajorArray(), n, 5);
            if (values.Length != Math.Min(5, n)) return false;
            for (var k = 0; k < values.Length; k++)
            {
                var vector = Vector<double>.Build.Dense(vectors[k]);
                if (Math.Abs(values[k] - wanted[k]) > 1e-9 * wanted[0] || (matrix * vector - values[k] * vector).L2Norm() > 1e-9 * wanted[0]) return false;
                for (var j = 0; j <= k; j++)
                    if (Math.Abs(vector * Vector<double>.Build.Dense(vectors[j]) - (j == k ? 1 : 0)) > 1e-9) return false;
            }
        }

        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_diagonal_with_equal_values_has_its_axes_planes()
    {
        Assert.Equal([1, 1, .5], LeadingEigen.Find([1, 0, 0, 0, 1, 0, 0, 0, .5], 3, 3).Values, (a, b) => Math.Abs(a - b) < 1e-12);
        var (values, vectors) = LeadingEigen.Find([1, 0, 0, 0, 1, 0, 0, 0, .5], 3, 2);
        Assert.Equal([1, 1], values, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.All(vectors, v => Assert.Equal(0, v[2], 1e-9));
        // Of rank 2 there are two, whatever is asked for.
        Assert.Equal(2, LeadingEigen.Find([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 4, 4).Values.Count(v => v > 1e-12));
    }

    [Fact]
    public void A_matrix_of_zeros_has_the_value_zero() => Assert.Equal(0, LeadingEigen.Find(new double[9], 3, 2).Values[0]);

    [Fact]
    public void Cholesky_solves_what_is_positive_definite_and_refuses_the_rest() => Prop.ForAll(Gen.Choose(1, 40).ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (n, seed) =>
    {
        var matrix = Gram(n, n + 5, seed) + Matrix<double>.Build.DenseIdentity(n) * .1;
        var b = Vector<double>.Build.Dense(n, i => Math.Sin(i + seed));
        var x = Vector<double>.Build.Dense(Cholesky.Factor(matrix.ToRowMajorArray(), n)!.Solve(b.ToArray()));
        var singular = n > 1 && Cholesky.Factor(Gram(n, n / 2, seed).ToRowMajorArray(), n) is not null;
        return (matrix * x - b).L2Norm() < 1e-9 * (1 + x.L2Norm()) && !singular && Cholesky.Factor((-matrix).ToRowMajorArray(), n) is null;
    }).QuickCheckThrowOnFailure();
}
