using System.Text.Json;
using Assay.Reports;

namespace Assay.Tests.Reports;

public sealed class ReportTests
{
    private static readonly JsonElement Json = JsonDocument.Parse(ReportJson.Write(SampleReport.Create())).RootElement;

    [Fact]
    public void Every_measure_carries_all_that_the_schema_promises()
    {
        string[] keys = ["id", "value", "low", "high", "level", "n", "unit", "method", "where", "hashes"];
        foreach (var row in Json.GetProperty("measures").EnumerateArray().Concat(Json.GetProperty("deciding").EnumerateArray()))
            Assert.Equal(keys, row.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void Numbers_come_back_bit_for_bit()
    {
        var row = Json.GetProperty("measures")[0];
        Assert.Equal(BitConverter.DoubleToInt64Bits(0.1 + 0.2), BitConverter.DoubleToInt64Bits(row.GetProperty("value").GetDouble()));
        Assert.Equal(BitConverter.DoubleToInt64Bits(-0.0), BitConverter.DoubleToInt64Bits(row.GetProperty("low").GetDouble()));
        Assert.Equal(1e-300, row.GetProperty("high").GetDouble());
    }

    [Fact]
    public void Infinity_is_a_string_and_an_absent_bound_is_null()
    {
        var row = Json.GetProperty("measures")[1];
        Assert.Equal("inf", row.GetProperty("value").GetString());
        Assert.Equal("inf", row.GetProperty("high").GetString());
        Assert.Equal(JsonValueKind.Null, row.GetProperty("low").ValueKind);
    }

    [Fact]
    public void Equal_reports_are_equal_bytes_and_hold_no_carriage_return()
    {
        Assert.Equal(ReportJson.Write(SampleReport.Create()), ReportJson.Write(SampleReport.Create()));
        Assert.DoesNotContain((byte)'\r', ReportJson.Write(SampleReport.Create()));
    }

    [Fact]
    public void Json_holds_hostile_text_unchanged_and_the_stamp_of_a_limited_run()
    {
        Assert.Equal(SampleReport.Hostile, Json.GetProperty("base").GetProperty("name").GetString());
        Assert.True(Json.GetProperty("verdict").GetProperty("not_a_verdict").GetBoolean());
    }

    [Fact]
    public void Markdown_shows_hostile_text_as_text()
    {
        var text = ReportMarkdown.Write(SampleReport.Create());
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.DoesNotContain("](", text, StringComparison.Ordinal);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
        Assert.DoesNotContain("www.", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        Assert.Contains("Not a verdict", text, StringComparison.Ordinal);
        Assert.Contains("assay vet a b --seed 42", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_row_of_the_table_has_the_columns_of_its_head()
    {
        var lines = ReportMarkdown.Write(SampleReport.Create()).Split('\n');
        var head = Array.FindIndex(lines, l => l.StartsWith("| measure ", StringComparison.Ordinal));
        Assert.Equal(2, lines.Skip(head + 2).TakeWhile(l => l.StartsWith('|')).Count());
        foreach (var line in lines.Skip(head).TakeWhile(l => l.StartsWith('|')))
            Assert.Equal(9, line.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|'));
    }

    /// <summary>Two screens of 40 lines; the rest opens where it is asked for, and hostile text closes nothing.</summary>
    [Fact]
    public void What_is_read_first_fits_two_screens_and_the_rest_is_in_a_block()
    {
        var text = ReportMarkdown.Write(SampleReport.Create() with
        {
            Deciding = [.. Enumerable.Repeat(SampleReport.Create().Deciding[0], 5)],
            Harms = [.. Enumerable.Range(0, 40).Select(i => new ReportHarm($"{i}", SampleReport.Hostile, "points", i, i - 1, i + 1, 2, 2, 9, i == 39 ? "shown"
                : "open"))],
            Findings = [.. Enumerable.Range(0, 30).Select(i => new ReportFinding($"F-{i}", "</details>" + SampleReport.Hostile))],
            Worst = [new ReportSample("a", "benign", "</details>", "| x |", 1, 2) { CandidateAnswer = "<b>" }],
        });
        var lines = text.Split('\n');
        var block = Array.FindIndex(lines, l => l.StartsWith("<details>", StringComparison.Ordinal));
        Assert.InRange(block, 30, 80);
        Assert.Equal("</details>", Assert.Single(lines, l => l.Contains("</details>", StringComparison.Ordinal)));
        // What is shown stands first.
        Assert.Contains("| 39 \\[38, 40\\] points | 2 | 9 | shown |", lines[Array.FindIndex(lines, l => l.StartsWith("| harm ", StringComparison.Ordinal)) + 2],
            StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 30), i => Assert.Contains($"**F\\-{i}**", text, StringComparison.Ordinal));
        Assert.Contains("- and 18 more below", lines);
    }

    [Fact]
    public void A_number_is_never_printed_without_its_interval_or_the_reason_for_none()
    {
        foreach (var row in SampleReport.Create().Measures)
            Assert.Contains(row.HasInterval ? "[" : "no interval: fewer than 30 clusters", row.ToString(), StringComparison.Ordinal);
    }
}
