namespace Assay.Reports.Html;

/// <summary>Likelihood won and lost in each domain of reference text: both may be large where their difference is not.</summary>
internal static class DomainChart
{
    // Room around the bars, the height of a domain's row, and what stands above, in the drawing's units.
    private const double Left = 96, Right = 12, Row = 22, Top = 22;

    public static void Write(HtmlText page, IReadOnlyList<MeasureRow> measures)
    {
        const string gain = ".gain", prefix = "prose.";
        var domains = measures.Where(m => m.Id.StartsWith(prefix, StringComparison.Ordinal) && m.Id.EndsWith(gain, StringComparison.Ordinal))
            .Select(m => m.Id[prefix.Length..^gain.Length]).Select(d => (Name: d, Gain: Value(d, "gain"), Loss: Value(d, "loss"),
                Base: Value(d, "perplexity_base"), Candidate: Value(d, "perplexity_candidate"))).Where(d => double.IsFinite(d.Gain + d.Loss)).ToList();
        if (domains.Count == 0) return;
        var most = Math.Max(1e-6, domains.Max(d => Math.Max(d.Gain, d.Loss)));
        var middle = (Left + Chart.Width - Right) / 2;
        var height = Top + Row * domains.Count + 34;
        Chart.Figure(page, "by-domain", "Reference text: likelihood won and lost, by domain",
            "Nats a token by which the candidate is better where it is better, to the left, and worse where it is worse, to the right: "
            + string.Join("; ", domains.Select(d => $"{d.Name} {ReportNumber.Text(d.Gain)} won, {ReportNumber.Text(d.Loss)} lost")) + ".", height, svg =>
        {
            Chart.Label(svg, middle - 6, 14, "← better", "end");
            Chart.Label(svg, middle + 6, 14, "worse →");
            var end = Top + Row * domains.Count;
            foreach (var t in Chart.Ticks(0, most).Skip(1))
                foreach (var side in new[] { -1, 1 })
                {
                    Chart.Line(svg, middle + side * Wide(t), Top, middle + side * Wide(t), end, "grid");
                    Chart.Label(svg, middle + side * Wide(t), end + 13, Chart.Tick(t), "middle", "small");
                }

            for (var i = 0; i < domains.Count; i++)
            {
                var (d, y) = (domains[i], Top + Row * i);
                Chart.Label(svg, Left - 6, y + 14, d.Name.Length > 14 ? d.Name[..13] + "…" : d.Name, "end");
                Chart.Bar(svg, middle - Wide(d.Gain), y + 3, Wide(d.Gain), Row - 7, "won", $"{d.Name}: {ReportNumber.Text(d.Gain)} nats a token won");
                Chart.Bar(svg, middle, y + 3, Wide(d.Loss), Row - 7, "lost", $"{d.Name}: {ReportNumber.Text(d.Loss)} nats a token lost; perplexity "
                    + $"{ReportNumber.Text(d.Base)} → {ReportNumber.Text(d.Candidate)}");
            }

            Chart.Line(svg, middle, Top, middle, end, "axis");
            Chart.Label(svg, middle, end + 29, "nats a token", "middle");
        });

        double Wide(double value) => (Chart.Width - Right - middle) * value / most;
        double Value(string domain, string figure) => measures.FirstOrDefault(m => m.Id == $"{prefix}{domain}.{figure}")?.Value ?? double.NaN;
    }
}
