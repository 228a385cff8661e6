using System.Text.Json;
using Assay.Evaluation;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Golden.Statistics;

/// <summary>What scipy, statsmodels, scikit-learn and numpy compute: closed forms within 1e-9 of each value, Tango's interval within 1e-6 (it is inverted
/// numerically there).</summary>
public class StatisticsTests
{
    private static readonly Dictionary<string, Action<JsonElement>> s_checks = new()
    {
        ["wilson"] = c => Interval(c, WilsonInterval.Compute(c.GetProperty("count").GetInt64(), c.GetProperty("n").GetInt64(), Number(c, "level"))),
        ["clopper-pearson"] = c => Interval(c, ClopperPearsonInterval.Compute(c.GetProperty("count").GetInt64(), c.GetProperty("n").GetInt64())),
        ["mcnemar-exact"] = c => Close(Number(c, "p"), McNemarTest.Exact(c.GetProperty("n10").GetInt64(), c.GetProperty("n01").GetInt64())),
        ["multiplicity"] = Multiplicity,
        ["distributions"] = Distribution,
        ["clustered-mean"] = ClusteredMean,
        ["fieller"] = Fieller,
        ["crossed-components"] = Components,
        ["calibration"] = Calibrated,
        ["divergences"] = DivergenceCases.Check,
    };

    private static readonly Dictionary<string, Action<JsonElement>> s_protocolChecks = new() { ["tango"] = Tango, ["isotonic"] = Isotonic };

    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Files("statistics", ".json");

    public static IEnumerable<TheoryDataRow<string>> ProtocolCases =>
        GoldenFiles.Files("protocol", ".json").Where(r => r.Skip is not null || s_protocolChecks.ContainsKey(r.Data));

    [Theory, MemberData(nameof(Cases))]
    public void Statistics_agree(string name) => Check("statistics", name, s_checks);

    [Theory, MemberData(nameof(ProtocolCases))]
    public void Estimators_of_the_protocol_agree(string name) => Check("protocol", name, s_protocolChecks);

    private static void Check(string area, string name, Dictionary<string, Action<JsonElement>> checks)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require(area, name + ".json")));
        Assert.True(checks.ContainsKey(name), $"{name}.json has no check: write one.");
        var cases = document.RootElement.GetProperty("cases");
        Assert.NotEqual(0, cases.GetArrayLength());
        foreach (var @case in cases.EnumerateArray()) checks[name](@case);
    }

    private static void Multiplicity(JsonElement @case)
    {
        var p = Numbers(@case, "p");
        Close(Numbers(@case, "holm"), HolmAdjustment.Compute(p));
        Close(Numbers(@case, "bh"), BenjaminiHochbergAdjustment.Compute(p));
    }

    private static void Distribution(JsonElement @case)
    {
        var (at, degrees) = (Number(@case, "at"), @case.TryGetProperty("df", out var df) ? df : default);
        var (found, expected) = (@case.GetProperty("what").GetString() switch
        {
            "normal quantile" => NormalDistribution.Quantile(at),
            "t quantile" => StudentDistribution.Quantile(at, degrees.GetDouble()),
            "F quantile" => FisherDistribution.Quantile(at, degrees[0].GetDouble(), degrees[1].GetDouble()),
            "chi2 survival" => ChiSquareDistribution.Survival(at, degrees.GetDouble()),
            var other => throw new InvalidDataException($"'{other}' has no check: write one."),
        }, Number(@case, "value"));
        Close(expected, found);
    }

    private static void ClusteredMean(JsonElement @case)
    {
        var values = @case.GetProperty("values_by_cluster").EnumerateArray().Select(c => c.EnumerateArray().Select(v => v.GetDouble()).ToArray()).ToArray();
        Cluster[] clusters = [.. values.Select(v => new Cluster("", FixedOrderSum.Of(v), v.Length))];
        Cluster[] single = [.. values.SelectMany(v => v).Select(v => new Cluster("", v))];
        var sandwich = SandwichMean.Compute(clusters);
        Close(Number(@case, "mean"), sandwich.Value);
        Close(Number(@case, "mean"), new Statistician(1).Mean(clusters).Value);
        Close(Number(@case, "se_clustered"), ClusterBootstrap.StandardError(clusters));
        Close(Number(@case, "se_iid"), ClusterBootstrap.StandardError(single));
        Close(Number(@case, "se_clustered"), (sandwich.High - sandwich.Low) / 2 / StudentDistribution.Quantile(.975, clusters.Length - 1));
    }

    private static void Fieller(JsonElement @case)
    {
        var found = FiellerInterval.Compute(Number(@case, "numerator"), Number(@case, "denominator"),
            Number(@case, "var_n"), Number(@case, "var_d"), Number(@case, "cov"), Number(@case, "df"));
        Assert.Equal(@case.GetProperty("bounded").GetBoolean(), found.HasInterval);
        if (found.HasInterval) Interval(@case, found);
    }

    private static void Components(JsonElement @case)
    {
        var z = @case.GetProperty("z");
        var (templates, repeats) = (z[0].GetArrayLength(), z[0][0].GetArrayLength());
        double[] values = [.. z.EnumerateArray().SelectMany(i => i.EnumerateArray().SelectMany(t => t.EnumerateArray().Select(v => v.GetDouble())))];
        var found = CrossedComponents.Compute(values, z.GetArrayLength(), templates, repeats);
        var squares = found.MeanSquares;
        Close(Numbers(@case, "mean_squares"), [squares.Item, squares.Template, squares.Interaction, squares.Residual]);
        var expected = @case.GetProperty("components");
        Close([Number(expected, "item"), Number(expected, "template"), Number(expected, "interaction"), Number(expected, "residual")],
            [found.Item, found.Template, found.Interaction, found.Residual]);
    }

    private static void Calibrated(JsonElement @case)
    {
        var found = Calibration.Compute(Numbers(@case, "confidence"), [.. Numbers(@case, "correct").Select(c => c == 1)]);
        Close(Number(@case, "ece_equal_mass_15"), found.ExpectedError);
        Close(Number(@case, "brier"), found.Brier);
    }

    private static void Tango(JsonElement @case)
    {
        var found = TangoInterval.Compute(Number(@case, "n10"), Number(@case, "n01"), Number(@case, "n"), Number(@case, "level"));
        Assert.Equal(Number(@case, "difference"), found.Value, 1e-15);
        Assert.Equal(@case.GetProperty("interval")[0].GetDouble(), found.Low, 1e-6);
        Assert.Equal(@case.GetProperty("interval")[1].GetDouble(), found.High, 1e-6);
    }

    private static void Isotonic(JsonElement @case)
    {
        var (y, weights) = (Numbers(@case, "y"), Numbers(@case, "weights"));
        Close(Numbers(@case, "increasing"), IsotonicRegression.Increasing(y, weights));
        Close(Numbers(@case, "decreasing"), IsotonicRegression.Decreasing(y, weights));
    }

    private static void Interval(JsonElement @case, Estimate found) => Close(Numbers(@case, "interval"), [found.Low, found.High]);

    private static void Close(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Close(expected[i], found[i]);
    }

    private static void Close(double expected, double found) => Assert.Equal(expected, found, Math.Max(1e-9 * Math.Abs(expected), 1e-15));

    private static double Number(JsonElement @case, string name) => @case.GetProperty(name).GetDouble();

    private static double[] Numbers(JsonElement @case, string name) => [.. @case.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];
}
