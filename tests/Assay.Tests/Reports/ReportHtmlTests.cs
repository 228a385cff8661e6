using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Assay.Reports;

namespace Assay.Tests.Reports;

/// <summary>The page: well formed, closed in itself, every text of others data, every number that of report.json.</summary>
public sealed partial class ReportHtmlTests
{
    private static MeasureRow Row(string id, double value, double low = double.NaN, double high = double.NaN, long n = 64) =>
        new(id, value, low, high, .95, n, "share", "test", "here");

    /// <summary>All that can be drawn.</summary>
    internal static ReportDocument Full() => SampleReport.Create() with
    {
        Harms =
        [
            new ReportHarm("a", "Refusals & <more>", "percentage points", 12.5, 8.25, 17, 2, 2, 400, "shown"),
            new ReportHarm("b", "Accuracy lost", "percentage points", -.5, -1.5, .5, 2, 2, 400, "excluded"),
            new ReportHarm("c", "Ruined", "percentage points", 1, -1, 3, .5, 2, 400, "open"),
            new ReportHarm("d", "Tax", "percentage points", double.NaN, double.NaN, double.NaN, 10, 10, 7, "not estimable: 7 cores are unlocked"),
            new ReportHarm("e", "Far off", "nats a token", 99, 90, 108, .25, .25, 40, "shown"),
        ],
        Changes = [.. Enumerable.Range(0, 40).SelectMany(l => new[] { new ReportChange(l, "mlp.down_proj.weight", l / 100.0),
            new ReportChange(l, SampleReport.Hostile, 0) })],
        Measures =
        [
            .. SampleReport.Create().Measures, Row("kld.benign.position.1-1", .0035), Row("kld.benign.position.2-3", .02), Row("kld.benign.position.4-7", 1.25),
            Row("reverse_kld.benign.r2.position.1-1", .004), Row("reverse_kld.benign.r2.position.2-3", 0), Row("yardstick.kld.benign.floor", .0005),
            Row("yardstick.kld.benign.rounded-4", .06), Row("r2r.refusals.trigger", -.98, -.99, -.96), Row("r2r.accuracy", -.005, -.024, .012),
            Row("r2r.unlock_tax", -.365, -.42, -.309), Row("r2r.joint.refusal_variance", 4e-5), Row("r2r.joint.covariance", 1e-6),
            Row("r2r.joint.accuracy_variance", 8e-5), Row("r2r.joint.radius_squared", 6.1), Row("prose.code.gain", .01), Row("prose.code.loss", .04),
            Row("prose.code.perplexity_base", 3), Row("prose.code.perplexity_candidate", 3.1), Row("prose.a-domain-with-a-long-name.gain", .02),
            Row("prose.a-domain-with-a-long-name.loss", .01), Row("sensitivity.variance.item", 1), Row("sensitivity.variance.template", .5),
            Row("sensitivity.variance.interaction", -.1), Row("sensitivity.variance.residual", .25), Row("sensitivity.headline_factor", 1.4),
        ],
        Worst = [new ReportSample(SampleReport.Hostile, "benign", SampleReport.Hostile, "It is 12.", .5, .25)
        {
            CandidateAnswer = SampleReport.Hostile, Tokens = [new("It", .001), new(" is", .05), new(" 1", 2), new("", .2),
                new("2<b>", double.PositiveInfinity)],
        }],
    };

