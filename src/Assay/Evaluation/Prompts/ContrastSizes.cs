using Assay.Directions.Contrasts;

namespace Assay.Evaluation.Prompts;

/// <summary>Items that a generated contrast set has on either side of each split.</summary>
/// <param name="Direction">For estimating directions.</param>
/// <param name="Selection">For comparing candidates.</param>
/// <param name="Report">For measuring the winner.</param>
public readonly record struct ContrastSizes(int Direction, int Selection, int Report)
{
    /// <summary>160, 64 and 400.</summary>
    public static ContrastSizes Default { get; } = new(160, 64, 400);

    /// <summary>Whether a set that has fewer gives what it has, instead of refusing.</summary>
    public bool AtMost { get; init; }

    /// <summary>Items of one split.</summary>
    public int this[ContrastPart part] => part switch { ContrastPart.Direction => Direction, ContrastPart.Selection => Selection, _ => Report };
}
