using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Evaluation.Vetting;
using Assay.Reports;

namespace Assay.Runs;

/// <summary>The resolved plan as YAML: plain keys, strings in JSON's quotes (which YAML reads).</summary>
public static class PlanYaml
{
    /// <summary>Writes a plan. Equal plans give equal bytes; no paths, threads or times are in it. What it decides is <see cref="RunIdentity"/>'s: names and
    /// sentences here are for the reader.</summary>
    public static string Write(VetPlan plan)
    {
        var text = new StringBuilder();
        void Line(string key, string value, int depth = 0) => text.Append(' ', 2 * depth).Append(key).Append(": ").Append(value).Append('\n');
        static string Quote(string value) => "\"" + JsonEncodedText.Encode(value) + "\"";
        static string Int(long value) => value.ToString(CultureInfo.InvariantCulture);
        Line("protocol", Quote(VetPlan.ProtocolVersion));
        foreach (var (role, model) in new[] { ("base", plan.Base), ("candidate", plan.Candidate) })
        {
            text.Append(role).Append(":\n");
            Line("name", Quote(model.Name), 1);
            Line("architecture", Quote(model.Architecture), 1);
            Line("weights", model.Weights.Value, 1);
            Line("packaging", model.Packaging.Value, 1);
            Line("chat_template", model.Packaging.ChatTemplate, 1);
            Line("tokenizer", model.Packaging.Tokenizer, 1);
        }

        Line("seed", plan.Seed.ToString(CultureInfo.InvariantCulture));
        Line("seed_source", Quote(plan.SeedSource));
        Line("items_per_panel", Int(plan.Items));
        Line("max_new_tokens", Int(plan.MaxNewTokens));
        if (plan.MaxThoughtTokens > 0) Line("max_thought_tokens", Int(plan.MaxThoughtTokens));
        if (plan.Thinking is { } thinking) Line("thinking", Quote($"{thinking.Variable}: {(thinking.On ? "true" : "false")}"));
        Line("documents_per_domain", Int(plan.DocumentsPerDomain));
        Line("measures", "[" + string.Join(", ", plan.Measures.Select(Quote)) + "]");
        Line("panels", "[" + string.Join(", ", plan.Design.Panels.Select(Quote)) + "]");
        Line("windows", "[" + string.Join(", ", plan.Design.Windows) + "]");
        Line("samples", Int(plan.Design.Samples));
        Line("panel_templates", "[" + string.Join(", ", plan.Design.PanelTemplates.Select(Quote)) + "]");
        Line("templates", "[" + string.Join(", ", plan.Design.Templates.Select(Quote)) + "]");
        Line("sensitivity_items", Int(plan.Design.SensitivityItems));
        Line("sensitivity_samples", Int(plan.Design.SensitivitySamples));
        Line("yardstick_items", Int(plan.Design.YardstickItems));
        Line("yardsticks", "[" + string.Join(", ", plan.Design.Yardsticks.Select(Quote)) + "]");
        Line("domains", "[" + string.Join(", ", plan.Domains.Select(Quote)) + "]");
        if (plan.Texts.Length > 0) text.Append("texts:\n");
        foreach (var own in plan.Texts) Line(Quote(own.Name), $"{{documents: {Int(own.Documents.Length)}, sha256: {own.Hash}}}", 1);
        Line("chat_template_used", plan.ChatTemplate ? "true" : "false");
        Line("clock", Quote(plan.Clock.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
        Line("limited", plan.Limited ? "true" : "false");
        return text.ToString();
    }
}
