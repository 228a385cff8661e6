using System.CommandLine;
using Assay.Cli.Options;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay vet BASE CANDIDATE</c>: measure, judge, report.</summary>
internal static class VetCommand
{
    public static Command Create(Terminal terminal)
    {
        var first = new KindArgument<string?>("base", OptionKind.Path,
            $"The model that was changed: {SharedOptions.ModelKinds}. None: a bundled organism and its edit.") { Arity = ArgumentArity.ZeroOrOne };
        var second = new KindArgument<string?>("candidate", OptionKind.Path, "The changed model.") { Arity = ArgumentArity.ZeroOrOne };
        var (json, quiet, verbose, dryRun, fresh) = (SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Verbose(), SharedOptions.DryRun(),
            SharedOptions.Fresh());
        var command = new Command("vet", "Compare a changed model with its base: measure, judge, report. Without arguments: a bundled organism and its edit.")
            { first, second };
        foreach (var option in VetBinding.Options().Concat([dryRun, json, quiet, verbose, fresh])) command.Add(option);
        command.SetAction((parsed, cancellation) =>
        {
            var (original, changed) = (parsed.GetValue(first), parsed.GetValue(second));
            if (original is null != changed is null)
                throw new UsageException("assay vet compares two models: name BASE and CANDIDATE, or neither for the bundled organism and its edit.");
            var request = VetBinding.Read(parsed, new VetRequest { Base = original ?? "", Candidate = changed ?? "", Bundled = original is null,
                Fresh = parsed.GetValue(fresh) });
            if (request is { Seed: not null, Nonce: not null }) throw new UsageException(
                "--seed (or --challenge, its other name) and --nonce exclude each other: a nonce is there to derive the seed.");
            if (request is { Bundled: true, Shard: not null }) throw new UsageException(
                "--shard needs named models: the bundled organism's edit is made anew by every process.");
            using var bundled = request.Bundled ? DefaultPair.Make(cancellation) : null;
            if (bundled is not null) request = request with { Base = DefaultPair.Base, Candidate = bundled.Candidate };
            return Task.FromResult(new VetView(terminal, parsed.GetValue(quiet), parsed.GetValue(json)).Show(request, parsed.GetValue(dryRun), cancellation));
        });
        return command;
    }
}
