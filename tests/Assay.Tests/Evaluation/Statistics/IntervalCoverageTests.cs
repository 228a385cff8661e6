using System.Globalization;
using Assay.Benchmarks;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Statistics;

/// <summary>What docs/design/interval-coverage.md says, and that the program still does what the page says.</summary>
public class IntervalCoverageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "design", "interval-coverage.md"));

    // Cells of the table's rows, in percent where a share: G, σ, headline, too low, too high, width, log-mean, token-pooled, token-iid, …
    private static readonly double[][] Rows = [.. Page.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal) && char.IsDigit(l[2]))
        .Select(l => l.Split('|')[1..^1].Select(c => double.TryParse(c, CultureInfo.InvariantCulture, out var number) ? number : double.NaN).ToArray())];

    [Fact]
    public void Four_hundred_items_without_a_heavy_tail_are_covered()
    {
        Assert.Equal([(64, .5), (64, 1), (64, 1.8), (400, .5), (400, 1), (400, 1.8)], Rows.Select(r => ((int)r[0], r[1])));
        foreach (var row in Rows.Where(r => r[0] == 400 && r[1] <= 1))
        {
            Assert.InRange(row[2], 93, 97);
            Assert.InRange(row[8], 0, row[2] / 2);
        }

        Assert.Contains("less than half of that. It does.", Page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_is_what_the_program_does()
    {
        const int replications = 300;
        var row = Rows.Single(r => r[0] == 64 && r[1] == 1);
        // Another seed than the page's. Five standard errors of a share.
        var found = CoverageSimulation.Run(1, 64, replications, 77, CoverageSimulation.TokenMeans(100_000, 77));
        Assert.Equal(row[2] / 100, found.Headline, 5 * Math.Sqrt(.93 * .07 / replications));
        Assert.Equal(row[6] / 100, found.LogMean, 5 * Math.Sqrt(.95 * .05 / replications));
        Assert.Equal(row[8] / 100, found.TokenIid, 5 * Math.Sqrt(.3 * .7 / replications));
        Assert.Equal(found, CoverageSimulation.Run(1, 64, replications, 77, CoverageSimulation.TokenMeans(100_000, 77)));
    }
}
