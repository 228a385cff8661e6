using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Cosines and sines of the rotary embedding, grown as longer sequences come.</summary>
/// <remarks>Formed as transformers does: inverse frequencies and position × frequency in float32, then cosine and sine of that angle in
/// float64, rounded once (engine.md). Scalings: transformers, modeling_rope_utils.py.</remarks>
internal sealed class RotaryTable
{
    private readonly Lock _growing = new();
    private readonly float[] _inverseFrequencies;
    private readonly float _scale;
    private volatile Rows _rows = new([], [], 0);

    /// <param name="spec">The rotation.</param>
    /// <param name="headSize">Entries of a head.</param>
    /// <param name="regime">As <see cref="RopeSpec.RegimeOf"/> gives it.</param>
    public RotaryTable(RopeSpec spec, int headSize, int regime = 0)
    {
        var dimensions = spec.Dimensions > 0 ? spec.Dimensions : headSize;
        Half = dimensions / 2;
        _scale = (float)spec.AttentionFactor;
        _inverseFrequencies = InverseFrequencies(spec, dimensions, regime);
    }

    /// <summary>Pairs of a head that are rotated; the other entries stay as they are.</summary>
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
                    cosines[i] = (float)Math.Cos(angle) * _scale;
                    sines[i] = (float)Math.Sin(angle) * _scale;
                }

                _rows = rows = new Rows(cosines, sines, grown);
            }
        }

        return (rows.Cosines, rows.Sines);
    }

    /// <summary>Rotates the entries of one head in place: pairs are (i, i + half).</summary>
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

    /// <summary>Rotates the entries of one head in place: pairs are (2i, 2i + 1).</summary>
    public static unsafe void RotateNeighbours(float* head, ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines)
    {
        for (var i = 0; i < cosines.Length; i++)
        {
            var (a, b) = (head[2 * i], head[2 * i + 1]);
            head[2 * i] = a * cosines[i] - b * sines[i];
            head[2 * i + 1] = b * cosines[i] + a * sines[i];
        }
    }

    private static float[] InverseFrequencies(RopeSpec spec, int dimensions, int regime)
    {
        var theta = spec.Kind == RopeKind.Dynamic && regime > 0
            ? spec.Theta * Math.Pow(spec.Factor * regime / spec.OriginalMaxPositions - (spec.Factor - 1), dimensions / (dimensions - 2.0))
            : spec.Theta;
        var frequencies = new float[dimensions / 2];
        for (var i = 0; i < frequencies.Length; i++) frequencies[i] = 1 / (float)Math.Pow(theta, 2 * i / (float)dimensions);
        switch (spec.Kind)
        {
            case RopeKind.Linear:
                for (var i = 0; i < frequencies.Length; i++) frequencies[i] /= (float)spec.Factor;
                break;
            case RopeKind.Llama3: Llama3(spec, frequencies); break;
            case RopeKind.Yarn: Yarn(spec, dimensions, frequencies); break;
            case RopeKind.LongRope:
                var factors = regime > 0 ? spec.LongFactors : spec.ShortFactors;
                for (var i = 0; i < frequencies.Length; i++) frequencies[i] = 1 / ((float)factors[i] * (float)Math.Pow(theta, 2 * i / (float)dimensions));
                break;
        }

        return frequencies;
    }

    private static void Llama3(RopeSpec spec, float[] frequencies)
    {
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
    }

    private static void Yarn(RopeSpec spec, int dimensions, float[] frequencies)
    {
        double low = Pair(spec.BetaFast), high = Pair(spec.BetaSlow);
        if (spec.Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, dimensions - 1));
        if (low == high) high += .001; // A ramp needs a width.
        for (var i = 0; i < frequencies.Length; i++)
        {
            var f = (float)Math.Pow(spec.Theta, 2 * i / (float)dimensions);
            var keep = 1 - Math.Clamp((i - (float)low) / (float)(high - low), 0, 1);
            frequencies[i] = 1 / ((float)spec.Factor * f) * (1 - keep) + 1 / f * keep;
        }

        // The pair that makes so many turns within the trained length, as a fraction.
        double Pair(double turns) => dimensions * Math.Log(spec.OriginalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(spec.Theta));
    }

    private sealed record Rows(float[] Cosines, float[] Sines, int Length);
}
