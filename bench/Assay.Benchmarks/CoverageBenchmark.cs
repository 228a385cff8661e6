using System.Globalization;
using System.Text;

namespace Assay.Benchmarks;

/// <summary>`-- coverage`: how often intervals hold the truth, on made items; writes docs/design/interval-coverage.md.</summary>
internal static class CoverageBenchmark
{
    private const int LeastReplications = 2_000;
    private const int ItemsForTokenMeans = 4_000_000;

    /// <summary>Simulates every case and writes the page.</summary>
    /// <param name="arguments">A result file; <c>--replications=N</c> (default 10,000, at least 2,000); <c>--seed=S</c> (default 1).</param>
    /// <returns>0 where the targets hold, 1 where one does not: the page says which.</returns>
    public static int Run(string[] arguments)
    {
        var replications = Number("--replications=", 10_000);
        var seed = Number("--seed=", 1);
        if (replications < LeastReplications)
        {
            Console.Error.WriteLine($"--replications={replications} is too few for a coverage to half a point: ask for at least {LeastReplications}.");
            return 64;
        }

        var tokenMeans = CoverageSimulation.TokenMeans(ItemsForTokenMeans, (ulong)seed);
        var results = new List<CoverageResult>();
        foreach (var items in (int[])[64, 400])
            foreach (var sigma in (double[])[.5, 1, 1.8])
            {
                results.Add(CoverageSimulation.Run(sigma, items, replications, (ulong)seed, tokenMeans));
                Console.WriteLine(Row(results[^1]));
            }

        var failed = results.Where(r => r is { Items: 400, Sigma: <= 1 } && !(r.Headline is >= .93 and <= .97 && r.TokenIid < r.Headline / 2)).ToArray();
        var file = arguments.FirstOrDefault(a => !a.StartsWith('-')) ?? Path.Combine("docs", "design", "interval-coverage.md");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, Page(results, failed, replications, seed));
        return failed.Length == 0 ? 0 : 1;

        int Number(string name, int otherwise) => arguments.FirstOrDefault(a => a.StartsWith(name, StringComparison.Ordinal)) is { } given
            ? int.Parse(given[name.Length..], CultureInfo.InvariantCulture) : otherwise;
    }

    private static string Page(List<CoverageResult> results, CoverageResult[] failed, int replications, int seed)
    {
        // The largest standard error of a share of so many replications, at a coverage of 90 %.
        var error = 100 * Math.Sqrt(.9 * .1 / replications);
        var verdict = failed.Length == 0 ? "It does." : "It does not, at " + string.Join("; ", failed.Select(f => $"σ = {Text(f.Sigma)}")) + ".";
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # What the intervals cover

            Written by `dotnet run -c Release --project bench/Assay.Benchmarks -- coverage --replications={replications} --seed={seed}`;
            do not edit it. No figure in it measures the machine.

            How often do 95 % intervals hold the true mean? Items are made, so that the truth is known, and each row repeats that
            {replications:n0} times: percentages have a standard error of at most {error:0.0} points.

            - Items: G in {CoverageSimulation.Scales.Length} strata of equal size, whose means are {string.Join(", ", CoverageSimulation.Scales.Select(Text))}.
              Within a stratum items' means are log-normal with spread σ. The true mean is 1.
            - Tokens: each item has 1 to {CoverageSimulation.LongestItem}, every number equally likely. Their logarithms spread by
              {Text(CoverageSimulation.TokenSpread)} around the item's, and neighbours correlate by {Text(CoverageSimulation.Neighbours)} (AR(1)).
            - Intervals: `Statistician.Mean` with B = {CoverageSimulation.Resamples}: studentised, stratified, whole items. *Headline*: the mean of item means.
              *Log-mean*: the mean of their logarithms. *Token-pooled*: all tokens weigh alike.
              *Token-iid*: the same token-pooled mean ± 1.96 standard errors that take every token for independent.
            - HEAVY-TAIL: the true coefficient of variation of items is above 3. A report sees only the items drawn: it stamps a sample whose own is above 3,
              or in which one item has more than 25 % of the sum; the last columns say how many samples that are, and what the headline covers in either kind.
            - *Too low*: the whole interval of the headline lies below the true mean; *too high*: above it.


            """);
        string[] columns = ["G", "σ", "headline, %", "too low, %", "too high, %", "median width", "log-mean, %", "token-pooled, %", "token-iid, %",
            "item variation", "stamp", "samples stamped, %", "headline where stamped, %", "headline where not, %"];
        page.AppendLine(Line(columns)).AppendLine(Line(columns.Select(_ => "---")));
        foreach (var result in results) page.AppendLine(Row(result));
        page.Append(CultureInfo.InvariantCulture, $"""

            **What must hold:** at G = 400 and σ ≤ 1 the headline covers 93 to 97 %, and the token-iid interval less than half of that. {verdict}

            **What to make of it.** An interval that takes tokens for independent is no interval at all: an item's tokens rise and fall together.
            With few items or a heavy tail the headline's interval is too often too low: the items that carry the mean are rare, and a sample without them
            shows neither their size nor that they are missing. The stamp HEAVY-TAIL marks samples in which such items were seen; it cannot mark those in
            which none was. So at a large σ the intervals without the stamp are the less safe ones. The log-mean's interval holds at every σ.

            """);
        return page.ToString();
    }

    private static string Row(CoverageResult r) => Line([Text(r.Items), Text(r.Sigma), Percent(r.Headline), Percent(r.Below), Percent(r.Above),
        r.Width.ToString("0.00", CultureInfo.InvariantCulture), Percent(r.LogMean), Percent(r.Pooled), Percent(r.TokenIid),
        r.Variation.ToString("0.00", CultureInfo.InvariantCulture), r.Variation > 3 ? "HEAVY-TAIL" : "", Percent(r.Stamped), Percent(r.WhereStamped),
        Percent(r.WhereNot)]);

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double share) => double.IsNaN(share) ? "–" : (100 * share).ToString("0.0", CultureInfo.InvariantCulture);
}
