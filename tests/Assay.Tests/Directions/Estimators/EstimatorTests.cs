using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Estimators;
using MathNet.Numerics.LinearAlgebra;

namespace Assay.Tests.Directions.Estimators;

public sealed class EstimatorTests
{
    private static double[] Wide(IEnumerable<float> values) => [.. values.Select(v => (double)v)];

    private static double Dot(IEnumerable<double> a, IEnumerable<double> b) => a.Zip(b, (x, y) => x * y).Sum();

    [Fact]
    public void Mistake_05_biprojection_uses_the_baseline_mean_of_the_layer_that_is_edited()
    {
        var (measured, edited) = (SyntheticContrast.Rows(40, 12, 2, 1, centre: 3), SyntheticContrast.Rows(40, 12, 2, 2, centre: -1));
        var (here, there) = (measured.Moments(false), edited.Moments(false).Baseline.Mean);
        foreach (var direction in (Direction[])[new BiprojectedDifference(there).Estimate(measured), new BiprojectedDifference(edited).Estimate(measured), new BiprojectedDifference(there).Estimate(here)])
        {
            var v = Wide(direction.Vectors);
            Assert.Equal(0, Dot(v, there) / Math.Sqrt(Dot(there, there)), 1e-6);
            Assert.True(Math.Abs(Dot(v, here.Baseline.Mean)) > 1e-2);
            // By hand: Δ − m (mᵀΔ)/(mᵀm).
            var (delta, share) = (here.Difference(), Dot(there, here.Difference()) / Dot(there, there));
            var wanted = delta.Zip(there, (a, m) => a - share * m).ToArray();
            Assert.Equal(1, Dot(v, wanted) / Math.Sqrt(Dot(wanted, wanted)), 1e-6);
        }

        Assert.Equal(0, Dot(Wide(new ProjectedDifference().Estimate(measured).Vectors), here.Baseline.Mean), 1e-5);
    }

    [Theory, InlineData("paired_svd"), InlineData("paired_pca"), InlineData("random")]
    public void Mistake_10_several_directions_are_orthonormal_so_that_they_are_projected_jointly(string name)
    {
        var rows = SyntheticContrast.Rows(50, 16, 1, 3);
        var vectors = Wide(EstimatorCatalogue.Create(name, new EstimatorOptions { Components = 5, Seed = 4 }).Estimate(rows).Vectors);
        Assert.Equal(5 * 16, vectors.Length);
        for (var a = 0; a < 5; a++)
            for (var b = 0; b < 5; b++) Assert.Equal(a == b ? 1 : 0, Dot(vectors[(a * 16)..(a * 16 + 16)], vectors[(b * 16)..(b * 16 + 16)]), 2e-7);
    }

    [Fact]
    public void Mistake_10_vectors_that_are_not_orthogonal_are_orthonormalised_within_their_span()
    {
        double[][] given = [[1, 1, 0, 0], [1, 1 + 1e-6, 0, 0], [5, 0, 2, 0]];
        var basis = new DifferenceInMeans().Orthonormal(given);
        for (var a = 0; a < 3; a++)
            for (var b = 0; b < 3; b++) Assert.Equal(a == b ? 1 : 0, Dot(basis[a], basis[b]), 1e-14);
        // The joint projector leaves nothing of any of them, and is not the product of projectors one after another.
        foreach (var vector in given) Assert.Equal(Dot(vector, vector), basis.Sum(q => Math.Pow(Dot(q, vector), 2)), 1e-12 * Dot(vector, vector));
        Assert.Throws<InvalidInputException>(() => new DifferenceInMeans().Orthonormal([[1, 2], [2, 4]]));
    }

    [Fact]
    public void Mistake_11_directions_are_stored_in_at_least_float32()
    {
        var rows = SyntheticContrast.Rows(60, 64, 2, 5);
        var (wanted, stored) = (rows.Moments(false).Difference(), new DifferenceInMeans().Estimate(rows).Vectors);
        var length = Math.Sqrt(Dot(wanted, wanted));
        // bfloat16 would miss by 2⁻⁹ of an element, float16 by 2⁻¹².
        for (var j = 0; j < 64; j++) Assert.True(Math.Abs(wanted[j] / length - stored[j]) <= Math.Abs(wanted[j] / length) * Math.Pow(2, -23));
    }

