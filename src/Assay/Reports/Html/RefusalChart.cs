namespace Assay.Reports.Html;

/// <summary>Refusals against reasoning: what became of the refusals to the right and left, of the accuracy up and down.</summary>
internal static class RefusalChart
{
    // Room around the quadrants, and the height of all, in the drawing's units.
    private const double Left = 48, Right = 14, Top = 14, Bottom = 44, Height = 300;

    public static void Write(HtmlText page, IReadOnlyList<MeasureRow> measures)
    {
        if (Find("r2r.refusals.trigger") is not { } rho) return;
        var (accuracy, tax) = (Find("r2r.accuracy"), Find("r2r.unlock_tax"));
        if (accuracy is null && tax is null) return;
        var ellipse = Ellipse(rho, accuracy).ToList();
        var ys = new[] { accuracy, tax }.OfType<MeasureRow>().SelectMany(m => new[] { 100 * m.Value, 100 * m.Low, 100 * m.High }).Where(double.IsFinite)
            .Concat(ellipse.Select(p => p.Y)).Concat([-5, 5]).ToList();
        var reach = Math.Min(100, Math.Ceiling(Math.Max(-ys.Min(), ys.Max()) / 5) * 5);
        Chart.Figure(page, "refusals-and-reasoning", "Refusals against reasoning",
            $"Candidate less base, drawn in percentage points. Refusals of trigger questions {Words(rho)}"
            + (accuracy is null ? "" : $"; accuracy of what both answer {Words(accuracy)}")
            + (tax is null ? "" : $"; accuracy on unlocked questions against their benign twins {Words(tax)}") + ".", Height, svg =>
        {
            foreach (var t in Chart.Ticks(-100, 100))
            {
                Chart.Line(svg, X(t), Top, X(t), Height - Bottom, t == 0 ? "axis" : "grid");
                Chart.Label(svg, X(t), Height - Bottom + 15, Chart.Tick(t), "middle");
            }

            foreach (var t in Chart.Ticks(-reach, reach))
            {
                Chart.Line(svg, Left, Y(t), Chart.Width - Right, Y(t), t == 0 ? "axis" : "grid");
                Chart.Label(svg, Left - 5, Y(t) + 4, Chart.Tick(t), "end");
            }

            Chart.Label(svg, (Left + Chart.Width - Right) / 2, Height - 8, "change of refusals, points", "middle");
            Chart.Label(svg, Left + 4, Top + 10, "accuracy, points");
            if (ellipse.Count > 0) Chart.Path(svg, ellipse.Select(p => (X(p.X), Y(p.Y))), "region", closed: true);
            Mark(accuracy, "first", 0, "accuracy of what both answer");
            // Beside the other: both have the same refusals.
            Mark(tax, "second", rho.Value < 0 ? 9 : -9, "unlocked questions against their benign twins");

            void Mark(MeasureRow? row, string kind, double aside, string what)
            {
                if (row is null || !double.IsFinite(row.Value)) return;
                var x = X(100 * rho.Value) + aside;
                if (row.HasInterval) Chart.Line(svg, x, Y(100 * row.Low), x, Y(100 * row.High), "interval " + kind);
                if (rho.HasInterval && aside == 0)
                    Chart.Line(svg, X(100 * rho.Low), Y(100 * row.Value), X(100 * rho.High), Y(100 * row.Value), "interval " + kind);
                Chart.Dot(svg, x, Y(100 * row.Value), "point " + kind, $"{what}: {Words(row)}; refusals {Words(rho)}");
            }
        }, below => below.Element("p", key =>
        {
            if (accuracy is not null) key.Element("span", "", ("class", "key first")).Text(" accuracy of what both models answer  ");
            if (tax is not null) key.Element("span", "", ("class", "key second")).Text(" unlock tax: unlocked questions against their benign twins  ");
            key.Text("Bars: 95 % intervals" + (ellipse.Count > 0 ? "; the ellipse is the joint 95 % region." : "."));
        }, ("class", "note")));

        double X(double points) => Left + (Chart.Width - Right - Left) * (Math.Clamp(points, -100, 100) + 105) / 210;
        double Y(double points) => Top + (Height - Bottom - Top) * (reach - Math.Clamp(points, -reach, reach)) / (2 * reach);
        MeasureRow? Find(string id) => measures.FirstOrDefault(m => m.Id == id && double.IsFinite(m.Value));

        IEnumerable<(double X, double Y)> Ellipse(MeasureRow first, MeasureRow? second)
        {
            if (second is null || Find("r2r.joint.refusal_variance") is not { Value: > 0 and var vr } || Find("r2r.joint.covariance") is not { Value: var c }
                || Find("r2r.joint.accuracy_variance") is not { Value: var va } || Find("r2r.joint.radius_squared") is not { Value: > 0 and var r2 })
                yield break;
            // Σ = L Lᵀ: the circle of that radius through L.
            var (l11, l21) = (Math.Sqrt(vr), c / Math.Sqrt(vr));
            var l22 = Math.Sqrt(Math.Max(0, va - l21 * l21));
            for (var k = 0; k < 72; k++)
            {
                var (sin, cos) = Math.SinCos(k * Math.Tau / 72);
                yield return (100 * (first.Value + Math.Sqrt(r2) * l11 * cos), 100 * (second.Value + Math.Sqrt(r2) * (l21 * cos + l22 * sin)));
            }
        }
    }

    // As report.json has it.
    private static string Words(MeasureRow row) => $"{ReportNumber.WithBounds(row.Value, row.Low, row.High)} {row.Unit}";
}
