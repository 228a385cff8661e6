using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Log-softmax quantities of one row of logits, accumulated in float64 in the order of the vocabulary.</summary>
/// <param name="LogSumExp">ln Σ eᶻ.</param>
/// <param name="Argmax">Entry with the largest logit, ties to the lowest id.</param>
/// <param name="Max">That logit.</param>
internal readonly record struct LogitRow(double LogSumExp, int Argmax, float Max)
{
    /// <summary>Largest probability.</summary>
    public double Top => Math.Exp(Max - LogSumExp);

    /// <summary>Reads a row.</summary>
    /// <param name="logits">(count,); −∞ is legal.</param>
    /// <param name="count">Entries, at least 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe LogitRow Read(float* logits, int count)
    {
        var argmax = ArgMax(logits, count);
        double max = logits[argmax];
        var shift = Vector512.Create(max);
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Load(logits + i));
            low += VectorMath.Exp(a - shift);
            high += VectorMath.Exp(b - shift);
        }

        var tail = 0.0;
        for (; i < count; i++) tail += VectorMath.Exp(Vector512.Create(logits[i] - max))[0];
        return new LogitRow(max + Math.Log(VectorMath.TreeSum(low + high) + tail), argmax, logits[argmax]);
    }

    /// <summary>The entry with the largest logit, ties to the lowest id; NaN is never chosen unless all are.</summary>
    public static unsafe int ArgMax(float* logits, int count)
    {
        var (best, at) = (float.NegativeInfinity, 0);
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            if (!Vector512.GreaterThanAny(Vector512.Load(logits + i), Vector512.Create(best))) continue;
            for (var j = i; j < i + 16; j++)
                if (logits[j] > best) (best, at) = (logits[j], j);
        }

        for (; i < count; i++)
            if (logits[i] > best) (best, at) = (logits[i], i);
        return at;
    }
}
