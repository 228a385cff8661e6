using System.Collections.Immutable;

namespace Assay.Evaluation.Vetting;

/// <summary>How long answers come to be, seen on a few of them that may not all have ended.</summary>
/// <param name="Asked">Answers that were begun.</param>
/// <param name="Open">Of each step of decoding the answers that took part in it.</param>
public sealed record AnswerLengths(int Asked, ImmutableArray<int> Open)
{
    // What answers are taken to be before any has ended: as though so many of so many tokens had been seen.
    private const double Supposed = 2, SupposedTokens = 48;

    /// <summary>Tokens of an answer, the mean. Answers that had not ended are taken to end as often, token by token, as they did so far and as two supposed
    /// ones of 48 tokens do.</summary>
    /// <param name="most">Where an answer is cut.</param>
    public double Mean(int most)
    {
        if (Asked == 0) return most;
        double seen = 0;
        foreach (var open in Open.Take(most)) seen += open;
        var (steps, left) = (Math.Min(most, Open.Length), Left);
        if (left == 0 || steps == most) return seen / Asked;
        // What is left of n answers that end at the rate λ: n (1 − e^(−λ s)) / λ tokens within s steps.
        var rate = (Asked - left + Supposed) / (Open.Sum() + Supposed * SupposedTokens);
        return (seen + left * (1 - Math.Exp(-rate * (most - steps))) / rate) / Asked;
    }

    /// <summary>Steps until the last of as many answers has ended; twice the mean where that was not seen.</summary>
    /// <param name="most">Where an answer is cut.</param>
    public double Steps(int most) => Left == 0 ? Math.Min(most, Open.Length) : Math.Min(most, 2 * Mean(most));

    /// <summary>Answers that had not ended.</summary>
    public int Left { get; init; }
}
