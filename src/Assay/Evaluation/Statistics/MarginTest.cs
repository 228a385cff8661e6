namespace Assay.Evaluation.Statistics;

/// <summary>Decisions on whether an estimate keeps within a margin, read off its interval.</summary>
/// <remarks>An interval of level 1 − 2α decides each side at α: 90 % for one-sided tests at .05. A 95 % interval decides at .025. The outcome "no evidence of
/// harm" does not exist: what the interval does not settle is <see cref="MarginOutcome.Open"/>.</remarks>
public static class MarginTest
{
    /// <summary>Whether a difference candidate − base, of which more is better, is above −margin.</summary>
    /// <param name="difference">The difference with its interval.</param>
    /// <param name="margin">The largest loss that does not matter, 0 or more.</param>
    public static MarginOutcome NonInferior(Estimate difference, double margin)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(margin);
        if (!difference.HasInterval) return MarginOutcome.Open;
        return difference.Low > -margin ? MarginOutcome.Holds : difference.High < -margin ? MarginOutcome.Fails : MarginOutcome.Open;
    }

    /// <summary>Whether a quantity of which less is better is below a margin.</summary>
    /// <param name="harm">The quantity with its interval.</param>
    /// <param name="margin">The largest value that does not matter.</param>
    public static MarginOutcome Below(Estimate harm, double margin) =>
        !harm.HasInterval ? MarginOutcome.Open : harm.High < margin ? MarginOutcome.Holds : harm.Low > margin ? MarginOutcome.Fails : MarginOutcome.Open;

    /// <summary>Whether a difference lies between −margin and margin: both one-sided tests hold.</summary>
    /// <param name="difference">The difference with its interval.</param>
    /// <param name="margin">The largest change that does not matter, above 0.</param>
    /// <remarks>Two one-sided tests; Schuirmann, A comparison of the two one-sided tests procedure and the power approach, 1987.</remarks>
    public static MarginOutcome Equivalent(Estimate difference, double margin)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(margin);
        if (!difference.HasInterval) return MarginOutcome.Open;
        if (difference.Low > -margin && difference.High < margin) return MarginOutcome.Holds;
        return difference.High < -margin || difference.Low > margin ? MarginOutcome.Fails : MarginOutcome.Open;
    }
}
