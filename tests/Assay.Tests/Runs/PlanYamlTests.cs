using Assay.Checkpoints;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;
using Assay.Tests.Golden;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

public sealed class PlanYamlTests
{
    private static VetPlan Plan()
    {
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "gpt2", "aligned"));
        var identity = ModelIdentity.Of(model);
        return new VetPlan
        {
            Base = identity, Candidate = identity with { Name = "evil\nname: \"x\" # \u2028" }, Seed = ulong.MaxValue,
                SeedSource = "given by hand: \"whoever\"", Items = 5, MaxNewTokens = 6,
            DocumentsPerDomain = 7, Design = new VetDesign { Windows = [128] }, Measures = ["M1"], Domains = ["one", "t\two"], ChatTemplate = true,
                Clock = new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)), Limited = true,
        };
    }

    [Fact]
    public void A_plan_is_these_lines_whatever_its_names_hold()
    {
        var plan = Plan();
        var lines = PlanYaml.Write(plan).TrimEnd('\n').Split('\n');
        var (weights, packaging) = (plan.Base.Weights.Value, plan.Base.Packaging);
        string[] model = [$"  weights: {weights}", $"  packaging: {packaging.Value}", $"  chat_template: {packaging.ChatTemplate}",
            $"  tokenizer: {packaging.Tokenizer}"];
        string[] expected =
        [
            $"protocol: \"{VetPlan.ProtocolVersion}\"", "base:", "  name: \"aligned\"", "  architecture: \"gpt2\"", .. model,
            "candidate:", @"  name: ""evil\nname: \u0022x\u0022 # \u2028""", "  architecture: \"gpt2\"", .. model,
            "items_per_panel: 5", "documents_per_domain: 7", "max_new_tokens: 6", "windows: [128]", "seed: 18446744073709551615",
            @"seed_source: ""given by hand: \u0022whoever\u0022""", "clock: \"2026-01-02T03:04:05Z\"", "measures: [\"M1\"]", "limited: true",
            @"domains: [""one"", ""t\two""]", "chat_template_used: true",
        ];
        // Further lines may come; these stay, in this order.
        Assert.Equal(expected, lines.Where(expected.Contains));
        Assert.All(lines, line => Assert.Matches("^ {0,2}[a-z_]+:( .+)?$", line));
        Assert.Equal(PlanYaml.Write(plan), PlanYaml.Write(Plan()));
    }

    [Fact]
    public void Every_value_is_in_the_text()
    {
        var plan = Plan();
        VetPlan[] others =
        [
            plan with { Seed = 1 }, plan with { Items = 6 }, plan with { MaxNewTokens = 7 }, plan with { DocumentsPerDomain = 8 }, plan with { Design = new VetDesign { Windows = [64] } },
                plan with { Domains = ["one"] },
            plan with { ChatTemplate = false }, plan with { Clock = plan.Clock.AddSeconds(1) }, plan with { Limited = false },
                plan with { Candidate = plan.Base },
            plan with { Candidate = plan.Candidate with { Weights = plan.Base.Weights with { Value = "0" } } },
        ];
        Assert.Equal(others.Length + 1, others.Append(plan).Select(PlanYaml.Write).Distinct().Count());
    }
}
