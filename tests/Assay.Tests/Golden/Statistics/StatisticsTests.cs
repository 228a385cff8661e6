using System.Text.Json;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Golden.Statistics;

/// <summary>What scipy, statsmodels and numpy compute, for those files whose statistic is there.</summary>
public class StatisticsTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Files("statistics", ".json").Where(r => r.Skip is not null || s_checks.ContainsKey(r.Data));

    private static readonly Dictionary<string, Action<JsonElement>> s_checks = new()
    {
        ["wilson"] = Wilson,
        ["clustered-mean"] = ClusteredMean,
        ["distributions"] = Distribution,
    };

    [Theory, MemberData(nameof(Cases))]
    public void Statistics_agree(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require("statistics", name + ".json")));
        var cases = document.RootElement.GetProperty("cases");
        Assert.NotEqual(0, cases.GetArrayLength());
        foreach (var @case in cases.EnumerateArray()) s_checks[name](@case);
    }

    private static void Wilson(JsonElement @case)
    {
        var found = WilsonInterval.Compute(@case.GetProperty("count").GetInt64(), @case.GetProperty("n").GetInt64(), @case.GetProperty("level").GetDouble());
        Assert.Equal(@case.GetProperty("interval")[0].GetDouble(), found.Low, 1e-12);
        Assert.Equal(@case.GetProperty("interval")[1].GetDouble(), found.High, 1e-12);
    }

    private static void ClusteredMean(JsonElement @case)
    {
        var clusters = @case.GetProperty("values_by_cluster").EnumerateArray().Select(c => new Cluster("", FixedOrderSum.Of(c.EnumerateArray().Select(v => v.GetDouble()).ToArray()), c.GetArrayLength())).ToArray();
        Assert.Equal(@case.GetProperty("mean").GetDouble(), ClusterBootstrap.Mean(clusters, 1).Value, 1e-12);
        Assert.Equal(@case.GetProperty("se_clustered").GetDouble(), ClusterBootstrap.StandardError(clusters), 1e-12);
    }

    private static void Distribution(JsonElement @case)
    {
        double? found = @case.GetProperty("what").GetString() switch
        {
            "normal quantile" => NormalDistribution.Quantile(@case.GetProperty("at").GetDouble()),
            "t quantile" => StudentDistribution.Quantile(@case.GetProperty("at").GetDouble(), @case.GetProperty("df").GetDouble()),
            _ => null,
        };
        var expected = @case.GetProperty("value").GetDouble();
        if (found is { } value) Assert.Equal(expected, value, 1e-10 * Math.Max(1, Math.Abs(expected)));
    }
}
