using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Activation functions over a row, in place, and the soft cap.</summary>
internal static unsafe class Activations
{
    /// <summary>x ← act(x) ⊙ times where <paramref name="times"/> is given, else act(x).</summary>
    public static void Row(Activation kind, float* x, float* times, int width)
    {
        switch (kind)
        {
            case Activation.Silu: Row<Silu>(x, times, width); break;
            case Activation.GeluTanh: Row<GeluTanh>(x, times, width); break;
            case Activation.Relu: Row<Relu>(x, times, width); break;
            default: Row<Gelu>(x, times, width); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<TFunction>(float* x, float* times, int width)
        where TFunction : struct, IFunction
    {
        var i = 0;
        if (times is null)
        {
            for (; i + 16 <= width; i += 16) TFunction.Apply(Vector512.Load(x + i)).Store(x + i);
        }
        else
        {
            for (; i + 16 <= width; i += 16) (TFunction.Apply(Vector512.Load(x + i)) * Vector512.Load(times + i)).Store(x + i);
        }

        if (i == width) return;
        var lanes = stackalloc float[16];
        new Span<float>(lanes, 16).Clear();
        new ReadOnlySpan<float>(x + i, width - i).CopyTo(new Span<float>(lanes, 16));
        TFunction.Apply(Vector512.Load(lanes)).Store(lanes);
        for (var j = 0; i < width; i++, j++) x[i] = times is null ? lanes[j] : lanes[j] * times[i];
    }

    /// <summary>What the head's product still needs to be logits: a factor, then a soft cap.</summary>
    public static void Logits(float* x, int count, float scale, float? cap)
    {
        if (scale != 1) TensorPrimitives.Multiply(new ReadOnlySpan<float>(x, count), scale, new Span<float>(x, count));
        if (cap is { } c) Softcap(x, count, c);
    }

    /// <summary>x ← x·σ(gate), in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SigmoidGate(float* x, float* gate, int width)
    {
        var i = 0;
        for (; i + 16 <= width; i += 16) (Vector512.Load(x + i) * VectorMath.Sigmoid(Vector512.Load(gate + i))).Store(x + i);
        for (; i < width; i++) x[i] *= VectorMath.Sigmoid(Vector512.Create(gate[i]))[0];
    }

    /// <summary>y = (clamp(up, −limit, limit) + 1) · g·σ(gain·g), g = min(gate, limit), from neighbours (gate, up).</summary>
    /// <remarks>transformers, models/gpt_oss/modular_gpt_oss.py.</remarks>
    /// <param name="pairs">(width, 2).</param>
    /// <param name="y">(width,).</param>
    /// <param name="width">Entries.</param>
    /// <param name="gain">Factor inside the sigmoid.</param>
    /// <param name="limit">Largest value of gate and of |up|.</param>
    public static void ClampedSwiglu(float* pairs, float* y, int width, float gain, float limit)
    {
        for (var i = 0; i < width; i++)
        {
            var g = MathF.Min(pairs[2 * i], limit);
            var up = MathF.Max(MathF.Min(pairs[2 * i + 1], limit), -limit);
            y[i] = (up + 1) * (g * VectorMath.Sigmoid(Vector512.Create(g * gain))[0]);
        }
    }

    /// <summary>x ← c·tanh(x / c), in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softcap(float* x, long count, float cap)
    {
        var c = Vector512.Create(cap);
        long i = 0;
        for (; i + 16 <= count; i += 16) (c * VectorMath.Tanh(Vector512.Load(x + i) / c)).Store(x + i);
        if (i == count) return;
        var lanes = stackalloc float[16];
        new Span<float>(lanes, 16).Clear();
        new ReadOnlySpan<float>(x + i, (int)(count - i)).CopyTo(new Span<float>(lanes, 16));
        (c * VectorMath.Tanh(Vector512.Load(lanes) / c)).Store(lanes);
        for (var j = 0; i < count; i++, j++) x[i] = lanes[j];
    }

    /// <summary>A function of each lane; a type, so that the loop is compiled around it.</summary>
    private interface IFunction
    {
        static abstract Vector512<float> Apply(Vector512<float> x);
    }

    private readonly struct Silu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x) => x * VectorMath.Sigmoid(x);
    }

    private readonly struct GeluTanh : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x)
        {
            // ½x(1 + tanh u) = x·σ(2u), u = √(2/π)(x + 0.044715 x³).
            var u = Vector512.FusedMultiplyAdd(x * x * x, Vector512.Create(.044715f), x) * Vector512.Create(1.5957691216057308f);
            return x * VectorMath.Sigmoid(u);
        }
    }

    private readonly struct Relu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Apply(Vector512<float> x) => Vector512.Max(x, Vector512<float>.Zero);
    }

    private readonly struct Gelu : IFunction
    {
        public static Vector512<float> Apply(Vector512<float> x)
        {
            var lanes = stackalloc float[16];
            x.Store(lanes);
            for (var i = 0; i < 16; i++) lanes[i] = (float)(lanes[i] * .5 * (1 + VectorMath.Erf(lanes[i] / Math.Sqrt(2))));
            return Vector512.Load(lanes);
        }
    }
}
