using System.Globalization;

namespace Assay.Runs;

/// <summary>The command line that makes a comparison again, in the same run folder: everything that was given and decides a number or where it is
/// kept.</summary>
internal static class VetReproduction
{
    /// <summary>Writes it; BASE and CANDIDATE stand for the models, whose paths are no part of a report.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="context">The window, resolved.</param>
    public static string Line(VetRequest options, int context)
    {
        var words = new List<string> { "assay", "vet" };
        if (!options.Bundled) words.AddRange(["BASE", "CANDIDATE"]);
        if (options.Tier != VetTier.Smoke) words.AddRange(["--tier", options.Tier.Name]);
        Number("--items", options.Items ?? options.Tier.Items);
        Number("--documents", options.DocumentsPerDomain ?? options.Tier.DocumentsPerDomain);
        Number("--max-new-tokens", options.MaxNewTokens ?? options.Tier.MaxNewTokens);
        if (options.Samples is { } samples) Number("--samples", samples);
        if (options.Context is not null || options.Tier.Windows.Length == 1) Number("--context", context);
        // A seed that was derived is derived again: from the same weights and nonce it is the same.
        if (options.Seed is { } seed) words.AddRange(["--seed", seed.ToString(CultureInfo.InvariantCulture)]);
        if (options.Nonce is { } nonce) words.Add("--nonce=" + Quote(nonce));
        words.AddRange(["--clock", options.Clock.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture)]);
        if (options.Measures.Count > 0) words.Add("--measures=" + Quote(string.Join(',', options.Measures)));
        if (options.Limit is { } limit) Number("--limit", limit);
        if (options.AllowLong) words.Add("--allow-long");
        if (options.Output is { } output) words.Add("--output=" + Quote(output));
        return string.Join(' ', words);

        void Number(string name, int value) => words.AddRange([name, value.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>A word as a POSIX shell reads it back.</summary>
    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ':' or '@' or '+' or ',') ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
