using System.CommandLine;

namespace Assay.Cli.Commands;

/// <summary><c>assay vet BASE CANDIDATE</c>: measure, judge, report.</summary>
internal static class VetCommand
{
    public static Command Create(Terminal terminal)
    {
        var models = new Argument<string[]>("models") { Description = $"BASE and CANDIDATE, each {SharedOptions.ModelKinds}. None: a bundled organism and its edit.", HelpName = "BASE CANDIDATE", Arity = new ArgumentArity(0, 2) };
        var items = SharedOptions.Count("--items", "Items of each panel (default 64).", most: SharedOptions.MostCounted);
        var documents = SharedOptions.Count("--documents", "Documents of each prose domain (default 8).", most: SharedOptions.MostCounted);
        var newTokens = SharedOptions.Count("--max-new-tokens", "Tokens of a continuation at most (default 64).", most: SharedOptions.MostTokens);
        var context = SharedOptions.Count("--context", "Window of reference text in tokens (default: the smaller of 512 and the models' maximum).", least: 4,
            most: SharedOptions.MostTokens);
        var nonce = new Option<string?>("--nonce") { Description = "Part of the seed, drawn after the candidate was frozen and not by its author.", HelpName = "TEXT" };
        var clock = SharedOptions.Clock();
        var (seed, threads, memory, limit) = (SharedOptions.Seed(), SharedOptions.Threads(), SharedOptions.Memory(), SharedOptions.Limit());
        var (config, output, json, quiet, verbose) = (SharedOptions.Config(), SharedOptions.Output(), SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Verbose());
        var (dryRun, fresh, allowLong) = (SharedOptions.DryRun(), SharedOptions.Fresh(), SharedOptions.AllowLong());
        var command = new Command("vet", "Compare a changed model with its base: measure, judge, report. Without arguments: a bundled organism and its edit.")
        {
            models, items, documents, newTokens, context, seed, nonce, clock, threads, memory, limit, config, output, dryRun, json, quiet, verbose, fresh, allowLong,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var named = parsed.GetValue(models) ?? [];
            var file = parsed.GetValue(config) is { } path ? ConfigFile.Read(path, command.Options) : null;
            using var bundled = named.Length == 0 && file?.Text("base") is null && file?.Text("candidate") is null ? DefaultPair.Make(cancellation) : null;
            var (first, second) = named.Length switch
            {
                _ when bundled is not null => (DefaultPair.Base, bundled.Candidate),
                0 when file?.Text("base") is { } b && file.Text("candidate") is { } c => (b, c),
                2 => (named[0], named[1]),
                _ => throw new UsageException("assay vet compares two models: name BASE and CANDIDATE, or neither for the bundled organism and its edit."),
            };
            if (parsed.GetValue(seed) is not null && parsed.GetValue(nonce) is not null)
                throw new UsageException("--seed and --nonce exclude each other: a nonce is there to derive the seed.");
            var defaults = new VetOptions { Base = first, Candidate = second };
            var options = defaults with
            {
                Items = parsed.GetValue(items) ?? file?.Count(items) ?? defaults.Items,
                DocumentsPerDomain = parsed.GetValue(documents) ?? file?.Count(documents) ?? defaults.DocumentsPerDomain,
                MaxNewTokens = parsed.GetValue(newTokens) ?? file?.Count(newTokens) ?? defaults.MaxNewTokens,
                Context = parsed.GetValue(context) ?? file?.Count(context),
                Seed = parsed.GetValue(seed) ?? file?.Value(seed),
                Nonce = parsed.GetValue(nonce) ?? file?.Text("nonce"),
                Clock = parsed.GetValue(clock) ?? file?.Value(clock) ?? defaults.Clock,
                Threads = parsed.GetValue(threads) ?? file?.Count(threads) ?? 0,
                MemoryBytes = parsed.GetValue(memory) ?? file?.Value(memory) ?? 0,
                Limit = parsed.GetValue(limit) ?? file?.Count(limit),
                Output = parsed.GetValue(output) ?? file?.Text("output"),
                DryRun = parsed.GetValue(dryRun), Json = parsed.GetValue(json), Fresh = parsed.GetValue(fresh),
                AllowLong = parsed.GetValue(allowLong) || file?.Flag(allowLong) == true,
                Quiet = parsed.GetValue(quiet), Verbose = parsed.GetValue(verbose),
            };
            return Task.FromResult(new VetSession(options, bundled is not null, terminal, cancellation).Run());
        });
        return command;
    }
}
