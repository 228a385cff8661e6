using System.Globalization;

namespace Assay.Reports;

/// <summary>How numbers look wherever people read them: on the terminal, in Markdown and in HTML alike.</summary>
public static class ReportNumber
{
    /// <summary>Four significant digits, with a point, whatever the machine's language; <c>∞</c>, <c>−∞</c> and <c>not a number</c> for what is none.</summary>
    /// <param name="value">The number.</param>
    public static string Text(double value) => value == 0 ? "0" : double.IsNaN(value) ? "not a number" : double.IsPositiveInfinity(value) ? "∞"
        : double.IsNegativeInfinity(value) ? "−∞" : value.ToString("g4", CultureInfo.InvariantCulture);

    /// <summary>The same with its bounds in brackets; without where there are none.</summary>
    /// <param name="value">The number.</param>
    /// <param name="low">Lower bound; NaN for none.</param>
    /// <param name="high">Upper bound; NaN for none.</param>
    public static string WithBounds(double value, double low, double high) =>
        double.IsNaN(low) || double.IsNaN(high) ? Text(value) : $"{Text(value)} [{Text(low)}, {Text(high)}]";

    /// <summary>A whole number with its thousands apart.</summary>
    /// <param name="value">The number.</param>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
