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
    public double Top => VectorMath.Exp(Max - LogSumExp);

    /// <summary>Reads a row.</summary>
    /// <param name="logits">(count,); −∞ is legal.</param>
    /// <param name="count">Entries, at least 1.</param>
    public static unsafe LogitRow Read(float* logits, int count)
    {
        var argmax = ArgMax(logits, count);
        return new LogitRow(LogSumExpAt(logits, count, logits[argmax], 1), argmax, logits[argmax]);
    }

    /// <summary>ln Σ e^(z / T).</summary>
    /// <param name="logits">(count,).</param>
    /// <param name="count">Entries, at least 1.</param>
    /// <param name="max">The largest of them.</param>
    /// <param name="temperature">T, above 0.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe double LogSumExpAt(float* logits, int count, double max, double temperature)
    {
        var shift = Vector512.Create(max);
        var inverse = Vector512.Create(1 / temperature);
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var (a, b) = Vector512.Widen(Vector512.Load(logits + i));
            low += VectorMath.Exp((a - shift) * inverse);
            high += VectorMath.Exp((b - shift) * inverse);
        }

        var tail = 0.0;
        for (; i < count; i++) tail += VectorMath.Exp(Vector512.Create((logits[i] - max) / temperature))[0];
        return max / temperature + VectorMath.Log(VectorMath.TreeSum(low + high) + tail);
    }

    /// <summary>ln Σ e^(β z) at equidistant β: two exponentials an entry, whatever the number of β.</summary>
    /// <param name="logits">(count,).</param>
    /// <param name="count">Entries, at least 1.</param>
    /// <param name="max">The largest of them.</param>
    /// <param name="first">The first β, above 0.</param>
    /// <param name="step">Between two β, above 0.</param>
    /// <param name="results">(β,). Filled; the products behind the k-th have a relative error of about k · 1e-16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void LogSumExps(float* logits, int count, double max, double first, double step, Span<double> results)
    {
        var sums = new Vector512<double>[results.Length];
        var tails = new double[results.Length];
        var shift = Vector512.Create(max);
        var (begin, factor) = (Vector512.Create(first), Vector512.Create(step));
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(logits + i));
            var (a, b) = (VectorMath.Exp((low - shift) * begin), VectorMath.Exp((high - shift) * begin));
            var (up, down) = (VectorMath.Exp((low - shift) * factor), VectorMath.Exp((high - shift) * factor));
            for (var k = 0; k < sums.Length; k++)
            {
                sums[k] += a + b;
                a *= up;
                b *= down;
            }
        }

        for (; i < count; i++)
        {
            var (a, up) = (VectorMath.Exp(Vector512.Create((logits[i] - max) * first))[0], VectorMath.Exp(Vector512.Create((logits[i] - max) * step))[0]);
            for (var k = 0; k < tails.Length; k++)
            {
                tails[k] += a;
                a *= up;
            }
        }

        for (var k = 0; k < results.Length; k++) results[k] = max * (first + k * step) + VectorMath.Log(VectorMath.TreeSum(sums[k]) + tails[k]);
    }

    /// <summary>The entry with the largest logit, ties to the lowest id; NaN is never chosen unless all are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    /// <summary>The largest logit; −∞ where there is none. What is not a number may be passed over: the exponentials show it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe float Largest(float* logits, int count)
    {
        var most = Vector512.Create(float.NegativeInfinity);
        var i = 0;
        for (; i + 16 <= count; i += 16) most = Vector512.MaxNative(Vector512.Load(logits + i), most);
        var result = float.NegativeInfinity;
        for (var l = 0; l < 16; l++) result = MathF.Max(result, most[l]);
        for (; i < count; i++) result = MathF.Max(result, logits[i]);
        return result;
    }

    /// <summary>The smallest logit; what is not a number may be passed over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe float Smallest(float* logits, int count)
    {
        var least = Vector512.Create(float.PositiveInfinity);
        var i = 0;
        for (; i + 16 <= count; i += 16) least = Vector512.MinNative(Vector512.Load(logits + i), least);
        var result = float.PositiveInfinity;
        for (var l = 0; l < 16; l++) result = MathF.Min(result, least[l]);
        for (; i < count; i++) result = MathF.Min(result, logits[i]);
        return result;
    }

    /// <summary>Σ e^(z − max): exponentials in float32, their sum in float64 over 16 lanes and a fixed tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe double SumOfExponentials(float* logits, int count, float max)
    {
        var shift = Vector512.Create(max);
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var (a, b) = Vector512.Widen(VectorMath.Exp(Vector512.Load(logits + i) - shift));
            low += a;
            high += b;
        }

        var tail = 0.0;
        for (; i < count; i++) tail += VectorMath.Exp(Vector512.Create(logits[i] - max))[0];
        return VectorMath.TreeSum(low + high) + tail;
    }
}
