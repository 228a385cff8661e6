namespace Assay.Evaluation.Statistics;

/// <summary>The monotone sequence that is nearest to given values in weighted squares.</summary>
/// <remarks>Pool adjacent violators; Barlow, Bartholomew, Bremner and Brunk, Statistical Inference under Order Restrictions, 1972.</remarks>
public static class IsotonicRegression
{
    /// <summary>The nearest sequence that does not fall.</summary>
    /// <param name="values">Finite values, in order.</param>
    /// <param name="weights">Above 0, one for each value; all 1 where empty.</param>
    public static double[] Increasing(ReadOnlySpan<double> values, ReadOnlySpan<double> weights = default)
    {
        if (!weights.IsEmpty && weights.Length != values.Length)
            throw new ArgumentException($"{values.Length} values have {weights.Length} weights.", nameof(weights));
        // Blocks of pooled values: mean, weight, and where each ends.
        var (means, sums, ends, blocks) = (new double[values.Length], new double[values.Length], new int[values.Length], 0);
        for (var i = 0; i < values.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            if (!(weight > 0) || !double.IsFinite(values[i]))
                throw new ArgumentException($"Value {i} is {values[i]} with weight {weight}: values are finite and weights above 0.", nameof(values));
            var mean = values[i];
            while (blocks > 0 && means[blocks - 1] >= mean)
            {
                blocks--;
                (mean, weight) = ((means[blocks] * sums[blocks] + mean * weight) / (sums[blocks] + weight), sums[blocks] + weight);
            }

            (means[blocks], sums[blocks], ends[blocks]) = (mean, weight, i + 1);
            blocks++;
        }

        var result = new double[values.Length];
        var from = 0;
        for (var block = 0; block < blocks; block++)
        {
            result.AsSpan(from, ends[block] - from).Fill(means[block]);
            from = ends[block];
        }

        return result;
    }

    /// <summary>The nearest sequence that does not rise.</summary>
    /// <param name="values">Finite values, in order.</param>
    /// <param name="weights">Above 0, one for each value; all 1 where empty.</param>
    public static double[] Decreasing(ReadOnlySpan<double> values, ReadOnlySpan<double> weights = default)
    {
        var negated = new double[values.Length];
        for (var i = 0; i < negated.Length; i++) negated[i] = -values[i];
        return [.. Increasing(negated, weights).Select(v => -v)];
    }
}
