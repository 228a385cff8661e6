using System.Globalization;
using System.Text.RegularExpressions;

namespace Assay.Reports.Html;

/// <summary>Divergence by position within the answer, of the base's and of the candidate's, above the floor and beside the rounding ladder.</summary>
internal static partial class PositionChart
{
    // Room around the curves, and the height of all, in the drawing's units.
    private const double Left = 52, Right = 64, Top = 12, Bottom = 40, Height = 250;

    private static readonly (string Id, string Name, string Kind, string Key)[] s_curves =
    [
        ("kld.benign", "the base's answers", "curve first", " KL(p‖q) on the base's answers  "),
        ("reverse_kld.benign.r2", "the candidate's answers", "curve second", " KL(q‖p) on the candidate's answers  "),
    ];

    public static void Write(HtmlText page, IReadOnlyList<MeasureRow> measures)
    {
        var curves = s_curves.Select(c => (c.Name, c.Kind, c.Key, Points: Points(measures, c.Id))).Where(c => c.Points.Count > 0).ToList();
        if (curves.Count == 0) return;
        var rungs = measures.Select(m => (Match: Yardstick().Match(m.Id), m.Value)).Where(m => m.Match.Success && m.Value > 0 && double.IsFinite(m.Value))
            .Select(m => (Name: m.Match.Groups["name"].Value, m.Value)).ToList();
        var values = curves.SelectMany(c => c.Points.Select(p => p.Mean)).Concat(rungs.Select(r => r.Value)).Where(v => v > 0).ToList();
        if (values.Count == 0) return;
        var (low, high) = (Math.Floor(Math.Log10(values.Min())), Math.Ceiling(Math.Log10(values.Max()) + 1e-9));
        if (high - low < 1) high = low + 1;
        string[] bins = [.. curves.SelectMany(c => c.Points).DistinctBy(p => p.From).OrderBy(p => p.From).Select(p => p.Name)];
        Chart.Figure(page, "by-position", "Divergence by position in the answer",
            $"Mean divergence in nats a token, on a scale of powers of ten, at {bins.Length} ranges of positions: {string.Join("; ", curves.Select(c =>
                $"{c.Name} from {ReportNumber.Text(c.Points[0].Mean)} at the first to {ReportNumber.Text(c.Points[^1].Mean)} at the last"))}. "
            + "Dashed lines are what the base has against itself when it is rounded.", Height, svg =>
        {
            for (var decade = low; decade <= high; decade++)
            {
                Chart.Line(svg, Left, Y(Math.Pow(10, decade)), Chart.Width - Right, Y(Math.Pow(10, decade)), "grid");
                Chart.Label(svg, Left - 5, Y(Math.Pow(10, decade)) + 4, Chart.Tick(Math.Pow(10, decade)), "end");
            }

            if (rungs.Find(r => r.Name == "floor") is { Value: > 0 } floor)
                Chart.Bar(svg, Left, Y(floor.Value), Chart.Width - Right - Left, Height - Bottom - Y(floor.Value), "floor",
                    $"At the floor: rounding the residual stream alone gives {ReportNumber.Text(floor.Value)} nats a token");
            // Names that would stand on each other give way to the one above.
            var free = double.NegativeInfinity;
            foreach (var (name, value) in rungs.OrderByDescending(r => r.Value))
            {
                if (name != "floor") Chart.Line(svg, Left, Y(value), Chart.Width - Right, Y(value), "rung");
                if (Y(value) - free < 11) continue;
                free = Y(value);
                Chart.Label(svg, Chart.Width - Right + 4, Y(value) + 4, Short(name), kind: "small");
            }

            for (var i = 0; i < bins.Length; i++)
                if (bins.Length <= 8 || i % 2 == 0) Chart.Label(svg, X(i), Height - Bottom + 15, bins[i], "middle", "small");
            Chart.Label(svg, (Left + Chart.Width - Right) / 2, Height - 6, "position in the answer, tokens", "middle");
            foreach (var (name, kind, _, points) in curves)
            {
                var drawn = points.Where(p => p.Mean > 0).Select(p => (X: X(Array.IndexOf(bins, p.Name)), Y: Y(p.Mean), p)).ToList();
                Chart.Path(svg, drawn.Select(p => (p.X, p.Y)), kind);
                foreach (var (x, y, p) in drawn)
                    Chart.Dot(svg, x, y, kind, $"{name}, positions {p.Name}: {ReportNumber.Text(p.Mean)} nats a token, {p.N} tokens");
            }

            double X(int bin) => bins.Length == 1 ? (Left + Chart.Width - Right) / 2 : Left + 12 + (Chart.Width - Right - Left - 24) * bin / (bins.Length - 1);
            double Y(double value) => Top + (Height - Top - Bottom) * (high - Math.Clamp(Math.Log10(value), low, high)) / (high - low);
        }, below => below.Element("p", key =>
        {
            foreach (var curve in curves) key.Element("span", "", ("class", "key " + curve.Kind)).Text(curve.Key);
            key.Text("Shaded: at the floor.");
        }, ("class", "note")));
    }

    private static List<(int From, string Name, double Mean, long N)> Points(IReadOnlyList<MeasureRow> measures, string id) =>
        [.. measures.Where(m => m.Id.StartsWith(id + ".position.", StringComparison.Ordinal) && double.IsFinite(m.Value)).Select(m =>
        {
            var bin = m.Id[(id.Length + ".position.".Length)..];
            var ends = bin.Split('-');
            return (int.Parse(ends[0], CultureInfo.InvariantCulture), ends is [var a, var b] && a == b ? a : bin.Replace('-', '–'), m.Value, m.N);
        }).OrderBy(p => p.Item1)];

    private static string Short(string name) => name.StartsWith("rounded-", StringComparison.Ordinal) ? name["rounded-".Length..] + " bits" : name;

    [GeneratedRegex(@"^yardstick\.kld\.benign\.(?<name>floor|rounded-\d+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Yardstick();
}
