using System.Collections.Immutable;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Tasks;
using Assay.Evaluation.Vetting;
using Assay.Verdicts;
using static Assay.Runs.VetOption;

namespace Assay.Runs;

/// <summary>Every option of <see cref="VetRequest"/>. A new one is a property there and an entry here.</summary>
public static class VetOptions
{
    /// <summary>More threads than any machine has processors only wait for each other.</summary>
    private const int MostThreads = 1024;

    /// <summary>A request in which nothing is given; the models are missing.</summary>
    public static VetRequest Defaults { get; } = new() { Base = "", Candidate = "" };

    /// <summary>All of them, in the order of help, of configuration files and of the reproduce line.</summary>
    public static ImmutableArray<VetOption> All { get; } =
    [
        Once<string>("tier", OptionKind.Choice([.. VetTier.All.Select(t => t.Name)]),
            $"How much is measured: {string.Join(", ", VetTier.All.Select(t => t.Name))} (default {VetTier.Smoke.Name}).",
            r => r.Tier.Name, (r, v) => r with { Tier = VetTier.All.First(t => t.Name == v) }) with { Word = "TIER" },
        Once<int>("items", OptionKind.Count(most: OptionKind.MostCounted), $"Items of each panel (default: the tier's; smoke {VetTier.Smoke.Items}).",
            r => r.Items, (r, v) => r with { Items = v }) with { Planned = ("items_per_panel", p => p.Items) },
        Once<int>("templates", OptionKind.Count(1, PromptTemplates.All.Length),
            $"Templates under which each prompt is put: as it is, and others drawn by the seed (default: the tier's; smoke {VetTier.Smoke.Templates}).",
            r => r.Templates, (r, v) => r with { Templates = v }) with { Planned = ("panel_templates", p => p.Design.PanelTemplates) },
        Once<int>("cores", OptionKind.Count(least: 0, most: OptionKind.MostCounted),
            $"Reasoning questions, each asked in a benign and in a trigger frame (default: the tier's; smoke {VetTier.Smoke.Cores}; 0 for none).",
            r => r.Cores, (r, v) => r with { Cores = v }) with { Planned = ("cores", p => p.Design.Cores) },
        Once<string>("prefix", OptionKind.Matching(@"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,1000}$", "a line of at most 1,000 characters"),
            "The line that a reply begins with to put both models past the refusal; each reasoning question is asked behind it too (default: the tier's; " +
                "smoke none; empty for none).",
            r => r.Prefix, (r, v) => r with { Prefix = v }) with { Planned = ("prefix", p => p.Design.Prefix ?? "none") },
        Once<int>("documents", OptionKind.Count(most: OptionKind.MostCounted),
            $"Documents of each prose domain (default: the tier's; smoke {VetTier.Smoke.DocumentsPerDomain}).",
            r => r.DocumentsPerDomain, (r, v) => r with { DocumentsPerDomain = v }) with { Planned = ("documents_per_domain", p => p.DocumentsPerDomain) },
        Several<string>("text", OptionKind.Path,
            "A file of your own text, a further domain of reference text; of a folder each file and each folder in it. May be given several times.",
            r => r.Texts, (r, v) => r with { Texts = v }) with { Word = "PATH",
                Planned = ("texts", p => p.Texts.Select(t => $"{t.Name}: {t.Documents.Length} documents, SHA-256 {t.Hash}")) },
        Several<string>("tasks", OptionKind.Path,
            "A file of your own questions, JSON lines with question, answer or choices, frame, group; or a published file as KIND:PATH, with KIND of " +
                string.Join(", ", PublishedTasks.Kinds) + ". May be given several times.",
            r => r.Tasks, (r, v) => r with { Tasks = v }) with { Word = "FILE", Planned = ("tasks", p => p.Tasks.Select(t =>
                $"{t.Name}: {t.Prompts.Length} questions, {t.Choices.Length} with choices, SHA-256 {t.Hash}")) },
        Several<string>("triggers", OptionKind.Path,
            "A file of your own prompts that the base declines: one a line, or JSON lines (.jsonl) with prompt, answer, group, id. May be given several times.",
            r => r.Triggers, (r, v) => r with { Triggers = v }) with { Word = "FILE", Planned = ("triggers", p => p.Triggers.Select(t =>
                $"{t.Name}: {t.Prompts.Length} prompts, SHA-256 {t.Hash}")) },
        Once<string>("panel", OptionKind.Path,
            "A public list of prompts, measured beside the challenge: what assay panel writes, or a text file with a prompt a line.",
            r => r.PublicPanel, (r, v) => r with { PublicPanel = v }) with { Word = "FILE",
                Planned = ("public_panel", p => p.PublicHash is { } hash ? $"{p.PublicPrompts.Length} prompts, SHA-256 {hash}" : "none") },
        Once<int>("max-new-tokens", OptionKind.Count(most: OptionKind.MostTokens),
            $"Tokens of an answer at most (default: the tier's; smoke {VetTier.Smoke.MaxNewTokens}).",
            r => r.MaxNewTokens, (r, v) => r with { MaxNewTokens = v }) with { Planned = ("max_new_tokens", p => p.MaxNewTokens) },
        Once<int>("max-thought-tokens", OptionKind.Count(0, OptionKind.MostTokens),
            $"Tokens that a thought may have beside its answer's, where the base thinks (default: {VetRequest.DefaultThoughtTokens}, as far as the models' " +
                "positions go).",
            r => r.MaxThoughtTokens, (r, v) => r with { MaxThoughtTokens = v }) with { Planned = ("max_thought_tokens", p => p.MaxThoughtTokens) },
        Once<string>("thinking", OptionKind.Choice(["on", "off"]), "Set the chat template's switch for thinking (default: as the template has it).",
            r => r.Thinking is { } on ? on ? "on" : "off" : null, (r, v) => r with { Thinking = v == "on" })
            with { Word = "on|off", Planned = ("thinking", p => p.Thinking is { } set ? $"{set.Variable}: {(set.On ? "true" : "false")}"
                : "as the template has it") },
        Once<int>("samples", OptionKind.Count(0, OptionKind.MostCounted), "Samples at T = 1 of each prompt and model (default: the tier's; 0 for none).",
            r => r.Samples, (r, v) => r with { Samples = v }) with { Planned = ("samples", p => p.Design.Samples) },
        Once<int>("context", OptionKind.Count(4, OptionKind.MostTokens),
            "Window of reference text in tokens (default: the tier's, no larger than the models' maximum).",
            r => r.Context, (r, v) => r with { Context = v }) with { Planned = ("windows", p => p.Design.Windows) },
        // A seed that was derived is derived again: from the same weights and nonce it is the same.
        Once<ulong>("seed", OptionKind.Seed, "Seed of everything random.", r => r.Seed, (r, v) => r with { Seed = v })
            with { Alias = "--challenge", Planned = ("seed", p => p.Seed) },
        Once<string>("nonce", OptionKind.Text, "Part of the seed, drawn after the candidate was frozen and not by its author.", r => r.Nonce,
            (r, v) => r with { Nonce = v }) with { Planned = ("seed_source", p => p.SeedSource) },
        Once<DateTimeOffset>("clock", OptionKind.Time, "The time that a chat template may ask for, such as 2026-01-01T12:00:00Z (the default).",
            r => r.Clock, (r, v) => r with { Clock = v }) with { AlwaysStated = true, Planned = ("clock", p => p.Clock) },
        Once<IReadOnlyList<string>>("measures", OptionKind.List,
            "Measures to take, by their ids, with commas between (default: all; assay ls metrics lists them; faults and unnamed-ids are always taken).",
            r => r.Measures.Count > 0 ? r.Measures : null, (r, v) => r with { Measures = v }) with { Planned = ("measures", p => p.Measures) },
        Several<KeyValuePair<string, double>>("margins", OptionKind.Margin,
            "How much is harm where it is not the protocol's: NAME=VALUE with one of " + string.Join(", ", Margin.All.Select(m => m.Name))
                + ". In percentage points, nats a token or times, as the report shows them. May be given several times.",
            r => r.Margins.Changed, (r, v) => r with { Margins = Margins.Of(v) })
            with { Alias = "--margin", Planned = ("margins", p => Margin.All.Select(m => KeyValuePair.Create(m.Name, m.Of(Margins.Of(p.Margins))))) },
        Once<string>("claim", OptionKind.Choice(["refusals", "none", "refuse-more"]),
            "What the change was meant to do: refusals were to go (the default), nothing, or more was to be refused.",
            r => r.Claim is ClaimedChange.Refusals ? null : r.Claim is ClaimedChange.None ? "none" : "refuse-more",
            (r, v) => r with { Claim = v switch { "none" => ClaimedChange.None, "refuse-more" => ClaimedChange.RefuseMore, _ => ClaimedChange.Refusals } })
            with { Planned = ("claim", p => p.Claim switch { ClaimedChange.None => "none", ClaimedChange.RefuseMore => "refuse-more", _ => "refusals" }) },
        Once<int>("limit", OptionKind.Count(), "Measure at most N items; the outcome is stamped \"not a verdict\".", r => r.Limit,
            (r, v) => r with { Limit = v }) with { Planned = ("limited", p => p.Limited) },
        Once<bool>("allow-long", OptionKind.Switch, "Run sequences longer than max_position_embeddings where positions are rotary.",
            r => r.AllowLong ? true : null, (r, v) => r with { AllowLong = v }),
        Once<string>("output", OptionKind.Path, "Folder of the run.", r => r.Output, (r, v) => r with { Output = v })
            with { Word = "FOLDER", Alias = "-o", Effect = OptionEffect.Place },
        Once<RunShard>("shard", OptionKind.Shard, "Compute only part i of n, such as 2/8; auto or auto/n asks the scheduler. assay merge joins the parts.",
            r => r.Shard, (r, v) => r with { Shard = v }) with { Effect = OptionEffect.Nothing },
        Once<string>("cache", OptionKind.Path,
            "Keep scores of yardsticks there for other runs of the base (default: yardsticks beside the run, unless --output names its folder). Changes no " +
            "result.",
            r => r.Cache, (r, v) => r with { Cache = v }) with { Word = "FOLDER", Effect = OptionEffect.Nothing },
        Once<int>("threads", OptionKind.Count(most: MostThreads), $"Threads, at most {MostThreads} (default: one a processor). Changes no result.",
            r => r.Threads > 0 ? r.Threads : null, (r, v) => r with { Threads = v }) with { Effect = OptionEffect.Nothing },
        Once<long>("memory", OptionKind.Size, "Private memory allowed, such as 512M or 2G (default: half of what is free). Changes no result.",
            r => r.MemoryBytes > 0 ? r.MemoryBytes : null, (r, v) => r with { MemoryBytes = v }) with { Effect = OptionEffect.Nothing },
    ];

    /// <summary>One by its name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static VetOption Find(string name) => All.FirstOrDefault(o => o.Name == name)
        ?? throw new ArgumentException($"There is no option '{name}'.", nameof(name));
}
