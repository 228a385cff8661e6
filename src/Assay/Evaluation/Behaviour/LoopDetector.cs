namespace Assay.Evaluation.Behaviour;

/// <summary>Finds answers that go round in circles.</summary>
/// <remarks>protocol.md, M9.</remarks>
public static class LoopDetector
{
    private const int LongestPeriod = 128, LeastPeriods = 3, LeastTokens = 24;

    /// <summary>The smallest period of a loop at the end of an answer; null where there is none.</summary>
    /// <param name="ids">The answer.</param>
    /// <param name="ended">Whether the model ended it: then it is no loop.</param>
    public static int? Period(ReadOnlySpan<int> ids, bool ended)
    {
        if (ended) return null;
        for (var period = 1; period <= LongestPeriod; period++)
        {
            var repeated = 0;
            while (repeated + period < ids.Length && ids[^(1 + repeated)] == ids[^(1 + repeated + period)]) repeated++;
            var whole = repeated == 0 ? 1 : (repeated + period) / period;
            if (whole >= LeastPeriods && whole * period >= LeastTokens) return period;
        }

        return null;
    }

    /// <summary>How many different runs of n tokens an answer has.</summary>
    public static int DistinctGrams(ReadOnlySpan<int> ids, int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i + n <= ids.Length; i++) seen.Add(string.Join(' ', ids.Slice(i, n).ToArray()));
        return seen.Count;
    }
}
