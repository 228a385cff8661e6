using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Assay.Evaluation.Vetting;
using Assay.Reports;
using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>The resolved plan as YAML: plain keys, strings in JSON's quotes (which YAML reads).</summary>
public static class PlanYaml
{
    /// <summary>Writes a plan with what it can show.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="power">What it can show.</param>
    public static string Write(VetPlan plan, PlanPower power)
    {
        ArgumentNullException.ThrowIfNull(power);
        var text = new StringBuilder(Write(plan));
        text.Append("# Of each harm: the probability that it is excluded where nothing was lost, and the smallest loss that is found with 80 % probability, ")
            .Append("for each share of pairs that differ. Joint is the product.\npower:\n");
        text.Append("  discordance: ").Append(Format(PlanPower.Discordances)).Append('\n');
        text.Append("  joint: ").Append(Format(PlanPower.Discordances.Select((_, i) => Rounded(power.Joint(i))))).Append('\n');
        text.Append("  left_out: ").Append(Format(power.LeftOut)).Append('\n');
        if (!power.Tests.IsEmpty) text.Append("  tests:\n");
        foreach (var test in power.Tests)
            text.Append(CultureInfo.InvariantCulture, $"  - {{ id: {Format(test.Id)}, pairs: {test.Pairs}, margin: {test.Margin}, ")
                .Append(CultureInfo.InvariantCulture, $"excluded: {Format(test.Excluded.Select(Rounded))}, found: {Format(test.Found.Select(Rounded))} }}\n");
        return text.ToString();
    }

    // Digits beyond these tell nothing, and may depend on the system's logarithm.
    private static double Rounded(double value) => Math.Round(value, 4);

    /// <summary>Writes a plan. Equal plans give equal bytes; no paths, threads or times are in it. What it decides is <see cref="RunIdentity"/>'s: names and
    /// sentences here are for the reader.</summary>
    public static string Write(VetPlan plan)
    {
        var text = new StringBuilder();
        void Line(string key, string value, int depth = 0) => text.Append(' ', 2 * depth).Append(key).Append(": ").Append(value).Append('\n');
        Line("protocol", Format(VetPlan.ProtocolVersion));
        foreach (var (role, model) in new[] { ("base", plan.Base), ("candidate", plan.Candidate) })
        {
            text.Append(role).Append(":\n");
            Line("name", Format(model.Name), 1);
            Line("architecture", Format(model.Architecture), 1);
            Line("weights", model.Weights.Value, 1);
            Line("packaging", model.Packaging.Value, 1);
            Line("chat_template", model.Packaging.ChatTemplate, 1);
            Line("tokenizer", model.Packaging.Tokenizer, 1);
        }

        foreach (var option in VetOptions.All)
            if (option.Planned is var (key, value)) Line(key, Format(value(plan)));
        Line("max_reply_tokens", Format(plan.MaxReplyTokens));
        Line("pilot_items_per_family", Format(plan.Design.PilotItems));
        Line("pilot_families", Format(plan.Design.PilotFamilies.Select(f => f.ToString())));
        Line("pilot_reply_tokens", Format(plan.PilotReplyTokens));
        Line("harm_tests", Format(plan.Design.HarmTests));
        Line("panels", Format(plan.Design.Panels));
        Line("templates", Format(plan.Design.Templates));
        Line("sensitivity_items", Format(plan.Design.SensitivityItems));
        Line("sensitivity_samples", Format(plan.Design.SensitivitySamples));
        Line("yardstick_items", Format(plan.Design.YardstickItems));
        Line("yardsticks", Format(plan.Design.Yardsticks));
        Line("domains", Format(plan.Domains));
        Line("chat_template_used", Format(plan.ChatTemplate));
        return text.ToString();
    }

    private static string Format(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        string text => "\"" + JsonEncodedText.Encode(text) + "\"",
        DateTimeOffset time => Format(time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)),
        IEnumerable<KeyValuePair<string, double>> map => "{" + string.Join(", ", map.Select(e => string.Create(CultureInfo.InvariantCulture,
            $"{e.Key}: {e.Value}"))) + "}",
        IEnumerable list => "[" + string.Join(", ", list.Cast<object>().Select(Format)) + "]",
        double.PositiveInfinity => ".inf",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
