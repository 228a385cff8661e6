namespace Assay.Cli.Commands;

/// <summary>How <c>assay ablate</c> writes an edit.</summary>
internal enum AblateForm
{
    /// <summary>A whole checkpoint, as its base was stored.</summary>
    Merged,

    /// <summary>A PEFT adapter.</summary>
    Lora,

    /// <summary>The edit itself, for its base only.</summary>
    Edit,
}

/// <summary>What <c>assay ablate</c> was asked to do.</summary>
internal sealed record AblateOptions
{
    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>A file that <c>assay directions -o</c> wrote.</summary>
    public required string Direction { get; init; }

    /// <summary>What is written.</summary>
    public required string Output { get; init; }

    /// <summary>Form of the result.</summary>
    public AblateForm As { get; init; }

    /// <summary>Factor on the file's strengths.</summary>
    public double? Strength { get; init; }

    /// <summary>Keep the norms of the columns.</summary>
    public bool PreserveNorms { get; init; }

    /// <summary>Edit what reads instead of what writes.</summary>
    public bool InputSide { get; init; }

    /// <summary>Let a tied head change with the embedding.</summary>
    public bool KeepTiedHead { get; init; }

    /// <summary>Replace what is there.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Private memory allowed; 0 for no figure.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Check everything and say what would be edited.</summary>
    public bool DryRun { get; init; }

    /// <summary>Print the outcome as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>No progress.</summary>
    public bool Quiet { get; init; }

    /// <summary>Every tensor, not only the sums.</summary>
    public bool Verbose { get; init; }
}
