namespace Assay.Directions.Contrasts;

/// <summary>How large a share of a contrast set each split takes; the report split takes the rest.</summary>
/// <param name="Direction">From 0 to 1.</param>
/// <param name="Selection">From 0 to 1; the two together at most 1.</param>
public readonly record struct ContrastShares(double Direction, double Selection)
{
    /// <summary>Two fifths, one fifth, two fifths.</summary>
    public static ContrastShares Default { get; } = new(.4, .2);

    /// <summary>The split of a number from 0 (included) to 1 (excluded).</summary>
    internal ContrastPart PartOf(double number) => number < Direction ? ContrastPart.Direction : number < Direction + Selection ? ContrastPart.Selection : ContrastPart.Report;
}
