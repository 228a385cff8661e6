using System.Text;

namespace Assay.Reports;

/// <summary>The report as Markdown: what a person reads first on two screens (verdict, harms against their margins, findings, what was compared, the
/// command), and everything else in a block that opens.</summary>
public static class ReportMarkdown
{
    private const int MostHarms = 15, MostFindings = 12;

    /// <summary>Lays a report out. Everything in it is escaped: names and texts come from models.</summary>
    public static string Write(ReportDocument report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        text.Append($"# {Escape(report.Verdict.Name)}: {Escape(report.Base.Name)} → {Escape(report.Candidate.Name)}\n\n{Escape(report.Verdict.Sentence)}\n");
        if (report.Limited) text.Append("\n**Not a verdict**: the run was limited.\n");
        Section(text, "What decided it", report.Deciding, row => $"- `{Code(row.Id)}`: {Escape(row.ToString())}, {Escape(row.Where)}");
        Harms(text, report.Harms);
        Section(text, "Findings", [.. report.Findings.Take(MostFindings)],
            finding => $"- {Escape(finding.Severity)}: **{Escape(finding.Id)}**: {Escape(finding.Sentence)}");
        if (report.Findings.Count > MostFindings) text.Append($"- and {report.Findings.Count - MostFindings} more below\n");
        text.Append("\n## What was compared\n\n| | base | candidate |\n|---|---|---|\n");
        Row(text, "name", report.Base.Name, report.Candidate.Name);
        Row(text, "architecture", report.Base.Architecture, report.Candidate.Architecture);
        Row(text, "parameters", ReportNumber.Count(report.Base.Parameters), ReportNumber.Count(report.Candidate.Parameters));
        Row(text, "weights", report.Base.WeightsHash, report.Candidate.WeightsHash);
        Row(text, "packaging", report.Base.PackagingHash, report.Candidate.PackagingHash);
        Row(text, "chat template", report.Base.TemplateHash ?? "none", report.Candidate.TemplateHash ?? "none");
        text.Append($"\n## To measure it again\n\n    {UntrustedText.Visible(report.Reproduce)}\n\nAssay {Escape(report.Assay)}, {Escape(report.Protocol)}.\n");
        text.Append("\n<details><summary>Everything else: settings, all measures, answers, method, and what this cannot tell</summary>\n");
        Section(text, "Settings", report.Facts, fact => $"- {Escape(fact.Id)}: {Escape(fact.Value)}");
        Section(text, "More findings", [.. report.Findings.Skip(MostFindings)],
            finding => $"- {Escape(finding.Severity)}: **{Escape(finding.Id)}**: {Escape(finding.Sentence)}");
        if (report.Measures.Count > 0)
        {
            text.Append("\n## Measures\n\n| measure | value | interval | level | n | unit | where | method |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var m in report.Measures)
                text.Append($"| `{Code(m.Id)}` | {ReportNumber.Text(m.Value)} | "
                    + $"{(m.HasInterval ? $"{ReportNumber.Text(m.Low)} to {ReportNumber.Text(m.High)}" : "none")} | {ReportNumber.Text(m.Level)} | "
                    + $"{ReportNumber.Count(m.N)} | {Escape(m.Unit)} | {Escape(m.Where)} | {Escape(m.Method)} |\n");
        }

        if (report.Worst.Count > 0)
        {
            text.Append("\n## Answers that diverge most\n\n| item | panel | mean KLD | first token | prompt | base's answer | candidate's answer |\n")
                .Append("|---|---|---|---|---|---|---|\n");
            foreach (var s in report.Worst)
                text.Append($"| {Escape(s.Id)} | {Escape(s.Panel)} | {ReportNumber.Text(s.MeanKl)} | {ReportNumber.Text(s.FirstKl)} | {Escape(s.Prompt)} | "
                    + $"{Escape(s.Answer)} | {Escape(s.CandidateAnswer ?? "not written")} |\n");
        }

        Section(text, "Method", report.Method, sentence => $"- {Escape(sentence)}");
        Section(text, "What this report cannot tell", report.CannotTell, sentence => $"- {Escape(sentence)}");
        return text.Append("\n</details>\n").ToString();
    }

    private static void Harms(StringBuilder text, IReadOnlyList<ReportHarm> harms)
    {
        if (harms.Count == 0) return;
        text.Append("\n## Harms against their margins\n\n| harm | estimate, 95 % interval | margin | n | outcome |\n|---|---|---|---|---|\n");
        foreach (var h in harms.OrderBy(h => h.Rank).Take(MostHarms))
            text.Append($"| {Escape(h.What)} | {Escape(double.IsNaN(h.Value) ? "none" : $"{ReportNumber.WithBounds(h.Value, h.Low, h.High)} {h.Unit}")} | "
                + $"{ReportNumber.Text(h.Certified)} | {ReportNumber.Count(h.N)} | {Escape(h.State)} |\n");
        if (harms.Count > MostHarms) text.Append($"\nand {harms.Count - MostHarms} more in report.html.\n");
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
