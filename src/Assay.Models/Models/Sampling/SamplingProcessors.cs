using System.Buffers;

namespace Assay.Models.Sampling;

/// <summary>What transformers' <c>generate</c> does to logits before it draws, in its order: repetition penalty, temperature, top_k, top_p, min_p.</summary>
/// <remarks>Removed tokens get −∞. Comparisons are made in float32, as there, so that the same tokens are kept; exponentials are taken in double
/// and rounded, so that the result depends on no vector width.</remarks>
public static class SamplingProcessors
{
    /// <summary>Processes logits in place.</summary>
    /// <param name="logits">(vocabulary). None may be NaN.</param>
    /// <param name="previous">Token ids so far, prompt included; each counts once.</param>
    /// <param name="options">What to do.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id lies outside the vocabulary, or an option outside its range.</exception>
    public static void Apply(Span<float> logits, ReadOnlySpan<int> previous, SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        if (options.RepetitionPenalty != 1) Penalise(logits, previous, (float)options.RepetitionPenalty);
        if (!options.DoSample || logits.IsEmpty) return;
        if (options.Temperature != 1)
        {
            var temperature = (float)options.Temperature;
            foreach (ref var logit in logits) logit /= temperature;
        }
        if (options.TopK > 0 && options.TopK < logits.Length) KeepLargest(logits, options.TopK);
        if (options.TopP < 1) KeepMass(logits, options.TopP);
        if (options.MinP is > 0 and var fraction) KeepLikely(logits, (float)fraction);
    }

    /// <summary>Softmax in double.</summary>
    /// <param name="logits">(vocabulary), −∞ for what cannot be drawn.</param>
    /// <param name="probabilities">(vocabulary). They sum to 1.</param>
    public static void Probabilities(ReadOnlySpan<float> logits, Span<double> probabilities)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits) largest = MathF.Max(largest, logit);
        double sum = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            probabilities[i] = float.IsNegativeInfinity(logits[i]) ? 0 : Kernels.VectorMath.Exp((double)logits[i] - largest);
            sum += probabilities[i];
        }
        foreach (ref var probability in probabilities[..logits.Length]) probability /= sum;
    }

    private static void Check(SamplingOptions options)
    {
        if (!(options.Temperature > 0) || !((float)options.Temperature is > 0 and < float.PositiveInfinity))
            throw new ArgumentOutOfRangeException(nameof(options), options.Temperature, "Temperature must be above 0.");
        if (!(options.RepetitionPenalty > 0) || !((float)options.RepetitionPenalty is > 0 and < float.PositiveInfinity))
            throw new ArgumentOutOfRangeException(nameof(options), options.RepetitionPenalty, "RepetitionPenalty must be above 0.");
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK, nameof(options));
        if (options.TopP is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(options), options.TopP, "TopP must be from 0 to 1.");
        if (options.MinP is not (null or (>= 0 and <= 1))) throw new ArgumentOutOfRangeException(nameof(options), options.MinP, "MinP must be from 0 to 1.");
    }

    private static void Penalise(Span<float> logits, ReadOnlySpan<int> previous, float penalty)
    {
        var seen = new HashSet<int>(previous.Length);
        foreach (var id in previous)
        {
            if ((uint)id >= (uint)logits.Length) throw new ArgumentOutOfRangeException(nameof(previous), id, $"Token id outside the vocabulary of {logits.Length}.");
            if (seen.Add(id)) logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
        }
    }

    private static void KeepLargest(Span<float> logits, int count)
    {
        // A heap of the largest so far, its least on top: V log k steps rather than a sort of the vocabulary.
        var heap = new PriorityQueue<int, float>(count);
        for (var i = 0; i < count; i++) heap.Enqueue(i, logits[i]);
        heap.TryPeek(out _, out var least);
        for (var i = count; i < logits.Length; i++)
        {
            if (!(logits[i] > least)) continue;
            heap.DequeueEnqueue(i, logits[i]);
            heap.TryPeek(out _, out least);
        }
        foreach (ref var logit in logits)
            if (logit < least) logit = float.NegativeInfinity;
    }

    private static void KeepMass(Span<float> logits, double mass)
    {
        // Ascending by logit, then by id, as a stable sort leaves ties: of equals the lowest id goes first.
        var order = ArrayPool<ulong>.Shared.Rent(logits.Length);
        var probabilities = ArrayPool<double>.Shared.Rent(logits.Length);
        try
        {
            Probabilities(logits, probabilities);
            var kept = 0;
            for (var i = 0; i < logits.Length; i++)
                if (!float.IsNegativeInfinity(logits[i])) order[kept++] = ((ulong)Rank(logits[i]) << 32) | (uint)i;
            Array.Sort(order, 0, kept);
            var threshold = (float)(1 - mass);
            double sum = 0;
            for (var i = 0; i < kept - 1; i++)
            {
                var id = (int)(uint)order[i];
                sum += (float)probabilities[id];
                if ((float)sum <= threshold) logits[id] = float.NegativeInfinity;
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(order);
            ArrayPool<double>.Shared.Return(probabilities);
        }
    }

    private static void KeepLikely(Span<float> logits, float fraction)
    {
        var probabilities = ArrayPool<double>.Shared.Rent(logits.Length);
        try
        {
            Probabilities(logits, probabilities);
            var best = 0;
            for (var i = 1; i < logits.Length; i++)
                if (logits[i] > logits[best]) best = i;
            var threshold = fraction * (float)probabilities[best];
            for (var i = 0; i < logits.Length; i++)
                if (i != best && (float)probabilities[i] < threshold) logits[i] = float.NegativeInfinity;
        }
        finally
        {
            ArrayPool<double>.Shared.Return(probabilities);
        }
    }

    // Unsigned integers in the order of the floats; −0 equals +0.
    private static uint Rank(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
    }
}
