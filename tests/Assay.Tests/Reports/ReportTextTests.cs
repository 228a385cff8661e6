using Assay.Reports;

namespace Assay.Tests.Reports;

/// <summary>One screen, whatever was measured.</summary>
public sealed class ReportTextTests
{
    private static ReportHarm Harm(string what, double value, double low, double high, string state, double margin = 2) =>
        new(what, what, "percentage points", value, low, high, margin, margin, 400, state);

    private static ReportDocument With(IReadOnlyList<ReportHarm> harms, int findings = 0, string sentence = "Because.") => SampleReport.Create() with
    {
        Harms = harms, Verdict = new ReportVerdict("DEGRADED", sentence, 1), Deciding = [], Limited = false,
        Findings = [.. Enumerable.Range(0, findings).Select(i => new ReportFinding($"FINDING-{i}", SampleReport.Hostile, i == 0 ? "harm" : "note"))],
    };

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void A_screen_holds_all_of_it_whatever_was_measured(int columns)
    {
        var report = With([.. Enumerable.Range(0, 30).Select(i => Harm($"{new string('x', 3 * i)} {i}", i, i - 1, i + 1, i < 9 ? "shown" : "open"))], 50,
            string.Join(' ', Enumerable.Repeat(SampleReport.Hostile, 60)) + " " + new string('w', 500)) with { Deciding = SampleReport.Create().Measures };
        var lines = ReportText.Write(report, "runs/a", columns);
        // With two lines left for what is too long for one.
        Assert.InRange(lines.Count, 20, 38);
        // The last two are to be copied and may go on in the next line.
        Assert.All(lines.SkipLast(2), l => Assert.InRange(l.Length, 0, columns));
        Assert.DoesNotContain('\u001b', string.Concat(lines));
        Assert.All(lines, l => Assert.DoesNotContain('\n', l));
        Assert.Equal("DEGRADED", lines[0]);
        Assert.Contains(lines, l => l.EndsWith("… more in the report", StringComparison.Ordinal));
        Assert.Contains("  25 more harms: see the report", lines);
        Assert.Contains("  and 43 more in the report", lines);
        Assert.Equal(["  report     " + Path.Combine("runs/a", "report.html"), "  again      assay vet a b --seed 42"], lines.TakeLast(2));
    }

    [Fact]
    public void What_is_shown_stands_first_with_its_bar_against_the_margin()
    {
        var lines = ReportText.Write(With(
        [
            Harm("excluded", 0, -1, 1, "excluded"), Harm("open", 1.5, .5, 2.5, "open"), Harm("half", 1, double.NaN, double.NaN, "open"),
            Harm("shown", 36.5, 30.9, 42, "shown", 10), new ReportHarm("tax", "tax", "percentage points", double.NaN, double.NaN, double.NaN, 10, 10, 3,
                "not estimable: few"),
        ]), "runs/a").ToList();
        Assert.Equal(["shown", "open", "half", "excluded"], lines.Where(l => l.StartsWith("  ", StringComparison.Ordinal)
            && !l.StartsWith("    ", StringComparison.Ordinal))
            .Select(l => l.Trim()).Skip(1).Take(4));
        // Behind four spaces: 0 at column 4, the margin at column 8, what lies beyond at the edge.
        Assert.Equal("    " + "    │   ┃       ●" + " shown    36.5 [30.9, 42] points, margin 10, n = 400", lines[5]);
        Assert.Equal("    " + "    │──●┃─       " + " open     1.5 [0.5, 2.5] points, margin 2, n = 400", lines[7]);
        Assert.Equal("    " + "    │ ● ┃        " + " open     1 points, margin 2, n = 400", lines[9]);
        Assert.Contains("  1 not estimable: see the report", lines);
    }

    [Fact]
    public void What_decided_and_is_no_harm_is_told_too()
    {
        var lines = ReportText.Write(SampleReport.Create(), "runs/a");
        Assert.Equal("SHIFTED (limited run: not a verdict)", lines[0]);
        Assert.Contains(lines, l => l.StartsWith("  benign.kld.mean: 0.3 nats/token", StringComparison.Ordinal));
    }
}
