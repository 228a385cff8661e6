namespace Assay.Evaluation.Statistics;

/// <summary>The area under the ROC curve of resamples of items: P[a positive's value exceeds a negative's], ties one half, over all pairs of values.</summary>
/// <remarks>Mann and Whitney, On a test of whether one of two random variables is stochastically larger than the other, 1947. Whole numbers throughout, so
/// that no order matters. Safe for several threads at once.</remarks>
internal sealed class RankAuc
{
    private readonly int[] _owners, _ends;
    private readonly bool[] _positive;

    /// <param name="positives">Each item's values that should be larger; may be empty.</param>
    /// <param name="negatives">The same items' values that should be smaller.</param>
    public RankAuc(IReadOnlyList<double[]> positives, IReadOnlyList<double[]> negatives)
    {
        var sorted = positives.SelectMany((v, i) => v.Select(x => (Value: x, Item: i, Positive: true)))
            .Concat(negatives.SelectMany((v, i) => v.Select(x => (Value: x, Item: i, Positive: false)))).OrderBy(v => v.Value).ToArray();
        if (sorted.Any(v => double.IsNaN(v.Value))) throw new ArgumentException("NaN has no rank. Leave its item out.", nameof(positives));
        (_owners, _positive) = ([.. sorted.Select(v => v.Item)], [.. sorted.Select(v => v.Positive)]);
        _ends = [.. Enumerable.Range(1, sorted.Length).Where(i => i == sorted.Length || sorted[i].Value != sorted[i - 1].Value)];
    }

    /// <summary>Fills in the area, from how often each item was drawn; ½ where a resample has no pair.</summary>
    public void Compute(ReadOnlySpan<int> counts, Span<double> into)
    {
        long positives = 0, negatives = 0;
        // Pairs count twice, so that a tie is a whole number.
        long wins = 0;
        var from = 0;
        foreach (var end in _ends)
        {
            long above = 0, below = 0;
            for (; from < end; from++)
            {
                if (_positive[from]) above += counts[_owners[from]];
                else below += counts[_owners[from]];
            }

            wins += above * (2 * negatives + below);
            (positives, negatives) = (positives + above, negatives + below);
        }

        into[0] = positives > 0 && negatives > 0 ? (double)wins / (2.0 * positives * negatives) : .5;
    }
}
