namespace Assay.Evaluation.Statistics;

/// <summary>What an interval says of a margin.</summary>
public enum MarginOutcome
{
    /// <summary>The interval reaches over the margin, or there is none: more data would be needed.</summary>
    Open,

    /// <summary>The whole interval lies on the right side of the margin.</summary>
    Holds,

    /// <summary>The whole interval lies on the wrong side of the margin.</summary>
    Fails,
}
