using System.Globalization;

namespace Assay.Reports.Html;

/// <summary>How far the matrices of each layer moved.</summary>
internal static class LayerChart
{
    // Room around the cells, the height of a matrix's row, and what stands above, in the drawing's units.
    private const double Left = 118, Right = 8, Top = 8, Row = 18;

    // Upper ends of the classes, ‖W′ − W‖ / ‖W‖.
    private static readonly double[] s_classes = [1e-4, 1e-3, 1e-2, 1e-1];

    public static void Write(HtmlText page, IReadOnlyList<ReportChange> changes)
    {
        if (changes.All(c => c.Relative == 0)) return;
        var layers = changes.Max(c => c.Layer) + 1;
        string[] modules = [.. changes.Select(c => c.Module).Distinct(StringComparer.Ordinal)];
        var wide = (Chart.Width - Left - Right) / layers;
        var most = changes.MaxBy(c => c.Relative)!;
        Chart.Figure(page, "by-layer", "Where the weights changed",
            $"Relative change of {modules.Length} matrices in {layers} layers; the largest is {ReportNumber.Text(most.Relative)}, layer {most.Layer}, "
                + $"{most.Module}.",
            Top + Row * modules.Length + 34, svg =>
            {
                for (var i = 0; i < modules.Length; i++) Chart.Label(svg, Left - 5, Top + Row * i + 13, Short(modules[i]), "end", "small");
                foreach (var change in changes)
                    Chart.Bar(svg, Left + wide * change.Layer, Top + Row * Array.IndexOf(modules, change.Module), wide - Math.Min(1, wide / 8), Row - 1,
                        "heat" + Class(change.Relative), $"layer {change.Layer}, {change.Module}: {ReportNumber.Text(change.Relative)}");
                var every = Math.Max(1, (int)Math.Ceiling(layers / 16.0));
                for (var l = 0; l < layers; l += every)
                    Chart.Label(svg, Left + wide * (l + .5), Top + Row * modules.Length + 13, l.ToString(CultureInfo.InvariantCulture), "middle", "small");
                Chart.Label(svg, (Left + Chart.Width - Right) / 2, Top + Row * modules.Length + 29, "layer", "middle");
            }, below => below.Element("p", key =>
            {
                key.Text("‖W′ − W‖ / ‖W‖:  ").Element("span", "", ("class", "key heat0")).Text(" none  ");
                for (var c = 1; c <= s_classes.Length + 1; c++)
                    key.Element("span", "", ("class", $"key heat{c}")).Text(c <= s_classes.Length ? $" up to {Chart.Tick(s_classes[c - 1])}  " : " more");
            }, ("class", "note")));
    }

    /// <summary>0 for no change, then how many of the classes' ends are passed.</summary>
    private static int Class(double relative) => relative == 0 ? 0 : 1 + s_classes.Count(end => relative > end);

    private static string Short(string module)
    {
        var name = module.EndsWith(".weight", StringComparison.Ordinal) ? module[..^".weight".Length] : module;
        return name.Length <= 20 ? name : "…" + name[^19..];
    }
}
