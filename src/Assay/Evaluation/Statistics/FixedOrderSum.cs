namespace Assay.Evaluation.Statistics;

/// <summary>Sums in the order given, compensated, so that equal input gives equal bits whatever the thread count.</summary>
/// <remarks>Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, 1974.</remarks>
public static class FixedOrderSum
{
    /// <summary>Sum of the values; 0 of none. Infinities and NaN go through as in a plain sum.</summary>
    public static double Of(ReadOnlySpan<double> values)
    {
        double sum = 0, compensation = 0;
        foreach (var value in values)
        {
            var next = sum + value;
            compensation += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }
        // An infinity makes the compensation NaN though the sum itself is meaningful.
        return double.IsFinite(sum) ? sum + compensation : sum;
    }

    /// <summary>Arithmetic mean; NaN of none.</summary>
    public static double Mean(ReadOnlySpan<double> values) => Of(values) / values.Length;

    /// <summary>Sample standard deviation (divisor n − 1); NaN of fewer than two.</summary>
    public static double StandardDeviation(ReadOnlySpan<double> values)
    {
        if (values.Length < 2) return double.NaN;
        var mean = Mean(values);
        var squares = new double[values.Length];
        for (var i = 0; i < squares.Length; i++) squares[i] = (values[i] - mean) * (values[i] - mean);
        return Math.Sqrt(Of(squares) / (values.Length - 1));
    }
}