    [Fact]
    public void Linear_erasure_and_the_whitened_difference_agree_where_the_sides_are_of_one_size()
    {
        // T = W + c ΔΔᵀ, so that T⁻¹Δ ∝ W⁻¹Δ (Sherman and Morrison 1950): unshrunk and removed obliquely the two are one.
        var rows = SyntheticContrast.Rows(60, 10, 1, 6, centre: 2);
        var (fisher, leace) = (new WhitenedDifference(Shrinkage.None).Estimate(rows), new LeastSquaresErasure(Shrinkage.None).Estimate(rows));
        for (var j = 0; j < 10; j++)
        {
            Assert.Equal(fisher.Readouts[j], leace.Readouts[j], 1e-5);
            Assert.Equal(fisher.Vectors[j], leace.Vectors[j], 1e-4);
            Assert.Equal(fisher.Offset[j], leace.Offset[j], 1e-4);
        }
    }

    [Theory, InlineData("fisher"), InlineData("logistic"), InlineData("leace")]
    public void Read_outs_are_dual_to_the_vectors_and_erase_about_the_mean(string name)
    {
        var rows = SyntheticContrast.Rows(60, 10, 1, 7, centre: 5);
        var found = EstimatorCatalogue.Create(name).Estimate(rows);
        var (a, b, mean) = (Wide(found.Vectors), Wide(found.Readouts), rows.Moments(false).Mean());
        Assert.Equal(1, Dot(a, b), 1e-6);
        // The mean stays where it is.
        for (var j = 0; j < 10; j++) Assert.Equal(mean[j], mean[j] - a[j] * Dot(b, mean) + found.Offset[j], 1e-4);
    }

    [Fact]
    public void Linear_erasure_of_fewer_samples_than_dimensions_leaves_no_difference()
    {
        var rows = SyntheticContrast.Rows(8, 30, 1, 8);
        var found = new LeastSquaresErasure(Shrinkage.None).Estimate(rows);
        var (a, b, delta) = (Wide(found.Vectors), Wide(found.Readouts), rows.Moments(false).Difference());
        for (var j = 0; j < 30; j++) Assert.Equal(0, delta[j] - a[j] * Dot(b, delta), 1e-5);
        Assert.Throws<InvalidInputException>(() => new WhitenedDifference(Shrinkage.None).Fit(rows));
        Assert.Single(new WhitenedDifference().Fit(rows).Axes);
    }

    [Fact]
    public void Shrinkage_is_the_published_formula()
    {
        // S = diag(1, 2, 6), n = 20: tr S = 9, ‖S‖² = 41, α = 1 − (81/20)/(41 − 27), towards 3.
        double[] covariance = [1, 0, 0, 0, 2, 0, 0, 0, 6];
        var alpha = 1 - 81.0 / 20 / 14;
        Assert.Equal(alpha, CovarianceShrinkage.Weight(covariance, 3, 3, 20), 1e-14);
        CovarianceShrinkage.Apply(Shrinkage.Optimal, covariance, 3, 3, 20);
        Assert.Equal([alpha + (1 - alpha) * 3, 0, 0, 0, 2 * alpha + (1 - alpha) * 3, 0, 0, 0, 6 * alpha + (1 - alpha) * 3], covariance.Select(c => Math.Round(c, 14)), (p, q) => Math.Abs(p - q) < 1e-12);
        Assert.Equal(0, CovarianceShrinkage.Weight([1, 0, 0, 1.1], 2, 2, 3));
    }

