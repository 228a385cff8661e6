namespace Assay.Directions.Contrasts;

/// <summary>What a split of a contrast set is for. Only the last is ever reported on.</summary>
public enum ContrastPart
{
    /// <summary>Directions are estimated on it.</summary>
    Direction,

    /// <summary>Candidates are compared on it.</summary>
    Selection,

    /// <summary>The winner is measured on it.</summary>
    Report,
}
