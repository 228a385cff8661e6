using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Estimators;

namespace Assay.Tests.Golden.Directions;

/// <summary>Estimators on one data set, as numpy, scipy, scikit-learn and concept-erasure compute them (golden/make/statistics_golden.py).</summary>
public sealed class EstimatorGoldenTests
{
    private const double Tolerance = 1e-6;

    public static IEnumerable<TheoryDataRow<string>> Cases() => GoldenFiles.Files("directions", ".safetensors");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Difference_in_means(string name) => Check(name, "difference_in_means", new DifferenceInMeans(), Tolerance);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Paired_svd(string name) => Check(name, "paired_svd", new PairedSvd(5), Tolerance);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Paired_pca(string name) => Check(name, "paired_pca", new PairedPca(5), Tolerance);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fisher(string name) => Check(name, "fisher", new WhitenedDifference(Shrinkage.None), Tolerance);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logistic(string name)
    {
        Check(name, "logistic_weights", new LogisticProbe(), 1e-4);
        var (file, rows) = Open(name);
        using var golden = file;
        var (weights, intercept) = new LogisticProbe().Regress(rows, rows.Moments(false).Mean());
        Near(GoldenTensors.Doubles(golden, "logistic_weights"), weights, 1e-4);
        Assert.Equal(GoldenTensors.Doubles(golden, "logistic_bias")[0], intercept, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Geometric_median(string name)
    {
        var (file, rows) = Open(name);
        using var golden = file;
        if (!GoldenTensors.Has(golden, "geometric_median_1")) Assert.Skip("There are no medians.");
        var (one, zero) = (GoldenTensors.Doubles(golden, "geometric_median_1"), GoldenTensors.Doubles(golden, "geometric_median_0"));
        Near(one, GeometricMedianDifference.Median(rows.Targets, rows.Target, rows.Width), 1e-4);
        Near(zero, GeometricMedianDifference.Median(rows.Baselines, rows.Baseline, rows.Width), 1e-4);
        Near([.. one.Zip(zero, (a, b) => a - b)], new GeometricMedianDifference().Fit(rows).Vectors[0], 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Leace_projects_and_erases(string name)
    {
        var (file, rows) = Open(name);
        using var golden = file;
        if (!GoldenTensors.Has(golden, "leace_projection")) Assert.Skip("There is no eraser.");
        var found = new LeastSquaresErasure(Shrinkage.None).Estimate(rows);
        var (d, a, b) = (rows.Width, found.Vectors, found.Readouts);
        var projection = new double[d * d];
        for (var i = 0; i < d; i++)
            for (var j = 0; j < d; j++) projection[i * d + j] = (i == j ? 1 : 0) - (double)a[i] * b[j];
        Near(GoldenTensors.Doubles(golden, "leace_projection"), projection, Tolerance);
        Near(GoldenTensors.Doubles(golden, "leace_mean"), rows.Moments(false).Mean(), Tolerance);
        var (x, wanted) = (GoldenTensors.Doubles(golden, "x"), GoldenTensors.Doubles(golden, "leace_erased"));
        var erased = new double[x.Length];
        for (var i = 0; i < x.Length / d; i++) Remove(found, x.AsSpan(i * d, d)).CopyTo(erased, i * d);
        Near(wanted, erased, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Read_outs_are_removed_obliquely_and_leave_nothing_of_the_difference(string name)
    {
        // editing.md: of the class difference 97 % survives the orthogonal removal of Fisher's read-out, 53 % the probe's, 1e-14 LEACE.
        var (file, rows) = Open(name);
        using var golden = file;
        Assert.Equal(.97, Left(new WhitenedDifference(Shrinkage.None, oblique: false)), .005);
        Assert.Equal(.53, Left(new LogisticProbe(oblique: false)), .005);
        foreach (var estimator in (DirectionEstimator[])[new WhitenedDifference(Shrinkage.None), new WhitenedDifference(), new LogisticProbe(), new LeastSquaresErasure(Shrinkage.None), new LeastSquaresErasure(), new DifferenceInMeans()])
            Assert.True(Left(estimator) < 1e-6, estimator.Name);

        double Left(DirectionEstimator estimator)
        {
            var found = estimator.Estimate(rows);
            var moments = rows.Moments(false);
            var (one, zero) = (Remove(found, moments.Target.Mean), Remove(found, moments.Baseline.Mean));
            return Length([.. one.Zip(zero, (p, q) => p - q)]) / Length(moments.Difference());
        }
    }

    /// <summary>y − A (Bᵀ y) + c in double.</summary>
    private static double[] Remove(Direction direction, ReadOnlySpan<double> y)
    {
        var d = y.Length;
        var readouts = direction.Readouts.IsEmpty ? direction.Vectors : direction.Readouts;
        var result = y.ToArray();
        for (var k = 0; k < direction.Vectors.Length / d; k++)
        {
            double along = 0;
            for (var j = 0; j < d; j++) along += readouts[k * d + j] * y[j];
            for (var j = 0; j < d; j++) result[j] -= direction.Vectors[k * d + j] * along;
        }

        for (var j = 0; j < direction.Offset.Length; j++) result[j] += direction.Offset[j];
        return result;
    }

    private static void Check(string name, string tensor, DirectionEstimator estimator, double tolerance)
    {
        var (file, rows) = Open(name);
        using var golden = file;
        if (!GoldenTensors.Has(golden, tensor)) Assert.Skip($"There is no {tensor}.");
        var wanted = GoldenTensors.Doubles(golden, tensor);
        var axes = estimator.Fit(rows).Axes;
        Assert.Equal(wanted.Length / rows.Width, axes.Count);
        for (var k = 0; k < axes.Count; k++) NearUpToSign(wanted.AsSpan(k * rows.Width, rows.Width).ToArray(), axes[k], tolerance);

        // And as it is handed on: of unit length, in float32.
        var direction = estimator.Estimate(rows);
        Assert.Equal(estimator.Name, direction.Estimator);
        var stored = direction.Readouts.IsEmpty ? direction.Vectors : direction.Readouts;
        for (var k = 0; k < axes.Count; k++)
        {
            var unit = wanted.AsSpan(k * rows.Width, rows.Width).ToArray();
            var length = Length(unit);
            NearUpToSign([.. unit.Select(x => x / length)], [.. stored.AsSpan().Slice(k * rows.Width, rows.Width).ToArray().Select(x => (double)x)], tolerance);
        }
    }

    private static (SafetensorsFile File, ContrastRows Rows) Open(string name)
    {
        var file = SafetensorsFile.Open(GoldenFiles.Require("directions", name + ".safetensors"));
        var (x, labels) = (GoldenTensors.Doubles(file, "x"), GoldenTensors.Ints(file, "labels"));
        var d = x.Length / labels.Length;
        double[] Side(int label) => [.. Enumerable.Range(0, labels.Length).Where(i => labels[i] == label).SelectMany(i => x[(i * d)..((i + 1) * d)])];
        return (file, new ContrastRows(Side(1), Side(0), d, pairsAreReal: true));
    }

    private static void NearUpToSign(double[] wanted, double[] got, double tolerance)
    {
        var same = wanted.Zip(got, (a, b) => a * b).Sum() >= 0;
        Near(wanted, same ? got : [.. got.Select(x => -x)], tolerance);
    }

    private static void Near(double[] wanted, double[] got, double tolerance)
    {
        Assert.Equal(wanted.Length, got.Length);
        var error = Length([.. wanted.Zip(got, (a, b) => a - b)]) / Length(wanted);
        Assert.True(error <= tolerance, $"relative error {error}");
    }

    private static double Length(double[] values) => Math.Sqrt(values.Sum(v => v * v));
}
