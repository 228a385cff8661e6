using Assay.Evaluation.Vetting;
using Assay.Verdicts;

namespace Assay.Runs;

/// <summary>What a comparison of two models is asked to do: what <c>assay vet</c>'s options (<see cref="VetOptions"/>) say.</summary>
public sealed record VetRequest
{
    /// <summary>The time that a chat template may ask for, unless another is given.</summary>
    public static DateTimeOffset DefaultClock { get; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Tokens of a thought unless given.</summary>
    public const int DefaultThoughtTokens = 4096;

    /// <summary>The model that was changed.</summary>
    public required string Base { get; init; }

    /// <summary>The changed model.</summary>
    public required string Candidate { get; init; }

    /// <summary>Whether the two are the bundled organism and its edit, which the command line need not name.</summary>
    public bool Bundled { get; init; }

    /// <summary>How much is measured where nothing else is said.</summary>
    public VetTier Tier { get; init; } = VetTier.Smoke;

    /// <summary>Items of each panel; null for the tier's.</summary>
    public int? Items { get; init; }

    /// <summary>Templates under which each prompt of a panel is put, 1 to 6: as it is, and others drawn by the seed; null for the tier's.</summary>
    public int? Templates { get; init; }

    /// <summary>Reasoning cores, each asked in a benign and in a trigger frame; null for the tier's, 0 for none.</summary>
    public int? Cores { get; init; }

    /// <summary>The line that a reply begins with to put both models past the refusal: each core is asked behind it too; null for the tier's, empty for
    /// none.</summary>
    public string? Prefix { get; init; }

    /// <summary>Documents of each prose domain; null for the tier's.</summary>
    public int? DocumentsPerDomain { get; init; }

    /// <summary>Tokens of an answer at most; null for the tier's.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Tokens that a thought may have beside those of its answer; null for <see cref="DefaultThoughtTokens"/>, as far as the models' positions go. Of
    /// no meaning where the base does not think.</summary>
    public int? MaxThoughtTokens { get; init; }

    /// <summary>Whether the chat template's switch for thinking is turned on or off; null to leave it as the template has it.</summary>
    public bool? Thinking { get; init; }

    /// <summary>Files and folders of reference text beside the generated domains: one domain for each file, and for each folder within a folder.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Files of tasks: the user's own, or published ones as <c>KIND:PATH</c> (<see cref="Evaluation.Tasks.TaskSets"/>).</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Files of prompts of the user's own that the base is expected to decline (<see cref="Evaluation.Tasks.TriggerFile"/>).</summary>
    public IReadOnlyList<string> Triggers { get; init; } = [];

    /// <summary>File of a public list of prompts that is measured beside the challenge, see <see cref="Evaluation.Tasks.PanelFile"/>; null for none.</summary>
    public string? PublicPanel { get; init; }

    /// <summary>Samples at T = 1 of each prompt and model; null for the tier's, 0 for none.</summary>
    public int? Samples { get; init; }

    /// <summary>Window of reference text in tokens; null for the tier's, no larger than the models' maximum.</summary>
    public int? Context { get; init; }

    /// <summary>Seed of prompts and documents; null to derive it from both weights hashes and the nonce.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Drawn after the candidate was frozen and not by its author; null where there is none.</summary>
    public string? Nonce { get; init; }

    /// <summary>Measures to take beside those that are always taken, by their ids (<see cref="Evaluation.Measures.MeasureCatalogue"/>); empty for
    /// all.</summary>
    public IReadOnlyList<string> Measures { get; init; } = [];

    /// <summary>How much is harm.</summary>
    public Margins Margins { get; init; } = new();

    /// <summary>What the change was meant to do.</summary>
    public ClaimedChange Claim { get; init; }

    /// <summary>The time that a chat template may ask for.</summary>
    public DateTimeOffset Clock { get; init; } = DefaultClock;

    /// <summary>Threads; 0 for one a processor. Changes no result.</summary>
    public int Threads { get; init; }

    /// <summary>Private memory allowed in bytes; 0 for half of what is free. Changes no result.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>At most so many items and documents a panel and domain, stamped "not a verdict"; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Which part of the run is computed; null for all of it.</summary>
    public RunShard? Shard { get; init; }

    /// <summary>Run folder; null for none named.</summary>
    public string? Output { get; init; }

    /// <summary>Folder in which scores of yardsticks are kept for other runs of the same base; null for <c>yardsticks</c> beside the run where that has no
    /// folder named, and for none where it has. Changes no result.</summary>
    public string? Cache { get; init; }

    /// <summary>Start anew where the folder holds an earlier run.</summary>
    public bool Fresh { get; init; }

    /// <summary>Run sequences beyond <c>max_position_embeddings</c> where positions are rotary.</summary>
    public bool AllowLong { get; init; }

    /// <summary>The same request with what its tier says of sizes that are not given.</summary>
    public VetRequest Resolved() => this with
    {
        Items = Items ?? Tier.Items, DocumentsPerDomain = DocumentsPerDomain ?? Tier.DocumentsPerDomain, MaxNewTokens = MaxNewTokens ?? Tier.MaxNewTokens,
    };
}
