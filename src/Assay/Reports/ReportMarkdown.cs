using System.Text;

namespace Assay.Reports;

/// <summary>The report as Markdown: verdict, deciding numbers, what was compared, findings, all measures, method, limits, command.</summary>
public static class ReportMarkdown
{
    /// <summary>Lays a report out. Everything in it is escaped: names and texts come from models.</summary>
    public static string Write(ReportDocument report)
    {
        var text = new StringBuilder();
        text.Append($"# {Escape(report.Verdict.Name)}: {Escape(report.Base.Name)} → {Escape(report.Candidate.Name)}\n\n{Escape(report.Verdict.Sentence)}\n");
        if (report.Limited) text.Append("\n**Not a verdict**: the run was limited.\n");
        Section(text, "What decided it", report.Deciding, row => $"- `{Code(row.Id)}`: {Escape(row.ToString())}, {Escape(row.Where)}");
        text.Append("\n## What was compared\n\n| | base | candidate |\n|---|---|---|\n");
        Row(text, "name", report.Base.Name, report.Candidate.Name);
        Row(text, "architecture", report.Base.Architecture, report.Candidate.Architecture);
        Row(text, "parameters", report.Base.Parameters.ToString(), report.Candidate.Parameters.ToString());
        Row(text, "weights", report.Base.WeightsHash, report.Candidate.WeightsHash);
        Row(text, "packaging", report.Base.PackagingHash, report.Candidate.PackagingHash);
        Row(text, "chat template", report.Base.TemplateHash ?? "none", report.Candidate.TemplateHash ?? "none");
        text.Append('\n');
        foreach (var fact in report.Facts) text.Append($"- {Escape(fact.Id)}: {Escape(fact.Value)}\n");
        Section(text, "Findings", report.Findings, finding => $"- {Escape(finding.Severity)}: **{Escape(finding.Id)}**: {Escape(finding.Sentence)}");
        if (report.Measures.Count > 0)
        {
            text.Append("\n## Measures\n\n| measure | value | interval | level | n | unit | where | method |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var m in report.Measures)
                text.Append(FormattableString.Invariant($"| `{Code(m.Id)}` | {m.Value:g6} | "))
                    .Append(m.HasInterval ? FormattableString.Invariant($"{m.Low:g6} to {m.High:g6}") : "none")
                    .Append(FormattableString.Invariant($" | {m.Level:g3} | {m.N} | {Escape(m.Unit)} | {Escape(m.Where)} | {Escape(m.Method)} |\n"));
        }

        if (report.Worst.Count > 0)
        {
            text.Append("\n## Answers that diverge most\n\n| item | panel | mean KLD | first token | prompt | base's answer |\n|---|---|---|---|---|---|\n");
            foreach (var s in report.Worst)
                text.Append(FormattableString.Invariant($"| {Escape(s.Id)} | {Escape(s.Panel)} | {s.MeanKl:g4} | {s.FirstKl:g4} | {Escape(s.Prompt)} | {Escape(s.Answer)} |\n"));
        }

        Section(text, "Method", report.Method, sentence => $"- {Escape(sentence)}");
        Section(text, "What this report cannot tell", report.CannotTell, sentence => $"- {Escape(sentence)}");
        text.Append($"\n## To measure it again\n\n    {UntrustedText.Visible(report.Reproduce)}\n\nAssay {Escape(report.Assay)}, {Escape(report.Protocol)}.\n");
        return text.ToString();
    }

    private static void Section<T>(StringBuilder text, string title, IReadOnlyList<T> rows, Func<T, string> line)
    {
        if (rows.Count == 0) return;
        text.Append($"\n## {title}\n\n");
        foreach (var row in rows) text.Append(line(row)).Append('\n');
    }

    private static void Row(StringBuilder text, string name, string first, string second) => text.Append($"| {name} | {Escape(first)} | {Escape(second)} |\n");

    private static string Escape(string text) => UntrustedText.Markdown(text);

    // Inside backticks nothing is markup but the backtick itself and, in a table, the border.
    private static string Code(string id) => UntrustedText.Visible(id).Replace('`', '\'').Replace('|', '/');
}
