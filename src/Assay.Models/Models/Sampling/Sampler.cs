using System.Buffers;
using Assay.Checkpoints;

namespace Assay.Models.Sampling;

/// <summary>Chooses the next token from its logits.</summary>
public static class Sampler
{
    /// <summary>The token of the largest logit; of equals the lowest id.</summary>
    /// <param name="logits">(vocabulary), at least one.</param>
    /// <exception cref="InvalidInputException">A logit is NaN, or none is above −∞: the weights are broken.</exception>
    public static int Greedy(ReadOnlySpan<float> logits)
    {
        var best = -1;
        var largest = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i])) throw new InvalidInputException($"The logit of token {i} is not a number. The weights hold NaN or overflow; check them with `assay inspect`.");
            if (logits[i] > largest) (best, largest) = (i, logits[i]);
        }
        return best >= 0 ? best : throw new InvalidInputException("No logit is above −∞: there is no next token. The weights are broken; check them with `assay inspect`.");
    }

    /// <summary>Whether logits choose a token: none is NaN or +∞, and one is above −∞.</summary>
    internal static bool Chooses(ReadOnlySpan<float> logits)
    {
        var some = false;
        foreach (var logit in logits)
        {
            if (float.IsNaN(logit) || float.IsPositiveInfinity(logit)) return false;
            some |= !float.IsNegativeInfinity(logit);
        }

        return some;
    }

    /// <summary>The next token: drawn after <see cref="SamplingProcessors"/>, or the likeliest where <see cref="SamplingOptions.DoSample"/> is false.</summary>
    /// <param name="logits">(vocabulary); left as they are.</param>
    /// <param name="previous">Token ids so far, prompt included.</param>
    /// <param name="options">How to choose.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="item">Of the sequence.</param>
    /// <param name="step">Of the token within it.</param>
    /// <exception cref="InvalidInputException">As <see cref="Greedy"/>; also a logit of +∞.</exception>
    public static int Draw(ReadOnlySpan<float> logits, ReadOnlySpan<int> previous, SamplingOptions options, long seed, long item, long step) =>
        Draw(logits, previous, options, CounterRandom.Uniform(seed, item, step));

    /// <summary>The same with the number given that decides.</summary>
    /// <param name="logits">(vocabulary); left as they are.</param>
    /// <param name="previous">Token ids so far, prompt included.</param>
    /// <param name="options">How to choose.</param>
    /// <param name="uniform">From 0 (included) to 1 (excluded): the first token at which the cumulated probability passes it.</param>
    /// <exception cref="InvalidInputException">As <see cref="Greedy"/>; also a logit of +∞.</exception>
    internal static int Draw(ReadOnlySpan<float> logits, ReadOnlySpan<int> previous, SamplingOptions options, double uniform)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.DoSample && options.RepetitionPenalty == 1) return Greedy(logits);
        var best = Greedy(logits);
        if (float.IsPositiveInfinity(logits[best])) throw new InvalidInputException($"The logit of token {best} is infinite. The weights overflow; check them with `assay inspect`.");
        var processed = ArrayPool<float>.Shared.Rent(logits.Length);
        var probabilities = ArrayPool<double>.Shared.Rent(logits.Length);
        try
        {
            var span = processed.AsSpan(0, logits.Length);
            logits.CopyTo(span);
            SamplingProcessors.Apply(span, previous, options);
            if (!options.DoSample) return Greedy(span);
            SamplingProcessors.Probabilities(span, probabilities);
            return Invert(probabilities.AsSpan(0, logits.Length), uniform);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(processed);
            ArrayPool<double>.Shared.Return(probabilities);
        }
    }

    // The first token at which the cumulated probability passes u; where rounding leaves the sum short of u, the last possible token.
    private static int Invert(ReadOnlySpan<double> probabilities, double u)
    {
        double sum = 0;
        var last = 0;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] == 0) continue;
            sum += probabilities[i];
            last = i;
            if (u < sum) break;
        }
        return last;
    }
}
