namespace Assay.Runs;

/// <summary>What an option decides. The reproduce line holds what decides numbers, and the place.</summary>
public enum OptionEffect
{
    /// <summary>Numbers.</summary>
    Numbers,

    /// <summary>Where a run is kept.</summary>
    Place,

    /// <summary>How a run is computed; no number of it.</summary>
    Nothing,
}
