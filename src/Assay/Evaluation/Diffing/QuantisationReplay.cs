namespace Assay.Evaluation.Diffing;

/// <summary>Rounding to nearest on the levels of one format, and back.</summary>
internal sealed class QuantisationReplay : LineReplay
{
    // Scales are often kept in float16: half an ulp of it, relative.
    private const double ScaleRounding = 1.0 / 2048;

    // Products in float32 where these are in float64.
    private const double SingleRounding = 1.0 / (1 << 22);

    // bitsandbytes' NF4 (Dettmers et al. 2023, arXiv 2305.14314, appendix E): quantiles of a normal, scaled to [−1, 1].
    private static readonly double[] NormalFloat =
    [
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
        0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
    ];

    private readonly Action<ReadOnlySpan<double>, Span<double>> _round;
    private readonly int _group;
    private readonly double _scaleRounding;

    private QuantisationReplay(QuantisationFormat format, int group, double scaleRounding, Action<ReadOnlySpan<double>, Span<double>> round)
    {
        Format = format;
        _group = group;
        _scaleRounding = scaleRounding;
        _round = round;
    }

    public QuantisationFormat Format { get; }

    // A value halfway between two levels may have gone the other way in float32.
    public override double Required => .97;

    public override double Foretell(ReadOnlySpan<double> original, ReadOnlySpan<double> changed, Span<double> expected)
    {
        for (var at = 0; at < original.Length; at += _group)
        {
            var length = Math.Min(_group, original.Length - at);
            _round(original.Slice(at, length), expected.Slice(at, length));
        }

        return 0;
    }

    public override double Tolerance(FloatFormat grid, double expected, double changed) => grid.Ulp(changed) * .51 + _scaleRounding * Math.Abs(expected);

    /// <summary>All formats that are tried; of those that foretell equally well, the first counts.</summary>
    /// <param name="largest">Largest |value| of the whole tensor.</param>
    /// <param name="range">Smallest and largest value of the whole tensor.</param>
    public static IEnumerable<QuantisationReplay> All(double largest, (double Least, double Most) range)
    {
        // The block formats of llama.cpp (ggml-quants.c, quantize_row_*_ref) come first, for they foretell the scale's own rounding, which others leave open.
        yield return Exact(8, "Q8_0", "group of 32", false, 32, Q8);
        yield return Exact(4, "Q4_0", "group of 32", false, 32, (a, e) => SignedBlock(a, e, 8));
        yield return Exact(5, "Q5_0", "group of 32", false, 32, (a, e) => SignedBlock(a, e, 16));
        yield return Exact(4, "Q4_1", "group of 32", false, 32, (a, e) => FromMinimum(a, e, 4, true));
        yield return Exact(5, "Q5_1", "group of 32", false, 32, (a, e) => FromMinimum(a, e, 5, true));
        yield return Exact(4, "NF4", "group of 64", false, 64, Codebook);
        foreach (var bits in (int[])[8, 4, 6, 5, 3, 2])
        {
            yield return Make(bits, "symmetric", "tensor", false, int.MaxValue, (a, e) => Symmetric(a, e, bits, largest));
            yield return Make(bits, "symmetric", "row", false, int.MaxValue, (a, e) => Symmetric(a, e, bits, Largest(a)));
            yield return Make(bits, "symmetric", "column", true, int.MaxValue, (a, e) => Symmetric(a, e, bits, Largest(a)));
            foreach (var group in (int[])[128, 64, 32, 256, 16])
                yield return Make(bits, "symmetric", $"group of {group}", false, group, (a, e) => Symmetric(a, e, bits, Largest(a)));
            yield return Make(bits, "symmetric, full range", "row", false, int.MaxValue, (a, e) => FullRange(a, e, bits));
            yield return Make(bits, "symmetric, full range", "column", true, int.MaxValue, (a, e) => FullRange(a, e, bits));
            foreach (var group in (int[])[128, 64, 32])
                yield return Make(bits, "symmetric, full range", $"group of {group}", false, group, (a, e) => FullRange(a, e, bits));
            yield return Make(bits, "with zero point", "tensor", false, int.MaxValue, (a, e) => ZeroPoint(a, e, bits, range));
            yield return Make(bits, "with zero point", "row", false, int.MaxValue, (a, e) => ZeroPoint(a, e, bits, Range(a)));
            yield return Make(bits, "with zero point", "column", true, int.MaxValue, (a, e) => ZeroPoint(a, e, bits, Range(a)));
            foreach (var group in (int[])[128, 64, 32])
                yield return Make(bits, "with zero point", $"group of {group}", false, group, (a, e) => ZeroPoint(a, e, bits, Range(a)));
            foreach (var group in (int[])[int.MaxValue, 128, 64])
                yield return Make(bits, "from minimum", group == int.MaxValue ? "row" : $"group of {group}", false, group, (a, e) => FromMinimum(a, e, bits, false));
        }
    }

