namespace Assay.Evaluation.Statistics;

/// <summary>How small a difference of paired proportions can be found, and how many pairs it takes.</summary>
/// <remarks>Discordance is the share of pairs that differ, in either direction. Sizes by the normal approximation with the variance under no difference,
/// discordance / n (Connett, Smith and McHugh, Sample size and power for pair-matched case-control studies, 1987); the power of a certification is exact, by
/// enumeration.</remarks>
public static class PairedProportionPower
{
    /// <summary>The smallest true difference that a two-sided test finds with the power asked.</summary>
    /// <param name="pairs">Pairs; divided by the design effect where they come in clusters.</param>
    /// <param name="discordance">Share of pairs that differ.</param>
    /// <param name="power">Probability of finding it.</param>
    /// <param name="level">1 − α, two-sided.</param>
    public static double MinimumDetectable(double pairs, double discordance, double power = .8, double level = .95) =>
        MeanPower.MinimumDetectable(Math.Sqrt(discordance / pairs), power, level);

    /// <summary>The smallest true loss of which Tango's interval shows, with the power asked, that it is beyond a margin; infinite where it shows
    /// none.</summary>
    /// <param name="pairs">Pairs; divided by the design effect where they come in clusters.</param>
    /// <param name="discordance">Share of pairs that differ; where the loss itself is larger, as many as it takes.</param>
    /// <param name="margin">The largest loss that does not matter, 0 or more.</param>
    /// <param name="power">Probability of showing it.</param>
    /// <param name="level">1 − α, two-sided.</param>
    public static double SmallestBeyond(double pairs, double discordance, double margin, double power = .8, double level = .95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(margin);
        var (bound, sure) = (NormalDistribution.Quantile(.5 + level / 2), NormalDistribution.Quantile(power));
        return IsShown(1) ? SpecialFunctions.Bisect(margin, 1, loss => !IsShown(loss)) : double.PositiveInfinity;

        // Whether the interval of the smallest loss that is observed with that power is beyond the margin; what is observed spreads around the true loss.
        bool IsShown(double loss)
        {
            var differ = Math.Max(loss, discordance);
            var (up, seen) = ((differ - loss) / 2, loss - sure * Math.Sqrt((differ - loss * loss) / pairs));
            return seen > margin && TangoInterval.Score(pairs * up, pairs * (up + seen), pairs, -margin) < -bound;
        }
    }

    /// <summary>Pairs for a two-sided test to find a difference.</summary>
    /// <param name="difference">True difference, not 0.</param>
    /// <param name="discordance">Share of pairs that differ.</param>
    /// <param name="power">Probability of finding it.</param>
    /// <param name="level">1 − α, two-sided.</param>
    public static long PairsToDetect(double difference, double discordance, double power = .8, double level = .95) =>
        MeanPower.ItemsToDetect(Math.Sqrt(discordance), difference, power, level);

    /// <summary>Pairs for a one-sided test to show that no more than a margin was lost, where nothing was.</summary>
    /// <param name="margin">Largest loss that does not matter, above 0.</param>
    /// <param name="discordance">Share of pairs that differ.</param>
    /// <param name="power">Probability of showing it.</param>
    /// <param name="alpha">One-sided error.</param>
    public static long PairsForNonInferiority(double margin, double discordance, double power = .9, double alpha = .05) =>
        Math.Max(LeastPairs(margin, alpha), MeanPower.ItemsForNonInferiority(Math.Sqrt(discordance), margin, power, alpha));

    /// <summary>Pairs for two one-sided tests to show that a difference lies within a margin, where there is none.</summary>
    /// <param name="margin">Largest change that does not matter, above 0.</param>
    /// <param name="discordance">Share of pairs that differ.</param>
    /// <param name="power">Probability of showing it.</param>
    /// <param name="alpha">Error of each test.</param>
    public static long PairsForEquivalence(double margin, double discordance, double power = .9, double alpha = .05) =>
        Math.Max(LeastPairs(margin, alpha), MeanPower.ItemsForEquivalence(Math.Sqrt(discordance), margin, power, alpha));

    /// <summary>The fewest pairs whose interval keeps within a margin even where no pair differs: Tango's bound is then z² / (n + z²).</summary>
    /// <param name="margin">Largest loss that does not matter, in (0, 1).</param>
    /// <param name="alpha">One-sided error.</param>
    public static long LeastPairs(double margin, double alpha = .05)
    {
        if (!(margin is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(margin), margin, "A margin of a difference of proportions lies in (0, 1).");
        var z = NormalDistribution.Quantile(1 - alpha);
        return (long)Math.Floor(z * z * (1 - margin) / margin) + 1;
    }

    /// <summary>The probability that the lower bound of Tango's interval lies above −margin.</summary>
    /// <param name="pairs">Independent pairs.</param>
    /// <param name="discordance">Probability that a pair differs, in [0, 1].</param>
    /// <param name="margin">Largest loss that does not matter, in (0, 1).</param>
    /// <param name="difference">True difference, within ± discordance.</param>
    /// <param name="alpha">One-sided error.</param>
    public static double Certification(int pairs, double discordance, double margin, double difference = 0, double alpha = .05)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pairs);
        var (up, down) = ((discordance + difference) / 2, (discordance - difference) / 2);
        if (!(up >= 0 && down >= 0 && discordance <= 1))
            throw new ArgumentOutOfRangeException(nameof(difference), difference, "A difference lies within ± discordance.");
        var z = NormalDistribution.Quantile(1 - alpha);
        var flips = Binomial(pairs, discordance);
        double power = 0;
        for (var k = 0; k <= pairs; k++)
        {
            // What lies beyond adds less than rounding does.
            if (flips[k] < 1e-14) continue;
            var ups = Binomial(k, discordance == 0 ? 0 : up / discordance);
            double certified = 0;
            // The more pairs go up, the better: from k downwards the first that fails ends it.
            for (var u = k; u >= 0 && TangoInterval.Score(u, k - u, pairs, -margin) > z; u--) certified += ups[u];
            power += flips[k] * certified;
        }

        return Math.Min(1, power);
    }

    /// <summary>Probabilities of 0 to n successes.</summary>
    private static double[] Binomial(int n, double p)
    {
        var result = new double[n + 1];
        if (p is 0 or 1)
        {
            result[p == 0 ? 0 : n] = 1;
            return result;
        }

        for (var k = 0; k <= n; k++)
        {
            var ways = SpecialFunctions.LogGamma(n + 1) - SpecialFunctions.LogGamma(k + 1) - SpecialFunctions.LogGamma(n - k + 1);
            result[k] = Math.Exp(ways + k * Math.Log(p) + (n - k) * Math.Log(1 - p));
        }

        return result;
    }
}
