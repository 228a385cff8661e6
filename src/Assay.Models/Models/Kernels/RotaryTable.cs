using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Cosines and sines of the rotary embedding, grown as longer sequences come.</summary>
/// <remarks>Formed as transformers does: inverse frequencies and position × frequency in float32, then cosine and sine of that angle in
/// float64, rounded once (engine.md). Llama 3's scaling: transformers, modeling_rope_utils.py, _compute_llama3_parameters.</remarks>
internal sealed class RotaryTable
{
    private readonly Lock _growing = new();
    private readonly float[] _inverseFrequencies;
    private volatile Rows _rows = new([], [], 0);

    public RotaryTable(RopeSpec spec, int headSize)
    {
        var dimensions = spec.Dimensions > 0 ? spec.Dimensions : headSize;
        Half = dimensions / 2;
        _inverseFrequencies = InverseFrequencies(spec, dimensions);
    }

    /// <summary>Pairs of a head that are rotated; the entries after them stay as they are.</summary>
    public int Half { get; }

    /// <summary>Tables for positions 0 … length − 1 at least: (positions, half).</summary>
    public (float[] Cosines, float[] Sines) Upto(int length)
    {
        var rows = _rows;
        if (rows.Length >= length) return (rows.Cosines, rows.Sines);
        lock (_growing)
        {
            rows = _rows;
            if (rows.Length < length)
            {
                var grown = (int)Math.Min(Math.Max(length, rows.Length * 2L), Array.MaxLength / Math.Max(1, Half));
                var (cosines, sines) = (new float[grown * Half], new float[grown * Half]);
                rows.Cosines.CopyTo(cosines, 0);
                rows.Sines.CopyTo(sines, 0);
                for (var i = rows.Length * Half; i < cosines.Length; i++)
                {
                    double angle = (float)(i / Half) * _inverseFrequencies[i % Half];
                    cosines[i] = (float)Math.Cos(angle);
                    sines[i] = (float)Math.Sin(angle);
                }

                _rows = rows = new Rows(cosines, sines, grown);
            }
        }

        return (rows.Cosines, rows.Sines);
    }

    /// <summary>Rotates one head in place: pairs are (i, i + half).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Rotate(float* head, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        var half = cosines.Length;
        var i = 0;
        fixed (float* c = cosines, s = sines)
        {
            // Products and differences are rounded one by one in every lane, as in the loop below.
            for (; i + 8 <= half; i += 8)
            {
                var (a, b) = (Vector256.Load(head + i), Vector256.Load(head + half + i));
                var (cosine, sine) = (Vector256.Load(c + i), Vector256.Load(s + i));
                (a * cosine - b * sine).Store(head + i);
                (b * cosine + a * sine).Store(head + half + i);
            }
        }

        for (; i < half; i++)
        {
            var (a, b) = (head[i], head[i + half]);
            head[i] = a * cosines[i] - b * sines[i];
            head[i + half] = b * cosines[i] + a * sines[i];
        }
    }

    private static float[] InverseFrequencies(RopeSpec spec, int dimensions)
    {
        var frequencies = new float[dimensions / 2];
        for (var i = 0; i < frequencies.Length; i++) frequencies[i] = 1 / (float)Math.Pow(spec.Theta, 2 * i / (float)dimensions);
        if (spec.Kind == RopeKind.Default) return frequencies;
        double lowWavelength = spec.OriginalMaxPositions / spec.LowFrequencyFactor, highWavelength = spec.OriginalMaxPositions / spec.HighFrequencyFactor;
        for (var i = 0; i < frequencies.Length; i++)
        {
            var f = frequencies[i];
            var wavelength = (float)(2 * Math.PI) / f;
            var scaled = f / (float)spec.Factor;
            if (wavelength > lowWavelength)
            {
                frequencies[i] = scaled;
            }
            else if (wavelength >= highWavelength)
            {
                var smooth = (float)((spec.OriginalMaxPositions / wavelength - spec.LowFrequencyFactor) / (spec.HighFrequencyFactor - spec.LowFrequencyFactor));
                frequencies[i] = (1 - smooth) * scaled + smooth * f;
            }
        }

        return frequencies;
    }

    private sealed record Rows(float[] Cosines, float[] Sines, int Length);
}