    [Fact]
    public void Paired_svd_through_the_samples_dot_products_equals_a_library()
    {
        foreach (var (n, d) in ((int, int)[])[(20, 50), (50, 20)])
        {
            var rows = SyntheticContrast.Rows(n, d, 1, 9);
            var differences = Matrix<double>.Build.Dense(n, d, (i, j) => rows.Target(i)[j] - rows.Baseline(i)[j]);
            var means = differences.ColumnSums() / n;
            var centred = Matrix<double>.Build.Dense(n, d, (i, j) => differences[i, j] - means[j]);
            foreach (var (estimator, matrix) in ((DirectionEstimator, Matrix<double>)[])[(new PairedSvd(3), differences), (new PairedPca(3), centred)])
            {
                var wanted = matrix.Svd();
                var found = estimator.Fit(rows).Vectors;
                for (var k = 0; k < 3; k++) Assert.Equal(1, Math.Abs(Dot(found[k], wanted.VT.Row(k))), 1e-10);
            }
        }
    }

    [Fact]
    public void Geometric_median_is_the_point_of_least_distance_even_at_a_sample()
    {
        // Of a cross with a heavy centre it is the centre, where the plain iteration divides by 0.
        double[][] points = [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [0, 0]];
        Assert.Equal([0, 0], GeometricMedianDifference.Median(points.Length, i => points[i], 2));
        // Of a line of three it is the middle one; the mean is 11/3.
        double[][] line = [[0], [1], [10]];
        Assert.Equal(1, GeometricMedianDifference.Median(3, i => line[i], 1)[0], 1e-6);
    }

    [Fact]
    public void Logistic_probe_has_no_slope_left_even_where_the_sides_are_separable()
    {
        foreach (var shift in (double[])[.5, 30])
        {
            var rows = SyntheticContrast.Rows(30, 6, shift, 10, centre: 4);
            var (w, b) = new LogisticProbe(inversePenalty: .5).Regress(rows, rows.Moments(false).Mean());
            var (slope, intercept) = (w.Select(x => x / .5).ToArray(), 0.0);
            for (var i = 0; i < 60; i++)
            {
                var (x, y) = (i < 30 ? rows.Target(i).ToArray() : rows.Baseline(i - 30).ToArray(), i < 30 ? 1 : 0);
                var error = 1 / (1 + Math.Exp(-Dot(w, x) - b)) - y;
                for (var j = 0; j < 6; j++) slope[j] += error * x[j];
                intercept += error;
            }

            Assert.All(slope, s => Assert.Equal(0, s, 1e-6));
            Assert.Equal(0, intercept, 1e-7);
        }
    }

    [Fact]
    public void Logistic_probe_in_the_samples_span_is_that_in_all_dimensions()
    {
        // Fewer samples than dimensions: solved in the span; the direct solution beside it.
        var rows = SyntheticContrast.Rows(12, 40, 1, 11, centre: 3);
        var (direct, _) = new LogisticProbe().Regress(rows, rows.Moments(false).Mean());
        var found = new LogisticProbe().Fit(rows).Axes[0];
        for (var j = 0; j < 40; j++) Assert.Equal(direct[j], found[j], 1e-8);
    }

    [Fact]
    public void Covariances_in_the_samples_span_give_what_those_in_all_dimensions_do()
    {
        // Few samples and a large difference, so that the shrinkage is partial; far from 0, and with a baseline more.
        foreach (var (n, d, shift, centre) in ((int, int, double, double)[])[(12, 40, 1, 3), (30, 90, 25, 400), (3, 50, 2, 0)])
        {
            var all = SyntheticContrast.Rows(n, d, shift, 13, centre);
            var rows = new ContrastRows([.. Enumerable.Range(1, n - 1).SelectMany(i => all.Target(i).ToArray())], [.. Enumerable.Range(0, n).SelectMany(i => all.Baseline(i).ToArray())], d, false);
            foreach (var estimator in (MomentEstimator[])[new WhitenedDifference(), new WhitenedDifference(oblique: false), new LeastSquaresErasure(), new LeastSquaresErasure(Shrinkage.None)])
            {
                var (dense, found) = (estimator.Fit(rows.Moments(covariance: true)), estimator.Fit(rows));
                var length = Math.Sqrt(Dot(dense.Axes[0], dense.Axes[0]));
                for (var j = 0; j < d; j++) Assert.Equal(dense.Axes[0][j] / length, found.Axes[0][j] / length, 1e-9);
                Assert.Equal(dense.Vectors.Count, found.Vectors.Count);
                Assert.Equal(dense.Mean, found.Mean);
                if (dense.Readouts is not null) Assert.Equal(dense.Vectors[0], found.Vectors[0]);
                // And of other labels over the same samples.
                var shuffled = rows.Relabelled([.. Enumerable.Range(0, 2 * n - 1).Reverse()]);
                var (one, other) = (estimator.Fit(shuffled.Moments(covariance: true)).Axes[0], estimator.Fit(shuffled).Axes[0]);
                Assert.Equal(1, Dot(one, other) / Math.Sqrt(Dot(one, one) * Dot(other, other)), 1e-9);
            }
        }
    }

