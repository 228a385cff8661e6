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
