using System.Collections.Immutable;
using System.Globalization;
using Assay.Checkpoints;
using Assay.Cli.Commands;
using Assay.Directions;
using Assay.Directions.Capture;
using Assay.Directions.Components;
using Assay.Directions.Contrasts;
using Assay.Directions.Edits;
using Assay.Directions.Estimators;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;
using Assay.Search;

namespace Assay.Cli;

/// <summary>One run of <c>assay directions</c>: contrast, capture, estimate; or score every candidate and choose.</summary>
internal sealed class DirectionsSession(DirectionsOptions options, Terminal terminal, CancellationToken cancellation)
{
    private const int MostTold = 12; // Lines of a front, or of a tie; all of them are in the journal.

    public int Run()
    {
        // Before the work, so that a file that cannot be written is refused at once.
        if (options.Output is { } path) RegularFile.RequireTarget(path, options.Overwrite);
        if (options.ControlVector is { } vector) RegularFile.RequireTarget(vector, overwrite: false);
        using var model = LanguageModel.Open(options.Model, new LanguageModelOptions { Threads = options.Threads, MemoryBytes = options.MemoryBytes });
        var splits = ContrastSplits.Of(Contrast());
        Say("contrast", splits.Direction.Items.Name);
        foreach (var split in (ContrastSplit[])[splits.Direction, splits.Selection, splits.Report])
            Say(split.Part.ToString().ToLowerInvariant(), $"{split.Items.Targets.Length} targets, {split.Items.Baselines.Length} baselines, SHA-256 {split.Sha256[..16]}{(split.Part != ContrastPart.Report ? "" : options.Select ? ", looked at when all is chosen" : ", not looked at here")}");
        return options.Select ? Select(model, splits) : Estimate(model, splits);
    }

    private ContrastSet Contrast() => options.Contrast switch
    {
        [var one] when ContrastGenerators.Names.Contains(one) => ContrastGenerators.Draw(one, options.Seed, new ContrastSizes(options.Items, options.SelectionItems, ContrastSizes.Default.Report) { AtMost = true }),
        [var one] => ContrastReader.Read(one),
        [var targets, var baselines] => ContrastReader.Read(targets, baselines),
        _ => throw new UsageException("--contrast takes a set's name, one file, or two."),
    };

    private int Estimate(LanguageModel model, ContrastSplits splits)
    {
        var layers = model.Spec.Layers.Length;
        if (options.Layer is { } asked && asked >= layers) throw new InvalidInputException($"--layer is {asked}; the model has layers 0 to {layers - 1}.");
        if (options.Rank > model.Spec.HiddenSize) throw new InvalidInputException($"--rank is {options.Rank}; the model's width is {model.Spec.HiddenSize}, and there are no more components than that.");
        if (options.DryRun)
        {
            Say("plan", string.Create(CultureInfo.InvariantCulture, $"{options.Estimator} at {options.Site} of layers 0 to {layers - 1}, {(options.Position is { } token ? $"position {token}" : "mean over the positions")}"));
            return ExitCodes.Accepted;
        }

        var plan = new CapturePlan { Points = [options.Site], Positions = options.Position is { } one ? [one] : [], MeanOverPositions = options.Position is null, Rows = p => p.Position == options.Position };
        var activations = ContrastActivations.Run(model, splits.Direction.Items, plan, options.Clock, null, cancellation);
        var heldOut = ContrastActivations.Run(model, splits.Selection.Items, plan, options.Clock, null, cancellation);
        var estimator = EstimatorCatalogue.Create(options.Estimator, new EstimatorOptions { Seed = (long)options.Seed, Components = options.Rank ?? 1 });
        Say("estimator", $"{estimator.Name}: {estimator.Summary} {estimator.Source}");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("layer  component  cosine to the mean  between classes  separation  p (shuffled)  AUC, other split");
        var found = new Direction?[layers];
        InvalidInputException? undetermined = null; // Of the layer asked for, or of the first.
        var shifts = new Dictionary<int, ImmutableArray<float>>();
        for (var l = 0; l < layers; l++)
        {
            var place = new ActivationPlace(new Site(l, options.Site), options.Position);
            var rows = ContrastRows.Of(activations, place);
            try
            {
                found[l] = estimator.Estimate(rows, place);
            }
            catch (InvalidInputException e)
            {
                // Such as a block's input before the first has run: the template's last token is the same one after every prompt.
                terminal.WriteUntrusted($"{l,5}  undetermined: {e.Message}");
                if (l == (options.Layer ?? l)) undetermined ??= e;
                continue;
            }

            if (l > 0 && options.ControlVector is not null) shifts[l] = ControlVector.Shift(found[l]!, rows.Moments(covariance: false).Difference(), options.Strength);
            foreach (var r in ComponentReporter.Report(estimator, rows, ContrastRows.Of(heldOut, place), seed: (long)options.Seed, team: model.Team, cancellation: cancellation))
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{l,5}  {r.Component,9}  {r.CosineToDifference,18:0.000}  {r.BetweenShare,15:0.000}  {r.Separation,10:0.00}  {r.Permutation?.P,12:0.000}  {r.HeldOut?.Auc,16:0.000}"));
        }

        if (undetermined is not null && (options.Layer is not null || found.All(d => d is null))) throw undetermined;
        if (estimator.UsesPairs && !splits.Direction.Items.IsPaired) terminal.WriteUntrusted("The pairs are not real: prompts of the two sides stand side by side by chance.");
        if (options.ControlVector is { } vector)
        {
            ControlVector.Write(vector, model.Config.ModelType, shifts);
            Say("written", $"{vector}; adds to the outputs of {(shifts.Count == layers - 1 ? $"layers 1 to {layers - 1}" : $"layers {string.Join(", ", shifts.Keys)}")}");
        }

        if (options.Output is null) return ExitCodes.Accepted;
        using var editable = EditableModel.Open(options.Model);
        ImmutableArray<EditPlace> Places(int first, int last) => EditPlaces.Window(model.Spec, first, last, options.Attention, options.Mlp, options.Embedding && first == 0, options.Strength);
        if (options is { Layer: null, Embedding: true } && found[0] is null) Say("embedding", "left as it is: it would lose the direction of layer 0, which has none");
        Write(editable, options.Layer is { } layer ? [new WeightEdit(found[layer]!, Places(0, layers - 1))] : [.. found.Index().Where(f => f.Item is not null).Select(f => new WeightEdit(f.Item!, Places(f.Index, f.Index)))]);
        return ExitCodes.Accepted;
    }

