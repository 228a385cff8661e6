using System.Collections.Immutable;

namespace Assay.Runs;

/// <summary>How much is measured: the defaults of everything that is not said.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Items">Items of each panel.</param>
/// <param name="Templates">Templates under which each prompt is put: as it is, and others drawn by the seed.</param>
/// <param name="MaxNewTokens">Tokens of an answer at most.</param>
/// <param name="DocumentsPerDomain">Documents of each prose domain.</param>
/// <param name="Cores">Reasoning cores, each asked in both frames.</param>
/// <param name="Samples">Samples at T = 1 of each prompt and model; 0 for none.</param>
/// <param name="Sensitivity">Whether the panel of M14 is measured.</param>
/// <param name="Windows">Windows of reference text, those that fit both models.</param>
/// <param name="Yardsticks">Ids of the yardsticks.</param>
/// <remarks>protocol.md, Tiers.</remarks>
public sealed record VetTier(string Name, int Items, int Templates, int MaxNewTokens, int DocumentsPerDomain, int Cores, int Samples, bool Sensitivity,
    ImmutableArray<int> Windows, ImmutableArray<string> Yardsticks)
{
    /// <summary>A line that replies begin with and that says nothing of their content.</summary>
    public const string NeutralPrefix = "Let me work this out step by step.";

    private static readonly ImmutableArray<string> s_ladder = ["rounded-8", "rounded-6", "rounded-5", "rounded-4", "rounded-3", "rounded-2"];

    /// <summary>A look of seconds to minutes: detects, and rarely certifies.</summary>
    public static VetTier Smoke { get; } = new("smoke", 64, 1, 96, 8, 200, 0, false, [512], ["floor", "rounded-8", "rounded-4", "rounded-3"]);

    /// <summary>What proofs of the protocol are run with: as smoke, with the cores that judge damage; a clean bill needs 2,706.</summary>
    public static VetTier Prove { get; } = new("prove", 64, 1, 96, 30, 400, 0, false, [512], ["floor", "rounded-8", "rounded-4", "rounded-3"]);

    /// <summary>What a release should be judged by.</summary>
    public static VetTier Standard { get; } = new("standard", 400, 2, 256, 30, 1200, 1, true, [512], ["floor", .. s_ladder, "noise-2", "random-1"])
    {
        Prefix = NeutralPrefix,
    };

    /// <summary>Everything.</summary>
    public static VetTier Full { get; } = new("full", 3000, 2, 256, 30, 2706, 1, true, [512, 2048, 8192],
        ["floor", .. s_ladder, "noise-1", "noise-2", "noise-3", "noise-4", "random-1", "random-2", "random-3"])
        {
            Prefix = NeutralPrefix,
        };

    /// <summary>The line that a reply begins with to put both models past the refusal; null where cores are asked plainly alone.</summary>
    public string? Prefix { get; init; }

    /// <summary>All of them.</summary>
    public static ImmutableArray<VetTier> All { get; } = [Smoke, Prove, Standard, Full];
}