    [Theory, InlineData("fisher"), InlineData("leace")]
    public void Fewer_samples_than_dimensions_take_no_square_of_the_dimensions(string name)
    {
        // A matrix of 20,000 squared doubles is 3.2 GB; the samples are 3.2 MB.
        var random = new Random(14);
        double[] Side(double by) => [.. Enumerable.Range(0, 10 * 20_000).Select(i => random.NextDouble() + (i % 20_000 == 0 ? by : 0))];
        var rows = new ContrastRows(Side(3), Side(0), 20_000, true);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Single(EstimatorCatalogue.Create(name).Fit(rows).Axes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
    }

    [Fact]
    public void Random_directions_are_gaussian_seeded_and_scaled_to_the_same_change()
    {
        var direction = new RandomDirection(5).Of(4000);
        Assert.Equal(direction.Vectors, new RandomDirection(5).Of(4000).Vectors);
        Assert.NotEqual(direction.Vectors, new RandomDirection(6).Of(4000).Vectors);
        // Of a unit Gaussian direction Σ x⁴ · d is 3, its standard error √(96/d).
        Assert.InRange(direction.Vectors.Sum(x => Math.Pow(x, 4)) * 4000, 3 - 5 * Math.Sqrt(96.0 / 4000), 3 + 5 * Math.Sqrt(96.0 / 4000));
        Assert.Equal(3, RandomDirection.Strength(18, 2));
    }

    [Fact]
    public void Sides_that_do_not_differ_determine_no_direction()
    {
        double[] same = [1, 2, 3, 4];
        foreach (var name in EstimatorCatalogue.Names.Where(n => n is not ("random" or "paired_pca" or "fisher" or "fisher_orthogonal")))
            Assert.Contains(name.Replace("_orthogonal", "", StringComparison.Ordinal), Assert.Throws<InvalidInputException>(() => EstimatorCatalogue.Create(name).Estimate(new ContrastRows(same, same, 2, true))).Message, StringComparison.Ordinal);
        Assert.Contains("difference_in_means, geometric_median", Assert.Throws<InvalidInputException>(() => EstimatorCatalogue.Create("best")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_on_estimators_lists_every_one_with_how_it_is_removed()
    {
        var page = File.ReadAllLines(Path.Combine(Assay.Tests.Golden.GoldenFiles.Repository, "docs", "reference", "estimators.md"));
        var rows = SyntheticContrast.Rows(20, 5, 1, 12);
        foreach (var name in EstimatorCatalogue.Names)
        {
            var line = Assert.Single(page, l => l.StartsWith($"| `{name}` |", StringComparison.Ordinal));
            Assert.Equal(!EstimatorCatalogue.Create(name).Estimate(rows).Readouts.IsEmpty, line.Contains("obliquely", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_estimator_has_a_source_and_a_sentence() => Assert.All(EstimatorCatalogue.Names.Select(n => EstimatorCatalogue.Create(n)).Append(new BiprojectedDifference([1.0])), e =>
    {
        Assert.Matches("[12][0-9]{3}|arXiv [0-9]{4}", e.Source);
        Assert.EndsWith(".", e.Summary, StringComparison.Ordinal);
    });
}
