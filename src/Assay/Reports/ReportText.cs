using System.Text;

namespace Assay.Reports;

/// <summary>The report as one screen of text: verdict, the harms that decide against their margins, findings, and where the rest is.</summary>
/// <remarks>ux.md, "Before, during, after": it fits 80 columns and 40 lines whatever was measured.</remarks>
public static class ReportText
{
    /// <summary>Columns unless a terminal is wider.</summary>
    public const int Columns = 80;

    // Lines that each part takes at most; with headings, models and places they are 40.
    private const int MostSentence = 8, MostHarms = 5, MostOthers = 2, MostFindings = 8;

    // The bar of a harm: its columns, and which of them are no harm and the margin.
    private const int BarColumns = 17, ZeroColumn = 4, MarginColumn = 8;

    /// <summary>Lays a report out, a line each; nothing in it can steer a terminal.</summary>
    /// <param name="report">The report.</param>
    /// <param name="folder">Where the run lies.</param>
    /// <param name="columns">Columns, 60 at least.</param>
    public static IReadOnlyList<string> Write(ReportDocument report, string folder, int columns = Columns)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 60);
        var lines = new List<string> { Cut(report.Verdict.Name + (report.Limited ? " (limited run: not a verdict)" : ""), columns) };
        lines.AddRange(Wrapped(report.Verdict.Sentence, columns, MostSentence, "… more in the report"));
        // What decided beside harms, such as a divergence.
        string[] others = [.. report.Deciding.Where(d => report.Harms.All(h => h.Id != d.Id)).Take(MostOthers).Select(d => Cut($"  {d.Id}: {d}", columns))];
        if (report.Harms.Count + others.Length > 0) lines.Add("");
        lines.AddRange(others);
        lines.AddRange(Harms(report.Harms, report.Deciding.Select(d => d.Id).ToHashSet(StringComparer.Ordinal), columns));
        if (report.Findings.Count > 0)
        {
            lines.Add("");
            var shown = Math.Min(report.Findings.Count, report.Findings.Count <= MostFindings ? MostFindings : MostFindings - 1);
            // Few are told at length.
            foreach (var finding in report.Findings.Take(shown))
            {
                var told = Wrapped($"{finding.Id}: {finding.Sentence}", columns - 11, MostFindings / shown, "…");
                lines.AddRange(told.Select((line, i) => $"  {(i == 0 ? finding.Severity : ""),-8} {line}"));
            }

            if (report.Findings.Count > shown) lines.Add($"  and {report.Findings.Count - shown} more in the report");
        }

        lines.Add("");
        foreach (var (role, model) in new[] { ("base", report.Base), ("candidate", report.Candidate) })
            lines.Add(Cut($"  {role,-10} {model.Name}: weights {Start(model.WeightsHash)}, packaging {Start(model.PackagingHash)}", columns));
        // Not cut: they are to be copied.
        lines.Add("  report     " + UntrustedText.Visible(Path.Combine(folder, "report.html")));
        lines.Add("  again      " + UntrustedText.Visible(report.Reproduce));
        return lines;

        static string Start(string hash) => hash.Length <= 16 ? hash : hash[..16];
    }

    /// <summary>What is shown first, then what is open; of these what the verdict cites, then the nearest to its margin.</summary>
    private static IEnumerable<string> Harms(IReadOnlyList<ReportHarm> harms, HashSet<string> deciding, int columns)
    {
        var estimable = harms.Where(h => h.IsEstimable).OrderBy(h => h.Rank).ThenByDescending(h => deciding.Contains(h.Id))
            .ThenByDescending(h => h.Value / h.Certified).ToList();
        if (estimable.Count > 0) yield return "  Harms: │ none, ┃ the margin, ● estimate, ─ its interval";
        foreach (var h in estimable.Take(MostHarms))
        {
            var number = $"{ReportNumber.WithBounds(h.Value, h.Low, h.High)} {(h.Unit == "percentage points" ? "points" : h.Unit)}";
            yield return Cut("  " + h.What, columns);
            yield return Cut($"    {Bar(h)} {h.State,-8} {number}, margin {ReportNumber.Text(h.Certified)}, n = {ReportNumber.Count(h.N)}", columns);
        }

        var (rest, none) = (estimable.Count - Math.Min(MostHarms, estimable.Count), harms.Count - estimable.Count);
        string[] told = [.. rest > 0 ? [$"{rest} more harms"] : Array.Empty<string>(), .. none > 0 ? [$"{none} not estimable"] : Array.Empty<string>()];
        if (told.Length > 0) yield return $"  {string.Join(", ", told)}: see the report";
    }

    /// <summary>Interval and estimate between less harm and more: <c>│</c> is 0, <c>┃</c> the margin.</summary>
    private static string Bar(ReportHarm harm)
    {
        var bar = new char[BarColumns];
        Array.Fill(bar, ' ');
        if (double.IsFinite(harm.Low) && double.IsFinite(harm.High))
            for (var c = Column(harm.Low); c <= Column(harm.High); c++) bar[c] = '─';
        foreach (var (column, mark) in new[] { (ZeroColumn, '│'), (MarginColumn, '┃'), (Column(harm.Value), '●') }) bar[column] = mark;
        return new string(bar);

        int Column(double value) => !(harm.Certified > 0) || double.IsNaN(value) ? ZeroColumn
            : (int)Math.Round(Math.Clamp(ZeroColumn + (MarginColumn - ZeroColumn) * value / harm.Certified, 0, BarColumns - 1));
    }

    /// <summary>Words on lines of so many columns, of which the last says where the rest is.</summary>
    private static List<string> Wrapped(string text, int columns, int most, string more)
    {
        var (lines, line) = (new List<string>(), new StringBuilder());
        foreach (var word in UntrustedText.Visible(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > columns)
            {
                lines.Add(line.ToString());
                line.Clear();
            }

            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }

        if (line.Length > 0) lines.Add(line.ToString());
        lines = [.. lines.Select(l => Cut(l, columns))];
        if (lines.Count <= most) return lines;
        var last = lines[most - 1];
        return [.. lines[..(most - 1)], $"{last[..Math.Min(last.Length, columns - more.Length - 1)].TrimEnd()} {more}"];
    }

    private static string Cut(string text, int columns)
    {
        var visible = UntrustedText.Visible(text);
        return visible.Length <= columns ? visible : visible[..(columns - 1)] + "…";
    }
}
