using System.Globalization;

namespace Assay.Reports.Html;

/// <summary>A drawing with axes, as SVG that needs no script: titles and descriptions are read aloud, colours are those of the page.</summary>
internal static class Chart
{
    /// <summary>Width of every drawing in its own units; a page shows it as wide as there is room, so that letters stay readable on a telephone.</summary>
    public const double Width = 380;

    /// <summary>A drawing under a heading of its own.</summary>
    /// <param name="page">The page.</param>
    /// <param name="id">Stable name, used once on a page.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="description">The same in a sentence or two, for those who do not see it.</param>
    /// <param name="height">Height in the drawing's units.</param>
    /// <param name="draw">Draws it.</param>
    /// <param name="below">Writes what stands below it; null for nothing.</param>
    public static void Figure(HtmlText page, string id, string title, string description, double height, Action<HtmlText> draw,
        Action<HtmlText>? below = null) =>
        page.Element("figure", figure =>
        {
            figure.Element("figcaption", title, ("id", id));
            figure.Element("svg", svg =>
            {
                svg.Element("title", title, ("id", $"{id}-title"));
                svg.Element("desc", description, ("id", $"{id}-description"));
                draw(svg);
            }, ("role", "img"), ("viewBox", $"0 0 {HtmlText.Place(Width)} {HtmlText.Place(height)}"), ("aria-labelledby", $"{id}-title {id}-description"));
            below?.Invoke(figure);
        }, ("class", "chart"));

    /// <summary>A straight line.</summary>
    public static void Line(HtmlText svg, double x1, double y1, double x2, double y2, string kind) => svg.Mark("line",
        ("x1", HtmlText.Place(x1)), ("y1", HtmlText.Place(y1)), ("x2", HtmlText.Place(x2)), ("y2", HtmlText.Place(y2)), ("class", kind));

    /// <summary>A text of the program's own or of a model's.</summary>
    public static void Label(HtmlText svg, double x, double y, string text, string anchor = "start", string? kind = null) => svg.Element("text", text,
        ("x", HtmlText.Place(x)), ("y", HtmlText.Place(y)), ("text-anchor", anchor), ("class", kind));

    /// <summary>A filled rectangle with a text that shows where one points at it.</summary>
    public static void Bar(HtmlText svg, double x, double y, double width, double height, string kind, string? told = null) => svg.Element("rect",
        rect => { if (told is not null) rect.Element("title", told); },
        ("x", HtmlText.Place(x)), ("y", HtmlText.Place(y)), ("width", HtmlText.Place(Math.Max(0, width))), ("height", HtmlText.Place(Math.Max(0, height))),
        ("class", kind));

    /// <summary>A dot with a text that shows where one points at it.</summary>
    public static void Dot(HtmlText svg, double x, double y, string kind, string told) => svg.Element("circle", dot => dot.Element("title", told),
        ("cx", HtmlText.Place(x)), ("cy", HtmlText.Place(y)), ("r", "4"), ("class", kind));

    /// <summary>Points joined in their order.</summary>
    public static void Path(HtmlText svg, IEnumerable<(double X, double Y)> points, string kind, bool closed = false) => svg.Mark("path",
        ("d", "M" + string.Join('L', points.Select(p => $"{HtmlText.Place(p.X)} {HtmlText.Place(p.Y)}")) + (closed ? "Z" : "")), ("class", kind));

    /// <summary>Round numbers within a range, some five of them.</summary>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end, above the lower one.</param>
    public static IEnumerable<double> Ticks(double low, double high)
    {
        var raw = (high - low) / 5;
        if (!(raw > 0) || !double.IsFinite(raw)) yield break;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        for (var k = Math.Ceiling(low / step); k * step <= high + step * 1e-9; k++) yield return k * step;
    }

    /// <summary>A number at an axis.</summary>
    public static string Tick(double value) => Math.Abs(value) < 1e-12 ? "0" : value.ToString("g3", CultureInfo.InvariantCulture).Replace('-', '−');
}
