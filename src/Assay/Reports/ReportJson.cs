using System.Text.Encodings.Web;
using System.Text.Json;

namespace Assay.Reports;

/// <summary>JSON forms of reports and measures: UTF-8, two spaces, line feeds, a fixed order of keys, shortest round-trip numbers. Equal content is equal bytes.</summary>
/// <remarks>JSON has no infinities: +∞, −∞ and NaN are the strings <c>"inf"</c>, <c>"-inf"</c>, <c>"nan"</c>; a bound that may not be given is null, and <c>method</c> says why.</remarks>
public static class ReportJson
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.Default };

    /// <summary>The whole report.</summary>
    public static byte[] Write(ReportDocument report) => Build(json =>
    {
        json.WriteStartObject();
        json.WriteString("schema", ReportDocument.Schema);
        json.WriteString("assay", report.Assay);
        json.WriteString("protocol", report.Protocol);
        json.WriteStartObject("verdict");
        json.WriteString("name", report.Verdict.Name);
        json.WriteString("sentence", report.Verdict.Sentence);
        json.WriteNumber("exit_code", report.Verdict.ExitCode);
        json.WriteBoolean("not_a_verdict", report.Limited);
        json.WriteEndObject();
        Model(json, "base", report.Base);
        Model(json, "candidate", report.Candidate);
        json.WriteStartObject("compared");
        foreach (var fact in report.Facts) json.WriteString(fact.Id, fact.Value);
        json.WriteEndObject();
        Rows(json, "deciding", report.Deciding, report);
        Objects(json, "findings", report.Findings, finding =>
        {
            json.WriteString("id", finding.Id);
            json.WriteString("severity", finding.Severity);
            json.WriteString("sentence", finding.Sentence);
        });
        Rows(json, "measures", report.Measures, report);
        Objects(json, "harms", report.Harms, harm =>
        {
            json.WriteString("id", harm.Id);
            json.WriteString("what", harm.What);
            json.WriteString("unit", harm.Unit);
            WriteNumber(json, "value", harm.Value);
            Bound(json, "low", harm.Low);
            Bound(json, "high", harm.High);
            WriteNumber(json, "found", harm.Found);
            WriteNumber(json, "certified", harm.Certified);
            json.WriteNumber("n", harm.N);
            json.WriteString("state", harm.State);
        });
        Objects(json, "changes", report.Changes, change =>
        {
            json.WriteNumber("layer", change.Layer);
            json.WriteString("module", change.Module);
            WriteNumber(json, "relative", change.Relative);
        });
        Objects(json, "worst", report.Worst, sample =>
        {
            json.WriteString("id", sample.Id);
            json.WriteString("panel", sample.Panel);
            WriteNumber(json, "mean_kld", sample.MeanKl);
            WriteNumber(json, "first_token_kld", sample.FirstKl);
            json.WriteString("prompt", sample.Prompt);
            json.WriteString("answer", sample.Answer);
            // A null string is written as null.
            json.WriteString("candidate_answer", sample.CandidateAnswer);
            Objects(json, "tokens", sample.Tokens, token =>
            {
                json.WriteString("text", token.Text);
                WriteNumber(json, "kld", token.Kl);
            });
        });
        Sentences(json, "method", report.Method);
        Sentences(json, "cannot_tell", report.CannotTell);
        json.WriteString("reproduce", report.Reproduce);
        json.WriteEndObject();
    });

    /// <summary><c>measurements.json</c>: the measures with the hashes of what they were taken on.</summary>
    public static byte[] WriteMeasurements(ReportDocument report) => Build(json =>
    {
        json.WriteStartObject();
        json.WriteString("schema", "assay-measurements-1");
        json.WriteString("protocol", report.Protocol);
        json.WriteString("verdict", report.Verdict.Name);
        Model(json, "base", report.Base);
        Model(json, "candidate", report.Candidate);
        json.WriteStartObject("compared");
        foreach (var fact in report.Facts) json.WriteString(fact.Id, fact.Value);
        json.WriteEndObject();
        Rows(json, "measures", report.Measures, report);
        json.WriteEndObject();
    });

    /// <summary>A number, or one of the strings that stand for what JSON cannot say.</summary>
    public static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        json.WritePropertyName(name);
        WriteNumber(json, value);
    }

    /// <summary>The same without a name.</summary>
    public static void WriteNumber(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }

    /// <summary>Reads what <see cref="WriteNumber(Utf8JsonWriter, double)"/> wrote, bit for bit (NaN as NaN).</summary>
    /// <exception cref="JsonException">Anything else.</exception>
    public static double ReadNumber(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.String => json.GetString() switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" => double.NaN,
            _ => throw new JsonException("A score is a number, inf, -inf or nan."),
        },
        _ => throw new JsonException("A score is a number, inf, -inf or nan."),
    };

    private static void Rows(Utf8JsonWriter json, string name, IReadOnlyList<MeasureRow> rows, ReportDocument report) => Objects(json, name, rows, row =>
    {
        json.WriteString("id", row.Id);
        WriteNumber(json, "value", row.Value);
        Bound(json, "low", row.Low);
        Bound(json, "high", row.High);
        WriteNumber(json, "level", row.Level);
        json.WriteNumber("n", row.N);
        json.WriteString("unit", row.Unit);
        json.WriteString("method", row.Method);
        json.WriteString("where", row.Where);
        json.WriteStartObject("hashes");
        json.WriteString("base", report.Base.WeightsHash);
        json.WriteString("candidate", report.Candidate.WeightsHash);
        json.WriteEndObject();
    });

    /// <summary>An array of objects.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="name">Name of the array.</param>
    /// <param name="rows">One object each.</param>
    /// <param name="write">Writes what is in one.</param>
    private static void Objects<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> rows, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            write(row);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Bound(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsNaN(value)) json.WriteNull(name);
        else WriteNumber(json, name, value);
    }

    private static void Model(Utf8JsonWriter json, string name, ReportModel model)
    {
        json.WriteStartObject(name);
        json.WriteString("name", model.Name);
        json.WriteString("architecture", model.Architecture);
        json.WriteNumber("parameters", model.Parameters);
        json.WriteString("weights", model.WeightsHash);
        json.WriteString("packaging", model.PackagingHash);
        if (model.TemplateHash is null) json.WriteNull("template");
        else json.WriteString("template", model.TemplateHash);
        json.WriteEndObject();
    }

    private static void Sentences(Utf8JsonWriter json, string name, IReadOnlyList<string> sentences)
    {
        json.WriteStartArray(name);
        foreach (var sentence in sentences) json.WriteStringValue(sentence);
        json.WriteEndArray();
    }

    internal static byte[] Build(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options)) write(json);
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
