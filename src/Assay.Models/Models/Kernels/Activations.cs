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