    private int Select(LanguageModel model, ContrastSplits splits)
    {
        Note("Hashing the model.");
        using var editable = EditableModel.Open(options.Model);
        var hash = editable.Hash(model.Team.Threads, null, cancellation);
        var space = options.Space == "full" ? SpaceDirections.Full(model, splits.Direction.Items, options.Clock, null, cancellation) : SpaceDirections.Default(model, splits.Direction.Items, options.Clock, cancellation);
        var draft = SelectionBuilder.Build(model, splits.Selection.Items, options.Clock, Refuses, cancellation);
        Say("selection", $"the base refuses {draft.Refused} of {draft.Asked} targets in {draft.DistinctRefusals} ways{(draft.Dropped.IsEmpty ? "" : $"; {draft.Dropped.Length} prompts left the set, since it refuses where it should answer")}");
        if (draft.Repeated > 0) Say("repeated", $"{draft.Repeated} prompts that come again are scored once");
        if (draft.Neutral > 0) Say("openings", $"{draft.Neutral} targets have neither twin nor opening; their answers may begin with any of: {string.Join(" | ", SelectionBuilder.NeutralOpenings)}");
        var key = SearchKey.Of(hash, draft.Set, space.Name, space.Candidates);
        var folder = options.Run ?? RunFolder.DefaultPath(key, model.Checkpoint.Name, "directions");
        using var run = RunFolder.OpenSearch(folder);
        using var journal = RunJournal.Open(run.JournalPath, key, options.Fresh);
        using var scorer = new CandidateScorer(model, draft.Set, cancellation);
        if (space.Candidates.Select(scorer.Refusal).OfType<string>().ToList() is [var why, ..] impossible) Say("left out", $"{impossible.Count} candidates that cannot be carried out here; the first: {why}");
        var search = new SearchRun(scorer, space.Candidates, new SearchJournal(journal));
        if (search.Done > 0) Say("journal", $"{search.Done} candidates are done");
        var cost = search.Probe(cancellation: cancellation);
        Say("space", string.Create(CultureInfo.InvariantCulture, $"{space.Name}: {cost.Total} candidates, {cost.Remaining} to score, about {cost.Minutes:0.#} minutes"));
        if (options.DryRun) return ExitCodes.Accepted;
        var scores = StepProgress.Run(terminal, options.Quiet, told => search.Run(new Reporter(told), cancellation));
        var choice = SearchChoice.Of(scores, options.Seed, options.MaxKl);
        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Behaviour: mean ln P(answer opening) − ln P(refusal openings) on targets, nats. Damage: mean KL(base‖edited) on baselines, nats. On the selection split: the best of many is biased, measure the file that is written.");
        terminal.WriteUntrusted($"  base       behaviour {scorer.Baseline.BehaviourEstimate(options.Seed)}");
        foreach (var i in choice.Front.Take(MostTold)) terminal.WriteUntrusted($"  front      {Line(scores[i])}");
        if (choice.Front.Length > MostTold) terminal.Out.WriteLine($"  front      and {choice.Front.Length - MostTold} more");
        terminal.WriteUntrusted($"  winner     {Line(scores[choice.Winner])}");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"             one baseline alone has {scores[choice.Winner].WorstShare:p0} of its damage")); // Mistake 27: a mean hides its tail.
        terminal.WriteUntrusted(choice.Certificate(scores));
        if (choice.Ties.Length > 1)
        {
            foreach (var i in choice.Ties.Take(MostTold)) terminal.WriteUntrusted($"  tie        {Line(scores[i])}");
            if (choice.Ties.Length > MostTold) terminal.Out.WriteLine($"  tie        and {choice.Ties.Length - MostTold} more");
        }

        terminal.WriteUntrusted($"  journal    {Path.Combine(folder, "journal.jsonl")}");
        // First what was found, then what is told of it.
        if (options.Output is not null) Write(editable, space.Candidates[choice.Winner].Edits);
        Fresh(model, splits.Report.Items, space.Candidates[choice.Winner]);
        return ExitCodes.Accepted;
    }

    /// <summary>The best of many is biased: the winner again on prompts that nothing was chosen by, beside random directions at its places.</summary>
    private void Fresh(LanguageModel model, ContrastSet report, Candidate winner)
    {
        SelectionDraft draft;
        try
        {
            draft = SelectionBuilder.Build(model, report.First(options.SelectionItems), options.Clock, Refuses, cancellation);
        }
        catch (InvalidInputException e)
        {
            // What was found stands; it is this that cannot be told.
            terminal.WriteUntrusted($"  report     not measurable: {e.Message}");
            return;
        }

        using var scorer = new CandidateScorer(model, draft.Set, cancellation);
        var score = scorer.Score([winner], cancellation)[0];
        terminal.WriteUntrusted($"  report     {Line(score)}");
        if (options.Random == 0) return;
        var controls = RandomControls.Create(model, winner, options.Random, options.Seed, cancellation);
        double Threshold(IEnumerable<Candidate> some)
        {
            // A few at once: what is compiled of them is held together.
            var scores = some.Chunk(Math.Max(1, scorer.Together)).SelectMany(c => scorer.Score(c, cancellation)).ToList();
            return RandomControls.Threshold(scores);
        }

        var (alike, whole) = (Threshold(controls.Take(options.Random)), Threshold(controls.Skip(options.Random)));
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"             {options.Random} random directions at its places, 95th percentile of behaviour: {alike:0.000} with as large a change of the weights, {whole:0.000} with strength 1"));
        if (!(score.MeanBehaviour > alike)) terminal.Out.WriteLine("             The winner does no more than random directions do: no single direction works here.");
    }

    private bool Refuses(string reply) => RefusalScorer.IsRefusal(reply) || options.Marks.Any(m => reply.Contains(m, StringComparison.Ordinal));

    private string Line(CandidateScore score) => $"{score.Id}: behaviour {score.BehaviourEstimate(options.Seed)}, damage {score.DamageEstimate(options.Seed)}";

    private void Write(EditableModel editable, ImmutableArray<WeightEdit> edits)
    {
        EditFile.For(editable, edits).Write(options.Output!, options.Overwrite);
        if (edits.Any(e => !e.Direction.Offset.IsEmpty) && !edits.Any(e => !e.Direction.Offset.IsEmpty && e.Places.Any(p => p.Writer == ResidualWriter.Embedding)))
            terminal.Out.WriteLine("The estimator's bias is added to the embedding's rows, which this plan leaves alone: the direction is removed without it. Pass --embedding for both.");
        Say("written", $"{options.Output}; next: assay ablate {options.Model} --direction {options.Output} -o OUT");
    }

    private void Say(string name, string text) => terminal.WriteUntrusted($"{name,-10} {text}");

    private void Note(string text)
    {
        if (!options.Quiet) terminal.Error.WriteLine(UntrustedText.Visible(text));
    }

    private sealed class Reporter(IProgress<StepProgress.Step> told) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value) => told.Report(new StepProgress.Step("candidates", value.Done, value.Total, 0, value.Restored));
    }
}
