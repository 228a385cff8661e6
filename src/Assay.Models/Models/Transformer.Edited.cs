using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>Passes that many sets of edits share up to their first edited writer (engine.md, Many candidates at once).</summary>
/// <remarks>The same operations on the same rows as <see cref="Forward"/>, each row's in the same order: bit for bit what every set alone gives.</remarks>
public sealed unsafe partial class Transformer
{
    /// <summary>Takes an unedited batch on to a writer.</summary>
    /// <param name="state">Where it stands: not beyond the place.</param>
    /// <param name="place">As <see cref="OutputEdits.FirstPlace"/> numbers them.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    internal void Advance(PrefixState state, int place, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(place, state.Place);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place, 1 + 2 * Spec.Layers.Length);
        if (place == state.Place) return;
        var layout = new BatchLayout(state.Segments, Spec);
        if (layout.IsEdited || layout.Caches.Count > 0) throw new ArgumentException("What sets of edits share has neither edits nor caches.", nameof(state));
        var floats = (long)layout.Rows * Spec.HiddenSize;
        float* stream = state.Stream.Ensure(Math.Max(1, floats)), output = state.Output.Ensure(Math.Max(1, floats));
        if (layout.Rows == 0)
        {
            state.Place = place;
            return;
        }

        if (_rotary.Count > MostRotations) _rotary.Clear();
        if (state.Place < 0)
        {
            Embed(layout, output, _normed.Ensure(floats));
            state.Place = 0;
        }

        while (state.Place < place)
        {
            Step(layout, layout, state.Place, stream, output, cancellation);
            state.Place++;
        }
    }

    /// <summary>Goes on from a state with edits: as many copies of its batch, one after another, as there are sets.</summary>
    /// <param name="state">What the sets have in common: none has an edit before its place.</param>
    /// <param name="edits">The sets.</param>
    /// <param name="wanted">Rows of the batch that are wanted, ascending.</param>
    /// <param name="final">Filled with (sets × wanted, d): the residual stream after the final norm.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    internal void Resume(PrefixState state, IReadOnlyList<OutputEdits> edits, int[] wanted, FloatBuffer final, CancellationToken cancellation)
    {
        foreach (var one in edits) ArgumentOutOfRangeException.ThrowIfLessThan(one.FirstPlace, state.Place, nameof(edits));
        var count = state.Segments.Count;
        var layout = new BatchLayout([.. edits.SelectMany((e, c) => state.Segments.Select(s => s with { Edits = e, Parent = s.Parent < 0 ? -1 : s.Parent + c * count }))], Spec);
        var (width, rows) = (Spec.HiddenSize, edits.Count == 0 ? 0 : layout.Rows / edits.Count);
        var asked = layout.Only([.. edits.SelectMany((_, c) => wanted.Select(r => c * rows + r))]);
        final.Ensure(Math.Max(1, (long)asked.Rows * width));
        if (asked.Rows == 0) return;
        if (_rotary.Count > MostRotations) _rotary.Clear();
        float* stream = _stream.Ensure((long)layout.Rows * width), output = _normed.Ensure((long)layout.Rows * width);
        // From the last block's attention on, no row matters but those wanted.
        var end = 1 + 2 * Spec.Layers.Length;
        var now = state.Place >= end - 2 ? asked : layout;
        var begin = now;
        Rows(now.Rows, width, (first, last) =>
        {
            for (var i = first; i < last; i++)
            {
                var from = (begin == layout ? i : asked.Source[i]) % rows;
                new ReadOnlySpan<float>(state.Output.Data + (long)from * width, width).CopyTo(new Span<float>(output + (long)i * width, width));
                if (state.Place > 0 && state.Place < end) new ReadOnlySpan<float>(state.Stream.Data + (long)from * width, width).CopyTo(new Span<float>(stream + (long)i * width, width));
            }
        });

        for (var place = state.Place; place < end; place++)
        {
            Step(now, asked, place, stream, output, cancellation);
            if (place == end - 3) now = asked;
        }

        new ReadOnlySpan<float>(output, checked(asked.Rows * width)).CopyTo(new Span<float>(final.Data, asked.Rows * width));
    }

    /// <summary>From one writer's output to the next one's.</summary>
    /// <param name="layout">The batch.</param>
    /// <param name="asked">The rows of it that are wanted from the last block's attention on; not looked at where that is behind.</param>
    /// <param name="place">The writer whose output is there.</param>
    /// <param name="stream">(rows, d): the stream before that output; afterwards before the next one's.</param>
    /// <param name="output">(rows, d): that output; afterwards the next one's, or the final norm of the stream.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    private void Step(BatchLayout layout, BatchLayout asked, int place, float* stream, float* output, CancellationToken cancellation)
    {
        var width = Spec.HiddenSize;
        var (layer, end) = ((place - 1) / 2, 1 + 2 * Spec.Layers.Length);
        if (place > 0 && place % 2 == 1)
        {
            // A parallel block's MLP reads what was there before attention's output is added.
            var spec = Spec.Layers[layer];
            var branch = output;
            if (spec.Parallel)
            {
                _vectorsInUse = 0;
                branch = _branch.Ensure((long)layout.Rows * width);
                Normalise(spec.PreMlp ?? spec.PreAttention, stream, branch, layout.Rows);
            }

            _vectorsInUse = 0;
            AddAttention(layer, layout, stream, output, null);
            cancellation.ThrowIfCancellationRequested();
            MlpOutput(layer, layout, stream, output, branch, null, cancellation);
            if (branch != output) new ReadOnlySpan<float>(branch, checked(layout.Rows * width)).CopyTo(new Span<float>(output, layout.Rows * width));
            return;
        }

        var next = place / 2;
        if (place == 0)
        {
            Edit(-1, ResidualWriter.Embedding, layout, output);
            new ReadOnlySpan<float>(output, checked(layout.Rows * width)).CopyTo(new Span<float>(stream, layout.Rows * width));
            Clock?.Mark("embedding");
        }
        else
        {
            _vectorsInUse = 0;
            AddMlp(layer, layout, stream, output, output, null);
        }

        cancellation.ThrowIfCancellationRequested();
        if (next < Spec.Layers.Length) AttentionOutput(next, layout, place == end - 3 ? asked : layout, stream, output, place == 0, null, cancellation);
        else if (place == 0) Normalise(Spec.FinalNorm, stream, output, layout.Rows);
    }
}
