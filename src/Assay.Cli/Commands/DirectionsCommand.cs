using System.CommandLine;
using System.Globalization;
using Assay.Cli.Options;
using Assay.Directions.Estimators;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Runs;
using Assay.Search;

namespace Assay.Cli.Commands;

/// <summary><c>assay directions MODEL --contrast SET</c>: find what separates two sets of prompts, and the places to remove it from, by trying everything.</summary>
internal static class DirectionsCommand
{
    private static readonly Dictionary<string, SitePoint> Sites = new()
    {
        ["resid_pre"] = SitePoint.ResidPre, ["attn_out"] = SitePoint.AttnOut, ["resid_mid"] = SitePoint.ResidMid, ["mlp_out"] = SitePoint.MlpOut, ["resid_post"] = SitePoint.ResidPost,
    };

    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model();
        var contrast = new KindOption<string[]>("--contrast", OptionKind.Path,
            $"{string.Join(", ", ContrastGenerators.Names)}; or a JSONL, CSV or text file of labelled prompts; or two text files, targets first.",
            "SET|FILE [FILE]")
        {
            Required = true, Arity = new ArgumentArity(1, 2), AllowMultipleArgumentsPerToken = true,
        };
        var estimator = new KindOption<string>("--estimator", OptionKind.Choice([.. EstimatorCatalogue.Names]),
            "One of " + string.Join(", ", EstimatorCatalogue.Names) + ".", "NAME") { Otherwise = "difference_in_means" };
        var site = new KindOption<string>("--site", OptionKind.Choice([.. Sites.Keys]), "Where activations are taken: " + string.Join(", ", Sites.Keys) + ".",
            "SITE") { Otherwise = "resid_post" };
        var layer = SharedOptions.Count("--layer", "Block whose direction is removed everywhere (default: each block's own from itself).", least: 0);
        var position = new KindOption<string>("--position", OptionKind.Matching("^(-[1-9][0-9]{0,6}|mean)$",
            "a number below 0, -1 for the last token, or mean"),
            "Token from the end of the prompt, -1 the last; or mean, over all tokens after the instruction.", "N|mean") { Otherwise = "-1" };
        var rank = SharedOptions.Count("--rank", $"Components of {string.Join(", ", EstimatorCatalogue.Several)} (default 1).");
        var strength = new KindOption<double>("--strength", OptionKind.Number, "How much is removed; 1 is all.") { Otherwise = 1 };
        var components = new KindOption<string>("--components", OptionKind.Choice("attention", "mlp", "both"), "attention, mlp or both.", "WHICH")
            { Otherwise = "both" };
        var embedding = SharedOptions.Switch("--embedding", "Edit the embedding too.");
        var select = SharedOptions.Switch("--select", "Score every candidate of a space on the selection split and choose.");
        var space = new KindOption<string>("--space", OptionKind.Choice("default", "full"),
            "default: difference in means of block outputs. full: every estimator and site.", "default|full") { Otherwise = "default" };
        var maxKl = new KindOption<double?>("--max-kl", OptionKind.Number, "Take the best behaviour among candidates whose mean KL is at most this, in nats.");
        var items = SharedOptions.Count("--items", "Prompts of either side that directions are estimated on.", otherwise: 160, least: 2);
        var selection = SharedOptions.Count("--selection-items", "Prompts of either side that candidates are scored on.", otherwise: 64, least: 2);
        var marks = new KindOption<string[]>("--mark", OptionKind.Text,
            "A text that marks a reply as a refusal, beside the wordings of the refusal rules; may be given again.");
        var (seed, clock, threads, memory, fresh) = (SharedOptions.Seed(), SharedOptions.Clock(), SharedOptions.Threads(), SharedOptions.Memory(), SharedOptions.Fresh());
        var output = new KindOption<string?>("--output", OptionKind.Path,
            "File for the directions with their places and strengths, for 'assay ablate --direction'.", alias: "-o");
        var control = new KindOption<string?>("--control-vector", OptionKind.Path,
            "GGUF file that adds, to every block's output but the first's, --strength times what separates the sides; not with --select.");
        var random = SharedOptions.Count("--random", "Random directions that --select holds its winner against on fresh prompts; 0 for none.",
            otherwise: RandomControls.Count, least: 0);
        var run = new KindOption<string?>("--run", OptionKind.Path, "Folder of the search's journal (default: runs/MODEL-directions-HASH).", "FOLDER");
        var overwrite = SharedOptions.Switch("--overwrite", "Replace the output file.");
        var (dryRun, quiet, verbose) = (SharedOptions.DryRun(), SharedOptions.Quiet(), SharedOptions.Verbose());
        var command = new Command("directions", "Find the direction that separates two sets of prompts, and the best places to remove it from.")
        {
            model, contrast, estimator, rank, site, layer, position, strength, components, embedding, select, space, maxKl, items, selection, marks, seed, clock, threads, memory, output, control, random, run, fresh, overwrite, dryRun, quiet, verbose,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var (which, at) = (parsed.GetValue(components), parsed.GetValue(position)!);
            int? token = at == "mean" ? null : int.Parse(at, CultureInfo.InvariantCulture);
            var options = new DirectionsOptions
            {
                Model = parsed.GetRequiredValue(model), Contrast = parsed.GetRequiredValue(contrast), Estimator = parsed.GetValue(estimator)!, Site = Sites[parsed.GetValue(site)!], Layer = parsed.GetValue(layer),
                Position = token, Rank = parsed.GetValue(rank), Strength = parsed.GetValue(strength), Attention = which != "mlp", Mlp = which != "attention", Embedding = parsed.GetValue(embedding), Select = parsed.GetValue(select),
                Space = parsed.GetValue(space)!, MaxKl = parsed.GetValue(maxKl), Items = parsed.GetValue(items), SelectionItems = parsed.GetValue(selection),
                Marks = parsed.GetValue(marks) ?? [],
                Seed = parsed.GetValue(seed) ?? 0, Clock = parsed.GetValue(clock) ?? SharedOptions.DefaultClock, Threads = parsed.GetValue(threads) ?? 0, MemoryBytes = parsed.GetValue(memory) ?? 0,
                Output = parsed.GetValue(output), ControlVector = parsed.GetValue(control), Random = parsed.GetValue(random), Run = parsed.GetValue(run),
                Fresh = parsed.GetValue(fresh), Overwrite = parsed.GetValue(overwrite), DryRun = parsed.GetValue(dryRun), Quiet = parsed.GetValue(quiet),
            };
            Option[] single = [estimator, rank, site, layer, position, strength, components, embedding];
            if (options.Select && single.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } fixedOne) throw new UsageException($"{fixedOne.Name} says what --select tries out by itself; name one of the two.");
            if (!options.Select && options.MaxKl is not null) throw new UsageException("--max-kl chooses among what --select tries out; pass both.");
            if (options.Rank is not null && !EstimatorCatalogue.Several.Contains(options.Estimator)) throw new UsageException($"--rank goes with {string.Join(", ", EstimatorCatalogue.Several)}; {options.Estimator} finds one component.");
            if (options is { ControlVector: not null, Select: true }) throw new UsageException("--control-vector goes with one estimator, not with --select: a removal is no control vector.");
            if (options is { ControlVector: not null, Site: not SitePoint.ResidPost }) throw new UsageException("--control-vector adds to blocks' outputs; --site must be resid_post.");
            return Task.FromResult(new DirectionsSession(options, terminal, cancellation).Run());
        });
        return command;
    }
}
