namespace Assay.Evaluation.Statistics;

/// <summary>How well stated confidence agrees with what came true.</summary>
/// <param name="ExpectedError">ECE: mean distance of confidence and accuracy over 15 bins of equal mass, in [0, 1].</param>
/// <param name="Brier">Mean squared distance of confidence and outcome, in [0, 1].</param>
/// <param name="N">Predictions.</param>
/// <remarks>protocol.md, M6. Bins after Nguyen and O'Connor, Posterior calibration and exploratory analysis for natural language processing models, 2015;
/// Brier, Verification of forecasts expressed in terms of probability, 1950.</remarks>
public readonly record struct Calibration(double ExpectedError, double Brier, long N)
{
    /// <summary>Bins of equal mass.</summary>
    public const int Bins = 15;

    /// <summary>Compares confidence with outcomes; NaN of none.</summary>
    /// <param name="confidence">Stated probabilities.</param>
    /// <param name="correct">What came true.</param>
    public static Calibration Compute(ReadOnlySpan<double> confidence, ReadOnlySpan<bool> correct)
    {
        if (confidence.Length != correct.Length)
            throw new ArgumentException($"{confidence.Length} predictions have {correct.Length} outcomes.", nameof(correct));
        var n = confidence.Length;
        if (n == 0) return new Calibration(double.NaN, double.NaN, 0);
        var (stated, hits, squares) = (confidence.ToArray(), new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            hits[i] = correct[i] ? 1 : 0;
            squares[i] = (stated[i] - hits[i]) * (stated[i] - hits[i]);
        }

        // Equal confidences stay in the order given, so that the bins are one and the same wherever they are made.
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => stated[i])];
        var errors = new double[Bins];
        var from = 0;
        for (var bin = 0; bin < Bins; bin++)
        {
            // The first n mod 15 bins have one more.
            var size = n / Bins + (bin < n % Bins ? 1 : 0);
            var members = order.AsSpan(from, size).ToArray();
            from += size;
            errors[bin] = Math.Abs(FixedOrderSum.Of([.. members.Select(i => stated[i])]) - FixedOrderSum.Of([.. members.Select(i => hits[i])]));
        }

        return new Calibration(FixedOrderSum.Of(errors) / n, FixedOrderSum.Mean(squares), n);
    }
}
