namespace Assay.Runs;

/// <summary>The command line that makes a comparison again, in the same run folder: everything that was given and decides a number or where it is
/// kept.</summary>
internal static class VetReproduction
{
    /// <summary>Writes it; BASE and CANDIDATE stand for the models, whose paths are no part of a report.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="context">The window, resolved.</param>
    public static string Line(VetRequest request, int context)
    {
        var resolved = request.Resolved() with { Context = request.Context ?? (request.Tier.Windows.Length == 1 ? context : null) };
        string[] models = request.Bundled ? [] : ["BASE", "CANDIDATE"];
        return string.Join(' ', ["assay", "vet", .. models, .. VetOptions.All.SelectMany(o => Words(o, resolved))]);
    }

    private static IEnumerable<string> Words(VetOption option, VetRequest request)
    {
        var values = option.Write(request);
        if (option.Effect == OptionEffect.Nothing || (!option.AlwaysStated && values.SequenceEqual(option.Write(VetOptions.Defaults)))) return [];
        return values.Select(value => option.Kind.Shape switch
        {
            OptionShape.Switch => value == "true" ? $"--{option.Name}" : $"--{option.Name}={value}",
            // A text may begin with a dash. An empty one behind an equals sign would be taken for none.
            OptionShape.Text or OptionShape.List when value.Length > 0 => $"--{option.Name}={Quote(value)}",
            _ => $"--{option.Name} {Quote(value)}",
        });
    }

    /// <summary>A word as a POSIX shell reads it back.</summary>
    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ':' or '@' or '+' or ',') ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
