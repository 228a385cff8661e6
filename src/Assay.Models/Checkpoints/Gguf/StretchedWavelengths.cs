using System.Globalization;

namespace Assay.Checkpoints.Gguf;

/// <summary>Recognises Llama 3's rotation by the factors that it was written as.</summary>
/// <remarks>llama.cpp's converter (LlamaModel.generate_extra_tensors) writes <c>rope_type</c> llama3 as one factor for each wavelength w: 1 where w &lt;
/// c/high, the config's factor where w > c/low, between them 1/((1 − s)/factor + s) with s = (c/w − low)/(high − low), c the trained length. Read as llama3
/// again, the file gives the very numbers that its checkpoint gives.</remarks>
internal static class StretchedWavelengths
{
    // Of all published models of the family, Llama 3.1 to 3.3; only c/low and c/high count.
    private const double Low = 1, High = 4;
    private const double TrainedLength = 8192;
    private const double Tolerance = 1e-4; // Of the search; what is found is held against every factor.

    /// <summary>The rotation as JSON of config.json; null where no such rotation gives these factors.</summary>
    /// <param name="factors">One for each pair.</param>
    /// <param name="theta">Base of the rotation.</param>
    public static string? Llama3(ReadOnlySpan<float> factors, double theta)
    {
        double factor = 0;
        foreach (var each in factors) factor = Math.Max(factor, each);
        if (!(factor > 1) || !(theta > 1)) return null;
        var length = TrainedLength;
        for (var i = 0; i < factors.Length; i++)
        {
            // One on the ramp is enough to know the trained length.
            if (!(factors[i] > 1 + Tolerance) || !(factors[i] < factor * (1 - Tolerance))) continue;
            var smooth = (1 / (double)factors[i] - 1 / factor) / (1 - 1 / factor);
            length = Math.Round(Wavelength(i, factors.Length, theta) * (smooth * (High - Low) + Low));
            break;
        }
        if (!(length >= 1) || length > int.MaxValue) return null;
        for (var i = 0; i < factors.Length; i++)
            if (!(Math.Abs(Factor(Wavelength(i, factors.Length, theta), factor, length) - factors[i]) <= Tolerance * factors[i])) return null;
        return string.Create(CultureInfo.InvariantCulture, $$"""{"rope_type": "llama3", "factor": {{factor:R}}, "low_freq_factor": {{Low}}, "high_freq_factor": {{High}}, "original_max_position_embeddings": {{length}}}""");
    }

    private static double Factor(double wavelength, double factor, double length)
    {
        if (wavelength < length / High) return 1;
        if (wavelength > length / Low) return factor;
        var smooth = (length / wavelength - Low) / (High - Low);
        return 1 / ((1 - smooth) / factor + smooth);
    }

    private static double Wavelength(int pair, int pairs, double theta) => 2 * Math.PI * Math.Pow(theta, pair / (double)pairs);
}
