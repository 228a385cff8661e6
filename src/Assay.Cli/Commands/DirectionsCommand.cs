using System.CommandLine;
using System.Globalization;
using Assay.Directions.Estimators;
using Assay.Evaluation.Prompts;
using Assay.Models;
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
        var model = new Argument<string>("model") { Description = $"The model: {SharedOptions.ModelKinds}.", HelpName = "MODEL" };
        var contrast = new Option<string[]>("--contrast") { Description = $"{string.Join(", ", ContrastGenerators.Names)}; or a JSONL, CSV or text file of labelled prompts; or two text files, targets first.", HelpName = "SET|FILE [FILE]", Required = true, Arity = new ArgumentArity(1, 2), AllowMultipleArgumentsPerToken = true };
        var estimator = new Option<string>("--estimator") { Description = "One of " + string.Join(", ", EstimatorCatalogue.Names) + ".", HelpName = "NAME", DefaultValueFactory = _ => "difference_in_means" };
        estimator.AcceptOnlyFromAmong([.. EstimatorCatalogue.Names]);
        var site = new Option<string>("--site") { Description = "Where activations are taken: " + string.Join(", ", Sites.Keys) + ".", HelpName = "SITE", DefaultValueFactory = _ => "resid_post" };
        site.AcceptOnlyFromAmong([.. Sites.Keys]);
        var layer = SharedOptions.Count("--layer", "Block whose direction is removed everywhere (default: each block's own from itself).", least: 0);
        var position = new Option<string>("--position") { Description = "Token from the end of the prompt, -1 the last (default); or mean, over all tokens after the instruction.", HelpName = "N|mean", DefaultValueFactory = _ => "-1" };
        var rank = SharedOptions.Count("--rank", $"Components of {string.Join(", ", EstimatorCatalogue.Several)} (default 1).");
        var strength = new Option<double>("--strength") { Description = "How much is removed; 1 (default) is all.", HelpName = "X", DefaultValueFactory = _ => 1 };
        var components = new Option<string>("--components") { Description = "attention, mlp or both (default).", HelpName = "WHICH", DefaultValueFactory = _ => "both" };
        components.AcceptOnlyFromAmong("attention", "mlp", "both");
        var embedding = new Option<bool>("--embedding") { Description = "Edit the embedding too." };
        var select = new Option<bool>("--select") { Description = "Score every candidate of a space on the selection split and choose." };
        var space = new Option<string>("--space") { Description = "default: difference in means of block outputs. full: every estimator and site.", HelpName = "default|full", DefaultValueFactory = _ => "default" };
        space.AcceptOnlyFromAmong("default", "full");
        var maxKl = new Option<double?>("--max-kl") { Description = "Take the best behaviour among candidates whose mean KL is at most this, in nats.", HelpName = "X" };
        var items = SharedOptions.Count("--items", "Prompts of either side that directions are estimated on (default 160).", least: 2);
        var selection = SharedOptions.Count("--selection-items", "Prompts of either side that candidates are scored on (default 64).", least: 2);
        var marks = new Option<string[]>("--mark") { Description = "A text that marks a reply as a refusal, beside the organisms' six; may be given again.", HelpName = "TEXT" };
        var (seed, clock, threads, memory, fresh) = (SharedOptions.Seed(), SharedOptions.Clock(), SharedOptions.Threads(), SharedOptions.Memory(), SharedOptions.Fresh());
        var output = new Option<string?>("--output", "-o") { Description = "File for the directions with their places and strengths, for 'assay ablate --direction'.", HelpName = "FILE" };
        var control = new Option<string?>("--control-vector") { Description = "GGUF file that adds, to every block's output but the first's, --strength times what separates the sides; not with --select.", HelpName = "FILE" };
        var random = SharedOptions.Count("--random", "Random directions that --select holds its winner against on fresh prompts (default 99; 0 for none).", least: 0);
        var run = new Option<string?>("--run") { Description = "Folder of the search's journal (default: runs/MODEL-directions-HASH).", HelpName = "FOLDER" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the output file." };
        var (dryRun, quiet, verbose) = (SharedOptions.DryRun(), SharedOptions.Quiet(), SharedOptions.Verbose());
        var command = new Command("directions", "Find the direction that separates two sets of prompts, and the best places to remove it from.")
        {
            model, contrast, estimator, rank, site, layer, position, strength, components, embedding, select, space, maxKl, items, selection, marks, seed, clock, threads, memory, output, control, random, run, fresh, overwrite, dryRun, quiet, verbose,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var (which, at) = (parsed.GetValue(components), parsed.GetValue(position)!);
            int? token = at == "mean" ? null : int.TryParse(at, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number < 0 ? number
                : throw new UsageException($"--position is {at}; a number below 0 is expected, -1 for the last token, or mean.");
            var options = new DirectionsOptions
            {
                Model = parsed.GetRequiredValue(model), Contrast = parsed.GetRequiredValue(contrast), Estimator = parsed.GetValue(estimator)!, Site = Sites[parsed.GetValue(site)!], Layer = parsed.GetValue(layer),
                Position = token, Rank = parsed.GetValue(rank), Strength = parsed.GetValue(strength), Attention = which != "mlp", Mlp = which != "attention", Embedding = parsed.GetValue(embedding), Select = parsed.GetValue(select),
                Space = parsed.GetValue(space)!, MaxKl = parsed.GetValue(maxKl), Items = parsed.GetValue(items) ?? 160, SelectionItems = parsed.GetValue(selection) ?? 64, Marks = parsed.GetValue(marks) ?? [],
                Seed = parsed.GetValue(seed) ?? 0, Clock = parsed.GetValue(clock) ?? SharedOptions.DefaultClock, Threads = parsed.GetValue(threads) ?? 0, MemoryBytes = parsed.GetValue(memory) ?? 0,
                Output = parsed.GetValue(output), ControlVector = parsed.GetValue(control), Random = parsed.GetValue(random) ?? RandomControls.Count, Run = parsed.GetValue(run), Fresh = parsed.GetValue(fresh), Overwrite = parsed.GetValue(overwrite), DryRun = parsed.GetValue(dryRun), Quiet = parsed.GetValue(quiet),
            };
            Option[] single = [estimator, rank, site, layer, position, strength, components, embedding];
            if (options.Select && single.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } fixedOne) throw new UsageException($"{fixedOne.Name} says what --select tries out by itself; name one of the two.");
            if (!options.Select && options.MaxKl is not null) throw new UsageException("--max-kl chooses among what --select tries out; pass both.");
            if (options.Rank is not null && !EstimatorCatalogue.Several.Contains(options.Estimator)) throw new UsageException($"--rank goes with {string.Join(", ", EstimatorCatalogue.Several)}; {options.Estimator} finds one component.");
            if (options is { ControlVector: not null, Select: true }) throw new UsageException("--control-vector goes with one estimator, not with --select: a removal is no control vector.");
            if (options is { ControlVector: not null, Site: not SitePoint.ResidPost }) throw new UsageException("--control-vector adds to blocks' outputs; --site must be resid_post.");
            if (!double.IsFinite(options.Strength)) throw new UsageException("--strength takes a number.");
            return Task.FromResult(new DirectionsSession(options, terminal, cancellation).Run());
        });
        return command;
    }
}
