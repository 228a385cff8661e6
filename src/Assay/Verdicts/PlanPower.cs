using System.Collections.Immutable;
using System.Globalization;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Vetting;

namespace Assay.Verdicts;

/// <summary>What a plan can show, before anything is run: how likely a clean verdict is where nothing was lost, and how large a loss it finds.</summary>
/// <remarks>protocol.md, Statistics: the joint power of what the verdict needs. A clean verdict takes every harm excluded, each at 5 %.</remarks>
/// <param name="Tests">The harms that are differences of shares over pairs, whose spread follows from how many pairs differ.</param>
/// <param name="LeftOut">What a clean verdict needs beside them; its spread is not known before the run.</param>
public sealed record PlanPower(ImmutableArray<TestPower> Tests, ImmutableArray<string> LeftOut)
{
    // Enumeration takes a time that grows with the square of this; beyond it the normal approximation is as good.
    private const int MostEnumerated = 5000;

    private const double Alpha = .05;

    /// <summary>Shares of pairs that differ, in either direction, for which power is told.</summary>
    public static ImmutableArray<double> Discordances { get; } = [.05, .10];

    /// <summary>Probability that all are excluded where nothing was lost, for one of <see cref="Discordances"/>: the product, as though the tests were
    /// independent. 0 where there is none.</summary>
    /// <param name="place">Which of them.</param>
    public double Joint(int place) => Tests.IsEmpty ? 0 : MeanPower.Joint(Tests.Select(t => t.Excluded[place]));

    /// <summary>Computes it.</summary>
    /// <param name="plan">The plan, with its margins.</param>
    /// <param name="cores">Reasoning cores that are asked.</param>
    /// <param name="questions">How many questions of the user's own a panel holds.</param>
    public static PlanPower Of(VetPlan plan, int cores, Func<string, int> questions)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(questions);
        var margins = Margins.Of(plan.Margins);
        var known = new Dictionary<(int, double, double), double>();
        var level = 1 - Alpha / Math.Max(1, plan.Design.HarmTests);
        var tests = HarmTable.Paired(cores, questions, plan.Design.Prefix is not null)
            .Select(t => new TestPower(t.Test.Id, t.Test.What, t.Pairs, t.Test.Certified(margins),
            [.. Discordances.Select(d => Excluded(t.Pairs, d, t.Test.Certified(margins)))],
            [.. Discordances.Select(d => PairedProportionPower.SmallestBeyond(t.Pairs, d, t.Test.Found(margins), level: level))])).ToImmutableArray();
        return new PlanPower(tests, ["probability on ids without a name", "NLL of reference text"]);

        double Excluded(int pairs, double discordance, double margin)
        {
            var key = (pairs, discordance, margin);
            if (known.TryGetValue(key, out var power)) return power;
            return known[key] = pairs <= MostEnumerated ? PairedProportionPower.Certification(pairs, discordance, margin, alpha: Alpha)
                : NormalDistribution.Cumulative(margin / Math.Sqrt(discordance / pairs) - NormalDistribution.Quantile(1 - Alpha));
        }
    }

    /// <summary>The joint power in a sentence.</summary>
    public string Sentence => Tests.IsEmpty ? "this plan excludes no harm, so that none of its verdicts is clean"
        : $"a clean verdict needs {Tests.Length} harms excluded, which is {Percent(Joint(0))} likely where nothing was lost and "
            + $"{Percent(Discordances[0])} of the replies differ, {Percent(Joint(1))} where {Percent(Discordances[1])} do: the product, as though the tests "
            + $"were independent, without {string.Join(" and ", LeftOut)}, whose spread is not known before the run";

    /// <summary>The smallest losses that are found, in a sentence.</summary>
    public string Detects
    {
        get
        {
            if (Tests.IsEmpty) return "no loss";
            if (Tests.Any(t => double.IsInfinity(t.Found[0]))) return "no loss with 80 % probability: there are too few pairs";
            var (least, most) = (Points(Tests.Min(t => t.Found[0])), Points(Tests.Max(t => t.Found[0])));
            return $"with 80 % probability a loss of {(least == most ? least : $"{least} to {most}")} percentage points, depending on the harm, where "
                + $"{Percent(Discordances[0])} of the replies differ";
        }
    }

    private static string Points(double share) => (100 * share).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>A probability in percent, with more digits the smaller it is.</summary>
    internal static string Percent(double share) => share switch
    {
        >= .995 => "more than 99 %",
        >= .01 => (100 * share).ToString("0", CultureInfo.InvariantCulture) + " %",
        >= .0001 => (100 * share).ToString("0.00", CultureInfo.InvariantCulture) + " %",
        _ => "less than 0.01 %",
    };
}
