using Assay.Reports.Html;

namespace Assay.Reports;

/// <summary>The report as one HTML file: nothing is fetched, no script runs, and every text of a model or a file is data.</summary>
/// <remarks>ux.md, "The report".</remarks>
public static class ReportHtml
{
    /// <summary>Lays a report out.</summary>
    /// <param name="report">The report.</param>
    public static string Write(ReportDocument report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var page = new HtmlText().Raw("<!DOCTYPE html>\n");
        page.Element("html", html =>
        {
            html.Element("head", head => Head(head, report));
            html.Element("body", body => body.Element("main", main => Body(main, report)));
        }, ("lang", "en"));
        return page.Raw("\n").ToString();
    }

    private static void Head(HtmlText head, ReportDocument report) => head
        .Raw("<meta charset=\"utf-8\"/>")
        .Raw($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {PageStyle.Hash}; base-uri 'none'; form-action 'none'\"/>")
        .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><meta name=\"referrer\" content=\"no-referrer\"/>")
        .Element("title", $"{report.Verdict.Name}: {report.Base.Name} → {report.Candidate.Name}")
        .Raw("<style>").Raw(PageStyle.Sheet).Raw("</style>");

    private static void Body(HtmlText main, ReportDocument report)
    {
        main.Element("header", header =>
        {
            header.Element("p", report.Verdict.Name, ("class", "name"));
            header.Element("h1", $"{report.Base.Name} → {report.Candidate.Name}");
            header.Element("p", report.Verdict.Sentence, ("class", "sentence"));
            if (report.Limited) header.Element("p", "Not a verdict: the run was limited", ("class", "stamp"));
        }, ("class", report.Verdict.ExitCode switch { 0 => "passed", 2 => "unsettled", _ => "failed" }));
        Section(main, "What decided it", report.Deciding, list => list.Element("ul", ul =>
        {
            foreach (var row in report.Deciding) ul.Element("li", li => li.Element("code", row.Id).Text($": {row}, {row.Where}"));
        }));
        MarginTable.Write(main, report.Harms);
        Section(main, "Findings", report.Findings, list => list.Element("ul", ul =>
        {
            foreach (var finding in report.Findings)
                ul.Element("li", li => li.Element("b", finding.Id).Text($" ({finding.Severity}): {finding.Sentence}"), ("class", finding.Severity switch
                {
                    "harm" => "harm", "warning" => "warning", _ => "note-finding",
                }));
        }, ("class", "findings")));
        Charts(main, report);
        AnswerList.Write(main, report.Worst);
        Compared(main, report);
        Section(main, "How it was measured", report.Method, list => Sentences(list, report.Method));
        Section(main, "What this report cannot tell", report.CannotTell, list => Sentences(list, report.CannotTell));
        main.Element("section", section => section.Element("h2", "To measure it again").Element("pre", report.Reproduce)
            .Element("p", $"Assay {report.Assay}, {report.Protocol}.", ("class", "note")));
        Section(main, "All measures", report.Measures, list => Measures(list, report.Measures));
    }

    private static void Charts(HtmlText main, ReportDocument report)
    {
        var charts = new HtmlText();
        PositionChart.Write(charts, report.Measures);
        RefusalChart.Write(charts, report.Measures);
        DomainChart.Write(charts, report.Measures);
        SensitivityChart.Write(charts, report.Measures);
        LayerChart.Write(charts, report.Changes);
        if (charts.ToString() is { Length: > 0 } drawn)
            main.Element("section", section => section.Element("h2", "In pictures").Element("div", div => div.Raw(drawn), ("class", "charts")));
    }

    private static void Compared(HtmlText main, ReportDocument report) => main.Element("section", section =>
    {
        section.Element("h2", "What was compared").Element("table", table =>
        {
            table.Element("thead", head => head.Element("tr", row =>
            {
                row.Element("td", "");
                foreach (var name in new[] { "base", "candidate" }) row.Element("th", name, ("scope", "col"));
            }));
            table.Element("tbody", body =>
            {
                Both("name", m => m.Name);
                Both("architecture", m => m.Architecture);
                Both("parameters", m => ReportNumber.Count(m.Parameters));
                Both("weights", m => m.WeightsHash);
                Both("packaging", m => m.PackagingHash);
                Both("chat template", m => m.TemplateHash ?? "none");

                void Both(string what, Func<ReportModel, string> of) => body.Element("tr", row =>
                    row.Element("th", what, ("scope", "row")).Element("td", of(report.Base)).Element("td", of(report.Candidate)));
            });
        });
        section.Element("dl", list =>
        {
            foreach (var fact in report.Facts) list.Element("dt", fact.Id).Element("dd", fact.Value);
        });
    });

    private static void Measures(HtmlText section, IReadOnlyList<MeasureRow> measures) => section.Element("details", details =>
    {
        details.Element("summary", $"{ReportNumber.Count(measures.Count)} measures with intervals, n and method");
        details.Element("div", scroll => scroll.Element("table", table =>
        {
            table.Element("thead", head => head.Element("tr", row =>
            {
                foreach (var name in new[] { "measure", "value", "unit", "level", "n", "measured on", "method" }) row.Element("th", name, ("scope", "col"));
            }));
            table.Element("tbody", body =>
            {
                foreach (var m in measures)
                    body.Element("tr", row => row.Element("th", th => th.Element("code", m.Id), ("scope", "row"))
                        .Element("td", ReportNumber.WithBounds(m.Value, m.Low, m.High)).Element("td", m.Unit).Element("td", ReportNumber.Text(m.Level))
                        .Element("td", ReportNumber.Count(m.N)).Element("td", m.Where).Element("td", m.Method));
            });
        }), ("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "All measures"));
    });

    private static void Sentences(HtmlText section, IReadOnlyList<string> sentences) => section.Element("ul", list =>
    {
        foreach (var sentence in sentences) list.Element("li", sentence);
    });

    private static void Section<T>(HtmlText main, string title, IReadOnlyList<T> rows, Action<HtmlText> content)
    {
        if (rows.Count == 0) return;
        main.Element("section", section =>
        {
            section.Element("h2", title);
            content(section);
        });
    }
}