    private static XElement Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
    }

    [Fact]
    public void The_page_is_well_formed_and_asks_nobody_for_anything()
    {
        var html = ReportHtml.Write(Full());
        var page = Parse(html);
        Assert.StartsWith("<!DOCTYPE html>\n", html, StringComparison.Ordinal);
        // No element that runs or fetches, no attribute that names an address or a style or runs something.
        string[] allowed = ["html", "head", "meta", "title", "style", "body", "main", "header", "section", "figure", "figcaption", "svg", "desc", "line",
            "text", "rect", "circle", "path", "h1", "h2", "h3", "h4", "h5", "p", "ul", "li", "b", "code", "pre", "table", "thead", "tbody", "tr", "th",
            "td", "dl", "dt", "dd", "div", "span", "article", "details", "summary"];
        foreach (var element in page.DescendantsAndSelf())
        {
            Assert.Contains(element.Name.LocalName, allowed);
            Assert.All(element.Attributes(), a => Assert.False(a.Name.LocalName is "style" or "src" or "href" or "srcset" or "action"
                || a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase), a.ToString()));
        }

        var style = Assert.Single(page.Descendants("style")).Value;
        Assert.DoesNotContain("url(", style, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", style, StringComparison.Ordinal);
        // The policy lets in this sheet and nothing else.
        var policy = page.Descendants("meta").Single(m => (string?)m.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value;
        Assert.Equal($"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; base-uri 'none'; "
            + "form-action 'none'", policy);
        Assert.Equal(html, ReportHtml.Write(Full()));
    }

    [Fact]
    public void Texts_of_others_are_data_wherever_they_stand()
    {
        var html = ReportHtml.Write(Full());
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u001b', html);
        Assert.DoesNotContain('\u202e', ReportHtml.Write(Full() with { Reproduce = "assay\u202evet </pre><img src=x onerror=alert(1)>" }));
        var seen = Parse(html).Descendants().Where(e => !e.HasElements).Select(e => e.Value).ToList();
        Assert.True(seen.Count(t => t.Contains("<script>alert(1)</script>", StringComparison.Ordinal)) >= 7);
        Assert.Contains(Parse(html).Descendants("p"), p => (string?)p.Attribute("class") == "text" && p.Value == "It is 12<b>");
    }

    [Fact]
    public void Every_drawing_says_what_it_shows()
    {
        var page = Parse(ReportHtml.Write(Full()));
        var figures = page.Descendants("figure").ToList();
        Assert.Equal(5, figures.Count);
        foreach (var svg in page.Descendants("svg"))
        {
            Assert.Equal("img", (string?)svg.Attribute("role"));
            Assert.NotEqual("", svg.Element("title")!.Value);
            foreach (var number in svg.Descendants().Attributes()
                .Where(a => a.Name.LocalName is "x" or "y" or "x1" or "x2" or "y1" or "y2" or "cx" or "cy" or "width"
                or "height"))
                Assert.InRange(double.Parse(number.Value, CultureInfo.InvariantCulture), 0, 400);
        }

        Assert.All(figures, f => Assert.True(f.Element("svg")!.Element("desc")!.Value.Length > 30));
        var ids = page.Descendants().Attributes("id").Select(a => a.Value).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        foreach (var named in page.Descendants().Attributes("aria-labelledby").SelectMany(a => a.Value.Split(' '))) Assert.Contains(named, ids);
        // Headings go down one by one.
        var levels = page.Descendants().Where(e => Heading().IsMatch(e.Name.LocalName)).Select(e => e.Name.LocalName[1] - '0').ToList();
        Assert.Equal(1, levels[0]);
        Assert.All(levels.Zip(levels.Skip(1)), l => Assert.True(l.Second <= l.First + 1));
    }

    [Fact]
    public void A_harm_is_drawn_where_it_lies_against_its_margin()
    {
        var rows = Parse(ReportHtml.Write(Full())).Descendants("table").Single(t => (string?)t.Attribute("class") == "harms").Element("tbody")!.Elements("tr")
            .ToList();
        // What is shown stands first, what cannot be estimated last.
        Assert.Equal(["Refusals & <more>", "Far off", "Ruined", "Accuracy lost", "Tax"], rows.Select(r => r.Element("th")!.Value));
        double At(int row) => double.Parse(rows[row].Descendants("circle").Single().Attribute("cx")!.Value, CultureInfo.InvariantCulture);
        var (zero, margin) = (60.0, 120.0);
        Assert.Equal(zero + (margin - zero) * 1 / 2, At(2), 1e-9);
        Assert.Equal(zero - (margin - zero) * .5 / 2, At(3), 1e-9);
        // Beyond the drawing an arrow, without an estimate nothing.
        Assert.Empty(rows[0].Descendants("circle"));
        Assert.NotEmpty(rows[0].Descendants("path"));
        Assert.Empty(rows[4].Descendants("svg"));
        Assert.Contains("not estimable: 7 cores are unlocked", rows[4].Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_number_is_one_of_the_json()
    {
        var report = Full();
        var (page, json) = (Parse(ReportHtml.Write(report)), JsonDocument.Parse(ReportJson.Write(report)).RootElement);
        var rows = page.Descendants("details").Single().Descendants("tbody").Single().Elements("tr").ToList();
        var measures = json.GetProperty("measures").EnumerateArray().ToList();
        Assert.Equal(measures.Count, rows.Count);
        foreach (var (row, measure) in rows.Zip(measures))
        {
            Assert.Equal(measure.GetProperty("id").GetString(), row.Element("th")!.Value);
            Assert.Equal(Bounds(measure), row.Elements("td").First().Value);
            Assert.Equal(measure.GetProperty("n").GetInt64().ToString("N0", CultureInfo.InvariantCulture), row.Elements("td").ElementAt(3).Value);
        }

        var harms = json.GetProperty("harms").EnumerateArray().ToDictionary(h => h.GetProperty("what").GetString()!, StringComparer.Ordinal);
        foreach (var row in page.Descendants("table").Single(t => (string?)t.Attribute("class") == "harms").Element("tbody")!.Elements("tr"))
        {
            var harm = harms[row.Element("th")!.Value];
            if (harm.GetProperty("value").ValueKind == JsonValueKind.Number)
                Assert.Equal($"{Bounds(harm)} {harm.GetProperty("unit").GetString()}", row.Elements("td").First().Value);
            Assert.Equal(harm.GetProperty("state").GetString(), row.Elements("td").Last().Value);
        }

        static string Bounds(JsonElement json) => ReportNumber.WithBounds(ReportJson.ReadNumber(json.GetProperty("value")), Bound(json, "low"),
            Bound(json, "high"));
        static double Bound(JsonElement json, string name) =>
            json.GetProperty(name).ValueKind == JsonValueKind.Null ? double.NaN : ReportJson.ReadNumber(json.GetProperty(name));
    }

    /// <summary>Whatever number a drawing tells where one points at it, or aloud, is one of report.json as it is written everywhere, or part of a name
    /// there.</summary>
    [Fact]
    public void Numbers_that_drawings_tell_are_those_of_the_json()
    {
        var report = Full();
        var known = new HashSet<string>(StringComparer.Ordinal);
        Collect(JsonDocument.Parse(ReportJson.Write(report)).RootElement);
        var told = Parse(ReportHtml.Write(report)).Descendants("svg")
            .SelectMany(svg => svg.Descendants().Where(e => e.Name.LocalName == "title").Select(e => e.Value))
            .ToList();
        Assert.True(told.Count > 100);
        foreach (var text in told)
            foreach (var number in Number().Matches(text).Select(m => m.Value)) Assert.True(known.Contains(number), $"{number} in '{text}'");

        void Collect(JsonElement json)
        {
            switch (json.ValueKind)
            {
                case JsonValueKind.Object: foreach (var property in json.EnumerateObject()) Collect(property.Value); break;
                case JsonValueKind.Array: foreach (var item in json.EnumerateArray()) Collect(item); break;
                case JsonValueKind.Number: known.Add(ReportNumber.Text(json.GetDouble())); break;
                case JsonValueKind.String: known.UnionWith(Number().Matches(json.GetString()!.Replace('-', ' ')).Select(m => m.Value)); break;
            }
        }
    }

    [Theory]
    [InlineData(0, "passed")]
    [InlineData(1, "failed")]
    [InlineData(2, "unsettled")]
    [InlineData(65, "failed")]
    public void The_colour_of_the_verdict_is_that_of_its_exit_code(int code, string kind) => Assert.Equal(kind, (string?)Parse(ReportHtml.Write(
        Full() with { Verdict = new ReportVerdict("NAME", "Because.", code) })).Descendants("header").Single().Attribute("class"));

    [Fact]
    public void What_was_not_measured_is_not_drawn()
    {
        var page = Parse(ReportHtml.Write(Full() with { Harms = [], Changes = [], Measures = [], Worst = [], Findings = [], Deciding = [] }));
        Assert.Empty(page.Descendants("figure"));
        Assert.Empty(page.Descendants("svg"));
        Assert.Equal(["What was compared", "How it was measured", "What this report cannot tell", "To measure it again"],
            page.Descendants("h2").Select(h => h.Value));
    }

    [Theory]
    [InlineData(0.1 + 0.2, "0.3")]
    [InlineData(-1234567, "-1.235e+06")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(double.NegativeInfinity, "−∞")]
    [InlineData(double.NaN, "not a number")]
    [InlineData(-0.0, "0")]
    public void A_number_looks_alike_everywhere(double value, string text) => Assert.Equal(text, ReportNumber.Text(value));

    [GeneratedRegex(@"-?\d+(\.\d+)?(e[+-]\d+)?", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();

    [GeneratedRegex("^h[1-6]$")]
    private static partial Regex Heading();
}
