using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Directions.Capture;

/// <summary>Takes activations of prompts at every site and position that is asked for, in one forward pass a batch.</summary>
/// <remarks>No padding anywhere: a position is counted from each prompt's own end. Sums are in float64 and in the order of the prompts, so that results are the same bits
/// whatever the batch size, the threads and the memory.</remarks>
public static class ActivationCapture
{
    private const int MostRows = 2048;

    /// <summary>Runs the prompts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">What it reads.</param>
    /// <param name="plan">What is taken.</param>
    /// <param name="progress">Told how many prompts are done.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">There are no prompts, a layer does not exist, or a position holds no post-instruction token.</exception>
    public static CapturedActivations Run(LanguageModel model, EncodedPrompts prompts, CapturePlan plan, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(plan);
        int[] positions = [.. (plan.Positions.IsDefaultOrEmpty ? prompts.Positions : plan.Positions).Distinct()];
        int[] layers = plan.Layers.IsDefaultOrEmpty ? [.. Enumerable.Range(0, model.Spec.Layers.Length)] : [.. plan.Layers.Distinct()];
        Check(model, prompts, positions, layers);

        var width = model.Spec.HiddenSize;
        var sites = (from layer in layers from point in plan.Points.Distinct() select new Site(layer, point)).ToArray();
        var wanted = plan.MeanOverPositions ? [.. positions.Select(p => (int?)p), null] : positions.Select(p => (int?)p).ToArray();
        var sinks = (from site in sites from position in wanted select new Sink(new ActivationPlace(site, position), plan, prompts.Ids.Length, width)).ToArray();
        var batchRows = plan.BatchRows > 0 ? plan.BatchRows
            : (int)Math.Clamp(model.MemoryBytes / 4 / (Transformer.BytesPerRow(model.Spec) + (long)sites.Length * width * sizeof(float)), 64, MostRows);
        using var hidden = new FloatBuffer();
        for (int from = 0, end; from < prompts.Ids.Length; from = end)
        {
            long rows = prompts.Ids[from].Length;
            for (end = from + 1; end < prompts.Ids.Length && rows + prompts.Ids[end].Length <= batchRows; end++) rows += prompts.Ids[end].Length;
            var segments = new Segment[end - from];
            var ends = new int[end - from]; // Row after the last of each prompt.
            for (var i = 0; i < segments.Length; i++)
            {
                segments[i] = new Segment(prompts.Ids[from + i]);
                ends[i] = (i == 0 ? 0 : ends[i - 1]) + segments[i].Tokens.Length;
            }

            var cache = new ActivationCache(sites);
            model.Transformer.Forward(segments, hidden, new ForwardOptions { Capture = cache }, cancellation);
            var first = from;
            model.Team.Run(sinks.Length, (task, _) =>
            {
                var captured = cache[sinks[task].Place.Site];
                for (var i = 0; i < ends.Length; i++) sinks[task].Take(first + i, captured[..(ends[i] * width)], positions);
            });
            progress?.Report(end);
        }

        return new CapturedActivations(prompts, width, [.. sinks.Select(s => s.Place)], sinks.ToDictionary(s => s.Place, s => s.Moments()),
            sinks.Where(s => s.Rows is not null).ToDictionary(s => s.Place, s => s.Rows!));
    }

    private static void Check(LanguageModel model, EncodedPrompts prompts, IReadOnlyList<int> positions, IReadOnlyList<int> layers)
    {
        var problems = new ProblemList();
        if (prompts.Ids.IsEmpty) problems.Add("There are no prompts to take activations of.");
        foreach (var layer in layers)
            if ((uint)layer >= (uint)model.Spec.Layers.Length) problems.Add($"Layer {layer} was asked for; the model has layers 0 to {model.Spec.Layers.Length - 1}.");
        foreach (var position in positions)
        {
            if (prompts.Positions.Contains(position)) continue;
            problems.Add(model.ChatTemplate is null
                ? $"Position {position} was asked for; the model has no chat template, so that only −1, the text's last token, is the same place in every prompt."
                : $"Position {position} was asked for; the chat template puts {prompts.Tail.Length} tokens after the user's text, so that only −1 to −{prompts.Tail.Length} are the same token in every prompt.");
        }

        problems.ThrowIfAny();
    }

    /// <summary>What is kept of one place.</summary>
    private sealed class Sink(ActivationPlace place, CapturePlan plan, int prompts, int width)
    {
        private readonly MomentAccumulator _moments = new(width, plan.Covariances?.Invoke(place) ?? false);
        private readonly double[] _mean = place.Position is null ? new double[width] : [];

        public ActivationPlace Place => place;

        public float[]? Rows { get; } = plan.Rows?.Invoke(place) ?? false ? new float[checked(prompts * width)] : null;

        public ActivationMoments Moments() => _moments.Result();

        /// <summary>Takes one prompt's activation.</summary>
        /// <param name="prompt">Which prompt.</param>
        /// <param name="rows">(tokens, d): the site's activations up to the prompt's end.</param>
        /// <param name="positions">Positions asked for.</param>
        public void Take(int prompt, ReadOnlySpan<float> rows, ReadOnlySpan<int> positions)
        {
            if (place.Position is { } position)
            {
                var row = rows.Slice(rows.Length + position * width, width);
                _moments.Add(row);
                if (Rows is not null) row.CopyTo(Rows.AsSpan(prompt * width));
                return;
            }

            Array.Clear(_mean);
            foreach (var p in positions)
                for (var j = 0; j < width; j++) _mean[j] += rows[rows.Length + p * width + j];
            for (var j = 0; j < width; j++) _mean[j] /= positions.Length;
            _moments.Add(_mean);
            if (Rows is not null)
                for (var j = 0; j < width; j++) Rows[prompt * width + j] = (float)_mean[j];
        }
    }
}
