using System.CommandLine;
using Assay.Cli.Options;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary>Options that several verbs share, with one wording and one way to refuse a value. Those that a comparison has are made from its.</summary>
internal static class SharedOptions
{
    /// <summary>What a MODEL may be.</summary>
    public const string ModelKinds = "a folder, a .safetensors or .gguf file, org/name[@revision] of the Hugging Face cache, or BASE+ADAPTER (PEFT LoRA)";

    /// <summary>The clock of a plan unless given: fixed, so that a run resumed or repeated on another day has the same ids.</summary>
    public static readonly DateTimeOffset DefaultClock = VetRequest.DefaultClock;

    /// <summary>The one model of a verb.</summary>
    public static Argument<string> Model(string more = "") => new KindArgument<string>("model", OptionKind.Path, $"The model: {ModelKinds}{more}.");

    /// <summary>A whole number within bounds.</summary>
    public static KindOption<int?> Count(string name, string description, int least = 1, int most = int.MaxValue) =>
        new(name, OptionKind.Count(least, most), description);

    /// <summary>A whole number within bounds, with the one that stands without it.</summary>
    public static KindOption<int> Count(string name, string description, int otherwise, int least = 1, int most = int.MaxValue) =>
        new(name, OptionKind.Count(least, most), description) { Otherwise = otherwise };

    public static KindOption<int?> Limit() => Of<int?>("limit");

    public static KindOption<ulong?> Seed() => Of<ulong?>("seed");

    public static KindOption<long?> Memory() => Of<long?>("memory");

    public static KindOption<DateTimeOffset?> Clock() => Of<DateTimeOffset?>("clock");

    public static KindOption<int?> Threads() => Of<int?>("threads");

    public static KindOption<bool> AllowLong() => Of<bool>("allow-long");

    public static KindOption<bool> Json() => Switch("--json", "Print the result as JSON.");

    public static KindOption<bool> Quiet() => Switch("--quiet", "No progress.", "-q");

    public static KindOption<bool> Verbose() => Switch("--verbose", "More detail; stack traces.", "-v");

    public static KindOption<bool> DryRun() => Switch("--dry-run", "Check everything, print the plan and its cost, then exit.");

    public static KindOption<bool> Fresh() => Switch("--fresh", "Start anew instead of resuming.");

    /// <summary>On or off; off without it.</summary>
    public static KindOption<bool> Switch(string name, string description, string? alias = null) => new(name, OptionKind.Switch, description, alias: alias);

    private static KindOption<T> Of<T>(string name)
    {
        var option = VetOptions.Find(name);
        // A comparison's other name of it need not fit another verb.
        var made = new KindOption<T>("--" + name, option.Kind, option.Description, option.Word);
        if (option.Write(VetOptions.Defaults) is [var stands]) made.Default = stands;
        return made;
    }
}
