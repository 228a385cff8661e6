using System.Globalization;

namespace Assay.Reports;

/// <summary>Sizes as people write them: <c>536870912</c>, <c>512M</c>, <c>2G</c>, <c>1.5GiB</c>. Powers of 1024.</summary>
public static class ByteSize
{
    private const string Units = "KMGT";

    /// <summary>Bytes; false for anything but digits, an optional fraction before a unit, and one of K, M, G, T with an optional B or iB. Nothing negative, zero or above 2⁶³ − 1.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var number = text.TrimEnd();
        if (number.EndsWith("iB", StringComparison.OrdinalIgnoreCase) && number.Length > 2 && Units.Contains(char.ToUpperInvariant(number[^3]))) number = number[..^2];
        else if (number.EndsWith('B') || number.EndsWith('b')) number = number[..^1];
        long factor = 1;
        if (number.Length > 0 && Units.IndexOf(char.ToUpperInvariant(number[^1])) is var unit and >= 0)
        {
            factor = 1L << (10 * (unit + 1));
            number = number[..^1];
        }

        var style = factor == 1 ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(number, style, CultureInfo.InvariantCulture, out var value) || value <= 0 || value > long.MaxValue / factor) return false;
        bytes = (long)decimal.Floor(value * factor);
        return bytes > 0;
    }

    /// <summary>As people read it: 1.5 GiB.</summary>
    public static string Format(long bytes)
    {
        double value = bytes;
        var unit = -1;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit < 0 ? $"{bytes} B" : FormattableString.Invariant($"{value:0.#} {Units[unit]}iB");
    }
}
