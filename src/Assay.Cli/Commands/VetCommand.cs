using System.CommandLine;
using Assay.Checkpoints;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay vet BASE CANDIDATE</c>: measure, judge, report.</summary>
internal static class VetCommand
{
    public static Command Create(Terminal terminal)
    {
        var models = new Argument<string[]>("models") { Description = $"BASE and CANDIDATE, each {SharedOptions.ModelKinds}. None: a bundled organism and its edit.", HelpName = "BASE CANDIDATE", Arity = new ArgumentArity(0, 2) };
        var items = SharedOptions.Count("--items", "Items of each panel (default: the tier's; smoke 64).", most: SharedOptions.MostCounted);
        var documents = SharedOptions.Count("--documents", "Documents of each prose domain (default: the tier's; smoke 8).", most: SharedOptions.MostCounted);
        var newTokens = SharedOptions.Count("--max-new-tokens", "Tokens of an answer at most (default: the tier's; smoke 64).", most: SharedOptions.MostTokens);
        var context = SharedOptions.Count("--context", "Window of reference text in tokens (default: the tier's, no larger than the models' maximum).", least: 4,
            most: SharedOptions.MostTokens);
        var nonce = new Option<string?>("--nonce") { Description = "Part of the seed, drawn after the candidate was frozen and not by its author.", HelpName = "TEXT" };
        var tier = new Option<string?>("--tier") { Description = $"How much is measured: {string.Join(", ", VetTier.All.Select(t => t.Name))} (default smoke).", HelpName = "TIER" };
        tier.AcceptOnlyFromAmong([.. VetTier.All.Select(t => t.Name)]);
        var samples = SharedOptions.Count("--samples", "Samples at T = 1 of each prompt and model (default: the tier's; 0 for none).", least: 0, most: SharedOptions.MostCounted);
        var shard = new Option<string?>("--shard") { Description = "Compute only part i of n, such as 2/8; auto or auto/n asks the scheduler. assay merge joins the parts.", HelpName = "I/N" };
        var measures = new Option<string?>("--measures") { Description = "Measures to take, by their ids, with commas between (default: all; assay ls metrics lists them; faults and unnamed-ids are always taken).", HelpName = "IDS" };
        var clock = SharedOptions.Clock();
        var (seed, threads, memory, limit) = (SharedOptions.Seed(), SharedOptions.Threads(), SharedOptions.Memory(), SharedOptions.Limit());
        var (config, output, json, quiet, verbose) = (SharedOptions.Config(), SharedOptions.Output(), SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Verbose());
        var (dryRun, fresh, allowLong) = (SharedOptions.DryRun(), SharedOptions.Fresh(), SharedOptions.AllowLong());
        var command = new Command("vet", "Compare a changed model with its base: measure, judge, report. Without arguments: a bundled organism and its edit.")
        {
            models, tier, items, documents, newTokens, samples, context, seed, nonce, measures, shard, clock, threads, memory, limit, config, output, dryRun, json, quiet, verbose, fresh, allowLong,
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
            var defaults = new VetRequest { Base = first, Candidate = second, Bundled = bundled is not null };
            var options = defaults with
            {
                Tier = VetTier.All.FirstOrDefault(t => t.Name == (parsed.GetValue(tier) ?? file?.Text("tier"))) ?? VetTier.Smoke,
                Items = parsed.GetValue(items) ?? file?.Count(items),
                DocumentsPerDomain = parsed.GetValue(documents) ?? file?.Count(documents),
                MaxNewTokens = parsed.GetValue(newTokens) ?? file?.Count(newTokens),
                Samples = parsed.GetValue(samples) ?? file?.Count(samples),
                Context = parsed.GetValue(context) ?? file?.Count(context),
                Seed = parsed.GetValue(seed) ?? file?.Value(seed),
                Nonce = parsed.GetValue(nonce) ?? file?.Text("nonce"),
                Clock = parsed.GetValue(clock) ?? file?.Value(clock) ?? defaults.Clock,
                Threads = parsed.GetValue(threads) ?? file?.Count(threads) ?? 0,
                MemoryBytes = parsed.GetValue(memory) ?? file?.Value(memory) ?? 0,
                Limit = parsed.GetValue(limit) ?? file?.Count(limit),
                Output = parsed.GetValue(output) ?? file?.Text("output"),
                Measures = (parsed.GetValue(measures) ?? file?.Text("measures"))?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
                Shard = parsed.GetValue(shard) is { } part ? Part(part, bundled is not null) : null,
                Fresh = parsed.GetValue(fresh),
                AllowLong = parsed.GetValue(allowLong) || file?.Flag(allowLong) == true,
            };
            var view = new VetView(terminal, parsed.GetValue(quiet), parsed.GetValue(json));
            return Task.FromResult(view.Show(options, parsed.GetValue(dryRun), cancellation));
        });
        return command;
    }

    private static RunShard Part(string text, bool bundled)
    {
        if (bundled) throw new UsageException("--shard needs named models: the bundled organism's edit is made anew by every process.");
        try
        {
            return RunShard.Parse(text, Environment.GetEnvironmentVariable);
        }
        catch (InvalidInputException wrong)
        {
            throw new UsageException(wrong.Message);
        }
    }
}
