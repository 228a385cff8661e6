using Assay.Reports;
using System.CommandLine;
using System.CommandLine.Parsing;

namespace Assay.Cli.Commands;

/// <summary>Options that several verbs share, with one wording and one way to refuse a value.</summary>
internal static class SharedOptions
{
    /// <summary>What a MODEL may be.</summary>
    public const string ModelKinds = "a folder, a .safetensors or .gguf file, org/name[@revision] of the Hugging Face cache, or BASE+ADAPTER (PEFT LoRA)";

    public static Option<int?> Limit() => Count("--limit", "Measure at most N items; the outcome is stamped \"not a verdict\".");

    /// <summary>Items, documents or positions that anything here is asked for; beyond it a plan would not end.</summary>
    public const int MostCounted = 100_000;

    /// <summary>Tokens of a window or a continuation.</summary>
    public const int MostTokens = 1 << 20;

    /// <summary>A whole number within bounds. A value beyond them is refused with the bounds.</summary>
    public static Option<int?> Count(string name, string description, int least = 1, int most = int.MaxValue)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        option.CustomParser = result => Parse(result, int.TryParse(result.Tokens[0].Value, System.Globalization.NumberStyles.None, null, out var n)
            && n >= least && n <= most ? n : (int?)null,
            most == int.MaxValue ? $"a whole number from {least}" : $"a whole number from {least} to {most}");
        return option;
    }

    public static Option<ulong?> Seed()
    {
        var option = new Option<ulong?>("--seed") { Description = "Seed of everything random.", HelpName = "N" };
        option.CustomParser = result => Parse(result, ulong.TryParse(result.Tokens[0].Value, System.Globalization.NumberStyles.None, null, out var n) ? n : (ulong?)null,
            "a whole number from 0 to 2^64 - 1");
        return option;
    }

    public static Option<long?> Memory()
    {
        var option = new Option<long?>("--memory") { Description = "Private memory allowed, such as 512M or 2G (default: half of what is free). Changes no result.", HelpName = "SIZE" };
        option.CustomParser = result => Parse(result, ByteSize.TryParse(result.Tokens[0].Value, out var n) ? n : (long?)null, "a size such as 512M or 2G");
        return option;
    }

    /// <summary>More threads than any machine has processors only wait for each other.</summary>
    private const int MostThreads = 1024;

    /// <summary>The clock of a plan unless given: fixed, so that a run resumed or repeated on another day has the same ids.</summary>
    public static readonly DateTimeOffset DefaultClock = Assay.Runs.VetRequest.DefaultClock;

    public static Option<DateTimeOffset?> Clock()
    {
        var option = new Option<DateTimeOffset?>("--clock") { Description = "The time that a chat template may ask for, such as 2026-01-01T12:00:00Z (the default).", HelpName = "TIME" };
        option.CustomParser = result => Parse(result, DateTimeOffset.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var t) ? t : (DateTimeOffset?)null,
            "a time such as 2026-01-01T12:00:00Z");
        return option;
    }

    public static Option<int?> Threads() => Count("--threads", $"Threads, at most {MostThreads} (default: one a processor). Changes no result.",
        most: MostThreads);

    public static Option<string?> Output() => new("--output", "-o") { Description = "Folder of the run.", HelpName = "FOLDER" };

    public static Option<string?> Config() => new("--config", "-c") { Description = "YAML or JSON file of options; the command line wins.", HelpName = "FILE" };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "No progress." };

    public static Option<bool> Verbose() => new("--verbose", "-v") { Description = "More detail; stack traces." };

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Check everything, print the plan and its cost, then exit." };

    public static Option<bool> Fresh() => new("--fresh") { Description = "Start anew instead of resuming." };

    public static Option<bool> AllowLong() => new("--allow-long") { Description = "Run sequences longer than max_position_embeddings where positions are rotary." };

    private static T? Parse<T>(ArgumentResult result, T? value, string expected) where T : struct
    {
        if (value is null) result.AddError($"{((OptionResult)result.Parent!).Option.Name} is '{Assay.Reports.UntrustedText.Visible(result.Tokens[0].Value)}'; expected {expected}.");
        return value;
    }
}
