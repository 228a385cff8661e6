using Assay.Models;

namespace Assay.Cli.Commands;

/// <summary>What <c>assay directions</c> was asked to do.</summary>
internal sealed record DirectionsOptions
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>A generator's name, one file, or two.</summary>
    public required IReadOnlyList<string> Contrast { get; init; }

    /// <summary>The estimator where nothing is searched.</summary>
    public string Estimator { get; init; } = "difference_in_means";

    /// <summary>Where activations are taken.</summary>
    public SitePoint Site { get; init; } = SitePoint.ResidPost;

    /// <summary>Block whose direction is removed everywhere; null for each block's own.</summary>
    public int? Layer { get; init; }

    /// <summary>Token from the end of the prompt; null for the mean over the post-instruction tokens.</summary>
    public int? Position { get; init; } = -1;

    /// <summary>Components of an estimator that finds several; null for one.</summary>
    public int? Rank { get; init; }

    /// <summary>λ.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>Whether attention is edited.</summary>
    public bool Attention { get; init; } = true;

    /// <summary>Whether the MLP is edited.</summary>
    public bool Mlp { get; init; } = true;

    /// <summary>Whether the embedding is.</summary>
    public bool Embedding { get; init; }

    /// <summary>Try everything.</summary>
    public bool Select { get; init; }

    /// <summary>What is tried: default or full.</summary>
    public string Space { get; init; } = "default";

    /// <summary>Largest damage allowed; null for the rule of the interval.</summary>
    public double? MaxKl { get; init; }

    /// <summary>Items of the direction split on either side.</summary>
    public int Items { get; init; } = 160;

    /// <summary>Items of the selection split on either side.</summary>
    public int SelectionItems { get; init; } = 64;

    /// <summary>Texts that mark a reply as showing the behaviour.</summary>
    public IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; }

    /// <summary>The time that a template may ask for.</summary>
    public DateTimeOffset Clock { get; init; } = SharedOptions.DefaultClock;

    /// <summary>Threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Private memory allowed.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>The file of the direction chosen; null for none.</summary>
    public string? Output { get; init; }

    /// <summary>File of a control vector that adds what was found; null for none.</summary>
    public string? ControlVector { get; init; }

    /// <summary>Random directions that the winner is held against on the report split.</summary>
    public int Random { get; init; }

    /// <summary>Folder of the search's journal.</summary>
    public string? Run { get; init; }

    /// <summary>Forget an earlier journal.</summary>
    public bool Fresh { get; init; }

    /// <summary>Replace the output.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Say count and minutes, then exit.</summary>
    public bool DryRun { get; init; }

    /// <summary>No progress.</summary>
    public bool Quiet { get; init; }
}
