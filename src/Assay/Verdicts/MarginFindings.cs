using System.Globalization;

namespace Assay.Verdicts;

/// <summary>Names margins that are not the protocol's.</summary>
public static class MarginFindings
{
    /// <summary>The finding that margins were set; null where all are the protocol's.</summary>
    /// <param name="margins">The margins.</param>
    public static Finding? Changed(Margins margins)
    {
        ArgumentNullException.ThrowIfNull(margins);
        var set = margins.Changed.Select(c => (Margin: Margin.Find(c.Key)!, c.Value)).ToList();
        return set.Count == 0 ? null : new Finding("MARGINS-SET",
            $"The verdict is not by the protocol's margins: {string.Join("; ", set.Select(s => Sentence(s.Margin, s.Value)))}.", FindingSeverity.Warning);
    }

    private static string Sentence(Margin margin, double value) => string.Create(CultureInfo.InvariantCulture,
        $"margin of {margin.Name.Replace('-', ' ')} set to {value} {margin.Unit}, default {margin.Default}");
}
