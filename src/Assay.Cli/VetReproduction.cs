using System.Globalization;
using Assay.Cli.Commands;

namespace Assay.Cli;

/// <summary>The command line that makes a comparison again, in the same run folder: everything that was given and decides a number or where it is
/// kept.</summary>
internal static class VetReproduction
{
    /// <summary>Writes it; BASE and CANDIDATE stand for the models, whose paths are no part of a report.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="context">The window, resolved.</param>
    /// <param name="bundled">Whether the two were the bundled organism and its edit.</param>
    public static string Line(VetOptions options, int context, bool bundled)
    {
        var words = new List<string> { "assay", "vet" };
        if (!bundled) words.AddRange(["BASE", "CANDIDATE"]);
        Number("--items", options.Items);
        Number("--documents", options.DocumentsPerDomain);
        Number("--max-new-tokens", options.MaxNewTokens);
        Number("--context", context);
        // A seed that was derived is derived again: from the same weights and nonce it is the same.
        if (options.Seed is { } seed) words.AddRange(["--seed", seed.ToString(CultureInfo.InvariantCulture)]);
        if (options.Nonce is { } nonce) words.Add("--nonce=" + Quote(nonce));
        words.AddRange(["--clock", options.Clock.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture)]);
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
