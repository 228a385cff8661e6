using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Activation functions over a row, in place, and the soft cap.</summary>
internal static unsafe class Activations
{
    /// <summary>x ← act(x) ⊙ gate' where <paramref name="times"/> is given, else act(x).</summary>
    public static void Row(Activation kind, float* x, float* times, int width)
    {
        var i = 0;
        for (; i + 16 <= width; i += 16)
        {
            var value = Apply(kind, Vector512.Load(x + i));
            if (times is not null) value *= Vector512.Load(times + i);
            value.Store(x + i);
        }

        if (i == width) return;
        var lanes = stackalloc float[16];
        new Span<float>(lanes, 16).Clear();
        new ReadOnlySpan<float>(x + i, width - i).CopyTo(new Span<float>(lanes, 16));
        Apply(kind, Vector512.Load(lanes)).Store(lanes);
        for (var j = 0; i < width; i++, j++) x[i] = times is null ? lanes[j] : lanes[j] * times[i];
    }

    /// <summary>x ← c·tanh(x / c), in place.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Apply(Activation kind, Vector512<float> x)
    {
        switch (kind)
        {
            case Activation.Silu:
                return x * VectorMath.Sigmoid(x);
            case Activation.GeluTanh:
                // ½x(1 + tanh u) = x·σ(2u), u = √(2/π)(x + 0.044715 x³).
                var u = Vector512.FusedMultiplyAdd(x * x * x, Vector512.Create(.044715f), x) * Vector512.Create(1.5957691216057308f);
                return x * VectorMath.Sigmoid(u);
            case Activation.Relu:
                return Vector512.Max(x, Vector512<float>.Zero);
            default:
                var lanes = stackalloc float[16];
                x.Store(lanes);
                for (var i = 0; i < 16; i++) lanes[i] = (float)(lanes[i] * .5 * (1 + VectorMath.Erf(lanes[i] / Math.Sqrt(2))));
                return Vector512.Load(lanes);
        }
    }
}
