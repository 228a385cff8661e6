using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;

namespace Assay.Runs;

/// <summary>What makes two runs one run: the hash of all that decides a number, and of nothing else. Names, sentences, paths and limits of a machine are not in
/// it.</summary>
public static class RunIdentity
{
    /// <summary>Hash of what is to be measured: lower-case hex SHA-256.</summary>
    /// <param name="plan">The resolved plan.</param>
    public static string Plan(VetPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var text = new StringBuilder();
        void Line(string key, string value) => text.Append(key).Append('=').Append(value).Append('\n');
        void Number(string key, long value) => Line(key, value.ToString(CultureInfo.InvariantCulture));
        Line("protocol", VetPlan.ProtocolVersion);
        Line("base.weights", plan.Base.Weights.Value);
        Line("base.packaging", plan.Base.Packaging.Value);
        Line("candidate.weights", plan.Candidate.Weights.Value);
        Line("candidate.packaging", plan.Candidate.Packaging.Value);
        Line("seed", plan.Seed.ToString(CultureInfo.InvariantCulture));
        Number("items", plan.Items);
        Number("documents", plan.DocumentsPerDomain);
        Number("max_new_tokens", plan.MaxNewTokens);
        if (plan.Design.Cores > 0)
        {
            Number("cores", plan.Design.Cores);
            Number("pilot_items", plan.Design.PilotItems);
            // They bound the replies that the pilot allows.
            if (plan.Design.PilotItems > 0) Number("positions", plan.Positions);
            Number("pilot_reply_tokens", plan.PilotReplyTokens);
            Line("pilot_families", string.Join(',', plan.Design.PilotFamilies));
            if (plan.Design.Prefix is { } prefix) Line("prefix", Hash(prefix));
        }

        if (plan.Design.JudgesReplies) Number("max_reply_tokens", plan.MaxReplyTokens);

        Line("panels", string.Join(',', plan.Design.Panels));
        Line("windows", string.Join(',', plan.Design.Windows));
        Number("samples", plan.Design.Samples);
        Line("panel_templates", string.Join(',', plan.Design.PanelTemplates));
        Line("templates", string.Join(',', plan.Design.Templates));
        Number("sensitivity_items", plan.Design.SensitivityItems);
        Number("sensitivity_samples", plan.Design.SensitivitySamples);
        Number("yardstick_items", plan.Design.YardstickItems);
        Line("yardsticks", string.Join(',', plan.Design.Yardsticks));
        Line("measures", string.Join(',', plan.Measures));
        Line("domains", string.Join(',', plan.Domains));
        Line("chat_template", plan.ChatTemplate ? "true" : "false");
        if (plan.MaxThoughtTokens > 0) Number("max_thought_tokens", plan.MaxThoughtTokens);
        if (plan.Thinking is { } thinking) Line("thinking", $"{thinking.Variable}={thinking.On}");
        foreach (var own in plan.Texts) Line($"text.{own.Name}", own.Hash);
        foreach (var own in plan.Tasks) Line($"tasks.{own.Name}", own.Hash);
        foreach (var own in plan.Triggers) Line($"triggers.{own.Name}", own.Hash);
        if (plan.PublicHash is { } known)
        {
            Line("public_panel", known);
            Number("public_items", plan.PublicPrompts.Length);
        }

        // The protocol's version stands for those that were not set.
        if (plan.Claim != ClaimedChange.Refusals) Line("claim", plan.Claim.ToString());
        foreach (var (name, value) in plan.Margins) Line($"margin.{name}", value.ToString(CultureInfo.InvariantCulture));
        Number("clock", plan.Clock.ToUnixTimeMilliseconds());
        return Hash(text.ToString());
    }

    /// <summary>Hash of what is to be measured, by which build, on which instruction set: what a journal belongs to.</summary>
    /// <param name="plan">Hash of the plan.</param>
    public static string Run(string plan) => Run(plan, Build, RunEnvironment.VectorNames);

    /// <summary>What computes: build and instruction set.</summary>
    internal static string Machine => $"{Build} {RunEnvironment.VectorNames}";

    /// <summary>The same of another build or instruction set.</summary>
    internal static string Run(string plan, string build, string instructionSet) => Hash($"plan={plan}\nbuild={build}\ninstruction_set={instructionSet}\n");

    /// <summary>The build: module versions of the two libraries that make the numbers.</summary>
    private static string Build => $"{typeof(RunIdentity).Module.ModuleVersionId:N}{typeof(LanguageModel).Module.ModuleVersionId:N}";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
