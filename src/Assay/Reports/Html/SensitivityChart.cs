namespace Assay.Reports.Html;

/// <summary>What the divergence hangs on: the question, its wording, both together, or the draw of the answer.</summary>
internal static class SensitivityChart
{
    private static readonly (string Part, string Name, string Kind)[] s_parts =
        [("item", "question", "part1"), ("template", "wording", "part2"), ("interaction", "wording × question", "part3"), ("residual", "draw of the answer", "part4")];

    public static void Write(HtmlText page, IReadOnlyList<MeasureRow> measures)
    {
        var parts = s_parts.Select(p => (p.Name, p.Kind, Value: Math.Max(0, Find("variance." + p.Part)?.Value ?? double.NaN))).ToList();
        var total = parts.Sum(p => p.Value);
        if (!(total > 0)) return;
        var factor = Find("headline_factor");
        Chart.Figure(page, "by-wording", "What the divergence hangs on",
            "Shares of the variance of ln divergence: " + string.Join(", ", parts.Select(p => $"{p.Name} {Percent(p.Value)}"))
            + (factor is null ? "." : $". With another draw of questions, wordings and samples the headline may be off by a factor of {ReportNumber.Text(factor.Value)}."),
            46, svg =>
            {
                double x = 4;
                foreach (var (name, kind, value) in parts)
                {
                    var width = (Chart.Width - 8) * value / total;
                    Chart.Bar(svg, x, 8, width, 26, kind, $"{name}: {Percent(value)} of the variance");
                    if (width > 34) Chart.Label(svg, x + width / 2, 26, Percent(value), "middle", "inside");
                    x += width;
                }
            }, below => below.Element("p", key =>
            {
                foreach (var (name, kind, _) in parts) key.Element("span", "", ("class", "key " + kind)).Text($" {name}  ");
                if (factor is not null) key.Text($"The headline may be off by a factor of {ReportNumber.Text(factor.Value)} for questions, wording and samples together.");
            }, ("class", "note")));

        string Percent(double value) => ReportNumber.Text(Math.Round(100 * value / total, 1)) + " %";
        MeasureRow? Find(string figure) => measures.FirstOrDefault(m => m.Id == "sensitivity." + figure && double.IsFinite(m.Value));
    }
}
