namespace Assay.Reports.Html;

/// <summary>What the divergence hangs on: the question, its wording, both together, or the draw of the answer.</summary>
internal static class SensitivityChart
{
    private static readonly (string Part, string Name, string Kind)[] s_parts =
        [("item", "question", "part1"), ("template", "wording", "part2"), ("interaction", "wording × question", "part3"),
            ("residual", "draw of the answer", "part4")];

    public static void Write(HtmlText page, IReadOnlyList<MeasureRow> measures)
    {
        // A component can come out below 0; then there is nothing of it to draw.
        var parts = s_parts.Select(p => (p.Name, p.Kind, Row: Find("variance." + p.Part)))
            .Select(p => (p.Name, p.Kind, Value: Math.Max(0, p.Row?.Value ?? 0), Told: p.Row is null ? "not measured" : ReportNumber.Text(p.Row.Value)))
            .ToList();
        var total = parts.Sum(p => p.Value);
        if (!(total > 0)) return;
        var factor = Find("headline_factor") is { } f
            ? $"The headline may be off by a factor of {ReportNumber.Text(f.Value)} for questions, wording and samples together." : "";
        Chart.Figure(page, "by-wording", "What the divergence hangs on",
            "Parts of the variance of ln divergence, (ln nats)²: " + string.Join(", ", parts.Select(p => $"{p.Name} {p.Told}")) + ". " + factor,
            46, svg =>
            {
                double x = 4;
                foreach (var (name, kind, value, told) in parts)
                {
                    var width = (Chart.Width - 8) * value / total;
                    Chart.Bar(svg, x, 8, width, 26, kind, $"{name}: {told} of the variance");
                    if (width > 60) Chart.Label(svg, x + width / 2, 26, told, "middle", "inside");
                    x += width;
                }
            }, below => below.Element("p", key =>
            {
                foreach (var (name, kind, _, _) in parts) key.Element("span", "", ("class", "key " + kind)).Text($" {name}  ");
                key.Text(factor);
            }, ("class", "note")));

        MeasureRow? Find(string figure) => measures.FirstOrDefault(m => m.Id == "sensitivity." + figure && double.IsFinite(m.Value));
    }
}
