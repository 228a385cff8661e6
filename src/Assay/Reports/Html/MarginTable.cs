namespace Assay.Reports.Html;

/// <summary>Every harm with its interval against its margin: the forest plot that verdicts are read from, as a table with a drawing in each row.</summary>
internal static class MarginTable
{
    // Of a row's drawing in its own units: its size, where no harm is, and how far from that the margin.
    private const double Width = 220, Height = 22, Zero = 60, PerMargin = 60;

    public static void Write(HtmlText page, IReadOnlyList<ReportHarm> harms)
    {
        if (harms.Count == 0) return;
        page.Element("section", section =>
        {
            section.Element("h2", "Harms against their margins");
            section.Element("p", "More to the right is worse. Dot and bar: estimate and 95 % interval; the upright line is the margin. A harm is shown where "
                + "even a wider interval, one for all harms together, lies beyond it, and excluded where the one-sided 95 % bound stays below.", ("class", "note"));
            section.Element("table", table =>
            {
                table.Element("thead", head => head.Element("tr", row =>
                {
                    foreach (var name in new[] { "harm", "estimate [95 % interval]", "margin", "n", "against the margin", "outcome" })
                        row.Element("th", name, ("scope", "col"));
                }));
                table.Element("tbody", body =>
                {
                    foreach (var harm in harms.OrderBy(h => h.Rank)) body.Element("tr", row => Row(row, harm), ("class", "state-" + Kind(harm)));
                });
            }, ("class", "harms"));
        }, ("id", "margins"));
    }

    private static void Row(HtmlText row, ReportHarm harm)
    {
        row.Element("th", harm.What, ("scope", "row"));
        row.Element("td", double.IsNaN(harm.Value) ? "—" : $"{ReportNumber.WithBounds(harm.Value, harm.Low, harm.High)} {harm.Unit}",
            ("data-name", "estimate"));
        row.Element("td", harm.Certified == harm.Found ? ReportNumber.Text(harm.Found) : $"{ReportNumber.Text(harm.Found)} to show, "
            + $"{ReportNumber.Text(harm.Certified)} to exclude", ("data-name", "margin"));
        row.Element("td", ReportNumber.Count(harm.N), ("data-name", "n"));
        row.Element("td", cell => Draw(cell, harm), ("class", "drawing"));
        row.Element("td", harm.State, ("data-name", "outcome"), ("class", harm.IsEstimable ? "outcome" : "outcome why"));
    }

    private static void Draw(HtmlText cell, ReportHarm harm)
    {
        if (double.IsNaN(harm.Value) || !(harm.Certified > 0)) return;
        cell.Element("svg", svg =>
        {
            svg.Element("title", $"{harm.What}: {ReportNumber.WithBounds(harm.Value, harm.Low, harm.High)} {harm.Unit}; the margin is "
                + $"{ReportNumber.Text(harm.Certified)}: {harm.State}");
            Chart.Line(svg, 0, Height / 2, Width, Height / 2, "grid");
            Chart.Line(svg, Zero, 3, Zero, Height - 3, "axis");
            Chart.Line(svg, Zero + PerMargin, 1, Zero + PerMargin, Height - 1, "margin");
            var kind = Kind(harm);
            if (double.IsFinite(harm.Low) && double.IsFinite(harm.High)) Chart.Line(svg, X(harm.Low), Height / 2, X(harm.High), Height / 2, "bar " + kind);
            // What lies beyond the drawing is an arrow at its edge.
            if (harm.Value > At(Width)) Chart.Path(svg, [(Width - 8, 5), (Width, Height / 2), (Width - 8, Height - 5)], "dot " + kind, closed: true);
            else if (harm.Value < At(0)) Chart.Path(svg, [(8, 5), (0, Height / 2), (8, Height - 5)], "dot " + kind, closed: true);
            else svg.Mark("circle", ("cx", HtmlText.Place(X(harm.Value))), ("cy", HtmlText.Place(Height / 2)), ("r", "4"), ("class", "dot " + kind));
        }, ("role", "img"), ("viewBox", $"0 0 {HtmlText.Place(Width)} {HtmlText.Place(Height)}"));

        double X(double value) => Math.Clamp(Zero + PerMargin * value / harm.Certified, 1, Width - 1);
        double At(double x) => (x - Zero) / PerMargin * harm.Certified;
    }

    /// <summary>What the style sheet calls an outcome; <c>none</c> where there is no estimate.</summary>
    private static string Kind(ReportHarm harm) => harm.IsEstimable ? harm.State : "none";
}
