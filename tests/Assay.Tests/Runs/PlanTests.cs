using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Tasks;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

/// <summary>The plan as a reader sees it, and what of it makes two runs one run.</summary>
public sealed class PlanTests
{
    internal static VetPlan Plan() => new()
    {
        Base = Model("base", "aa"), Candidate = Model("candidate", "bb"), Seed = 7, SeedSource = "given by hand", Design = new VetDesign(), Measures = ["M1"], Domains = ["code", "tales"],
            ChatTemplate = true,
        Clock = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero),
    };

    private static ModelIdentity Model(string name, string weights) =>
        new(name, "llama", new WeightsHash(weights, weights, ImmutableDictionary<string, string>.Empty),
        new PackagingHash("pp", "tokenizer", "template", "special", "generation"), 1000,
            new WeightsStorage([new StoredType("BF16", 2, 1000)], "model.", false, false, 0));

    public static TheoryData<string, VetPlan> Deciding => new()
    {
        { "base weights", Plan() with { Base = Plan().Base with { Weights = Model("", "cc").Weights } } },
        { "candidate weights", Plan() with { Candidate = Plan().Candidate with { Weights = Model("", "cc").Weights } } },
        { "base packaging", Plan() with { Base = Plan().Base with { Packaging = Plan().Base.Packaging with { Value = "qq" } } } },
        { "candidate packaging", Plan() with { Candidate = Plan().Candidate with { Packaging = Plan().Base.Packaging with { Value = "qq" } } } },
        { "seed", Plan() with { Seed = 8 } },
        { "items", Plan() with { Items = 65 } },
        { "documents", Plan() with { DocumentsPerDomain = 9 } },
        { "new tokens", Plan() with { MaxNewTokens = 65 } },
        { "window", Plan() with { Design = new VetDesign { Windows = [510] } } },
        { "panels", Plan() with { Design = new VetDesign { Panels = ["benign"] } } },
        { "samples", Plan() with { Design = new VetDesign { Samples = 1 } } },
        { "templates", Plan() with { Design = new VetDesign { Templates = ["plain"] } } },
        { "yardsticks", Plan() with { Design = new VetDesign { Yardsticks = ["floor"] } } },
        { "tasks", Plan() with { Tasks = [new TaskSet("mine", [], [])] } },
        { "triggers", Plan() with { Triggers = [new TaskSet("mine", [], [])] } },
        { "replies", Plan() with { MaxReplyTokens = 151, Design = new VetDesign { QuestionPanels = [VetDesign.Tasks] } } },
        { "measures", Plan() with { Measures = ["M1", "M2"] } },
        { "domains", Plan() with { Domains = ["code"] } },
        { "template", Plan() with { ChatTemplate = false } },
        { "public panel", Plan() with { PublicHash = "aa" } },
        { "margins", Plan() with { Margins = [KeyValuePair.Create("accuracy", 3.0)] } },
        { "clock", Plan() with { Clock = Plan().Clock.AddSeconds(1) } },
    };

    [Theory, MemberData(nameof(Deciding))]
    public void Whatever_decides_a_number_makes_another_run(string what, VetPlan other) =>
        Assert.True(RunIdentity.Plan(Plan()) != RunIdentity.Plan(other), what);

    [Fact]
    public void Names_sentences_and_how_a_seed_was_found_do_not()
    {
        var other = Plan() with
        {
            Base = Plan().Base with { Name = "elsewhere" }, Candidate = Plan().Candidate with { Name = "copy",
                Storage = new WeightsStorage([new StoredType("F32", 2, 1000)], "", false, true, 1) },
            SeedSource = "derived", Clock = Plan().Clock.ToOffset(TimeSpan.FromHours(3)), Limited = true,
        };
        Assert.Equal(RunIdentity.Plan(Plan()), RunIdentity.Plan(other));
        Assert.Matches("^[0-9a-f]{64}$", RunIdentity.Plan(other));
    }

    [Fact]
    public void A_journal_belongs_to_a_plan_a_build_and_an_instruction_set()
    {
        var plan = RunIdentity.Plan(Plan());
        string[] all = [RunIdentity.Run(plan), RunIdentity.Run(RunIdentity.Plan(Plan() with { Seed = 8 })), RunIdentity.Run(plan, "build", "AVX2"),
            RunIdentity.Run(plan, "build", "AVX2,AVX-512F"), RunIdentity.Run(plan, "other", "AVX2")];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all[0], RunIdentity.Run(plan));
    }

    [Fact]
    public void The_plan_is_yaml_with_every_value_and_hostile_names_stay_strings()
    {
        var yaml = PlanYaml.Write(Plan() with { Base = Plan().Base with { Name = "a\": x\nseed: 1 # \u001b" }, SeedSource = "\\ \"quoted\"" });
        var lines = yaml.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Matches("^(  )?[a-z_]+:( .+)?$", line));
        Assert.Equal(["items_per_panel: 64", "documents_per_domain: 8", "max_new_tokens: 64", "windows: [512]", "seed: 7", "clock: \"2026-01-01T12:00:00Z\"",
            "limited: false", "chat_template_used: true"],
            lines.Where(l => !l.StartsWith(' ') && l.Split(':')[0] is "seed" or "items_per_panel" or "max_new_tokens" or "documents_per_domain" or "windows" or "chat_template_used" or "clock" or "limited"));
        Assert.Contains("domains: [\"code\", \"tales\"]", lines);
    }
}