    private static QuantisationReplay Make(int bits, string levels, string unit, bool columns, int group, Action<ReadOnlySpan<double>, Span<double>> round) =>
        new(new QuantisationFormat(bits, levels, unit), group, ScaleRounding, round) { Columns = columns };

    private static QuantisationReplay Exact(int bits, string levels, string unit, bool columns, int group, Action<ReadOnlySpan<double>, Span<double>> round) =>
        new(new QuantisationFormat(bits, levels, unit), group, SingleRounding, round) { Columns = columns };

    private static double Largest(ReadOnlySpan<double> a)
    {
        double largest = 0;
        foreach (var x in a) largest = Math.Max(largest, Math.Abs(x));
        return largest;
    }

    private static (double Least, double Most) Range(ReadOnlySpan<double> a)
    {
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var x in a) (least, most) = (Math.Min(least, x), Math.Max(most, x));
        return (least, most);
    }

    private static void Symmetric(ReadOnlySpan<double> a, Span<double> e, int bits, double largest)
    {
        var most = (1 << (bits - 1)) - 1;
        var scale = largest / most;
        for (var i = 0; i < a.Length; i++) e[i] = scale == 0 ? 0 : Math.Clamp(Math.Round(a[i] / scale), -most, most) * scale;
    }

    private static void FullRange(ReadOnlySpan<double> a, Span<double> e, int bits)
    {
        var most = 1 << (bits - 1);
        var scale = Largest(a) / most;
        for (var i = 0; i < a.Length; i++) e[i] = scale == 0 ? 0 : Math.Clamp(Math.Round(a[i] / scale), -most, most - 1) * scale;
    }

    private static void ZeroPoint(ReadOnlySpan<double> a, Span<double> e, int bits, (double Least, double Most) range)
    {
        var (least, most, steps) = (Math.Min(0, range.Least), Math.Max(0, range.Most), (1 << bits) - 1);
        var scale = (most - least) / steps;
        var zero = scale == 0 ? 0 : Math.Round(-least / scale);
        for (var i = 0; i < a.Length; i++) e[i] = scale == 0 ? 0 : (Math.Clamp(Math.Round(a[i] / scale) + zero, 0, steps) - zero) * scale;
    }

    private static void FromMinimum(ReadOnlySpan<double> a, Span<double> e, int bits, bool halves)
    {
        var ((least, most), steps) = (Range(a), (1 << bits) - 1);
        var scale = (most - least) / steps;
        var (stored, origin) = halves ? (FloatFormat.Half.Round(scale), FloatFormat.Half.Round(least)) : (scale, least);
        for (var i = 0; i < a.Length; i++) e[i] = (scale == 0 ? 0 : Math.Min(steps, Math.Floor((a[i] - least) / scale + .5)) * stored) + origin;
    }

    private static void Q8(ReadOnlySpan<double> a, Span<double> e)
    {
        var scale = Largest(a) / 127;
        var stored = FloatFormat.Half.Round(scale);
        for (var i = 0; i < a.Length; i++) e[i] = scale == 0 ? 0 : Math.Round(a[i] / scale, MidpointRounding.AwayFromZero) * stored;
    }

    /// <summary>The value of largest magnitude, sign and all, becomes the lowest level.</summary>
    private static void SignedBlock(ReadOnlySpan<double> a, Span<double> e, int half)
    {
        double signed = 0;
        foreach (var x in a) if (Math.Abs(x) > Math.Abs(signed)) signed = x;
        var scale = signed / -half;
        var stored = FloatFormat.Half.Round(scale);
        for (var i = 0; i < a.Length; i++) e[i] = scale == 0 ? 0 : (Math.Min(2 * half - 1, Math.Truncate(a[i] / scale + half + .5)) - half) * stored;
    }

    private static void Codebook(ReadOnlySpan<double> a, Span<double> e)
    {
        var scale = Largest(a);
        for (var i = 0; i < a.Length; i++)
        {
            var x = scale == 0 ? 0 : a[i] / scale;
            var best = 0;
            for (var c = 1; c < NormalFloat.Length; c++)
                if (Math.Abs(NormalFloat[c] - x) < Math.Abs(NormalFloat[best] - x)) best = c;
            e[i] = NormalFloat[best] * scale;
        }
    }
}
