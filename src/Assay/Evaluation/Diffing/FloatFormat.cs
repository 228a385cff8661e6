using Assay.Checkpoints;

namespace Assay.Evaluation.Diffing;

/// <summary>The grid of a binary floating-point type: what its rounding does to a number.</summary>
/// <param name="Name">As in a safetensors header.</param>
/// <param name="Precision">Significand bits, the implied one included.</param>
/// <param name="LeastExponent">Exponent of the smallest normal number.</param>
/// <param name="Largest">Largest finite number.</param>
internal sealed record FloatFormat(string Name, int Precision, int LeastExponent, double Largest)
{
    public static readonly FloatFormat BFloat16 = new("BF16", 8, -126, (2 - 1.0 / 128) * 1.7014118346046923e38);
    public static readonly FloatFormat Half = new("F16", 11, -14, 65504);
    public static readonly FloatFormat Single = new("F32", 24, -126, float.MaxValue);
    public static readonly FloatFormat Double = new("F64", 53, -1022, double.MaxValue);
    public static readonly FloatFormat E4M3 = new("F8_E4M3", 4, -6, 448);
    public static readonly FloatFormat E5M2 = new("F8_E5M2", 3, -14, 57344);

    /// <summary>The grid of the numbers that a type gives: integers are exact in float64, quantised blocks are decoded to float32.</summary>
    public static FloatFormat GridOf(DType type) => type switch
    {
        DType.BF16 => BFloat16,
        DType.F16 => Half,
        DType.F64 => Double,
        _ => type.IsInteger() ? Double : Single,
    };

    /// <summary>Distance between neighbours of the grid at a number.</summary>
    public double Ulp(double value)
    {
        var exponent = (int)(BitConverter.DoubleToInt64Bits(value) >> 52 & 0x7ff) - 1023;
        return Math.ScaleB(1, Math.Max(exponent, LeastExponent) - Precision + 1);
    }

    /// <summary>The nearest number of the grid, ties to even; beyond the largest an infinity.</summary>
    public double Round(double value)
    {
        if (Precision >= 53 || !double.IsFinite(value)) return value;
        var ulp = Ulp(value);
        var rounded = Math.Round(value / ulp, MidpointRounding.ToEven) * ulp;
        return Math.Abs(rounded) > Largest ? double.CopySign(double.PositiveInfinity, value) : rounded;
    }
}
