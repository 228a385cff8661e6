using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>Linear attention by the gated delta rule (<see cref="GatedDeltaSpec"/>), token by token.</summary>
/// <remarks>The recurrent form: a token's result depends on the state that the tokens before have left and on nothing else, so one pass, pieces and a cache give the same bits. A
/// head of a sequence is one task from its first token to its last. State: the convolution's last inputs, (taps − 1, channels), then S of every head, (key size, value size).</remarks>
internal sealed unsafe class GatedDelta(Transformer transformer) : IDisposable
{
    private const float LengthEpsilon = 1e-6f; // Under the root, where queries and keys get unit length.
    private readonly FloatBuffer _inputs = new(); // (rows, channels): queries, keys, values before the convolution.
    private readonly FloatBuffer _channels = new(); // (rows, channels): after it.
    private readonly FloatBuffer _taps = new(); // (taps, channels).
    private readonly FloatBuffer _results = new(); // (rows, value heads × value size).
    private readonly FloatBuffer _gates = new(); // (rows, value heads × value size).
    private readonly FloatBuffer _strengths = new(); // (rows, value heads): β.
    private readonly FloatBuffer _decays = new(); // (rows, value heads): e^g.

    /// <summary>Floats that one row takes in the buffers here, the gates apart.</summary>
    public static long FloatsPerRow(AttentionSpec spec) => spec.Delta is null ? 0 : 2L * Channels(spec) + spec.Heads * (spec.ValueSize + 2L);

    /// <summary>Floats of one sequence's state in one layer.</summary>
    public static long StateFloats(AttentionSpec spec) => spec.Delta is not { } delta ? 0 : (delta.Taps - 1L) * Channels(spec) + (long)spec.Heads * spec.HeadSize * spec.ValueSize;

    /// <summary>Bytes of one sequence's states.</summary>
    public static long StateBytes(TransformerSpec spec) => spec.Layers.Sum(l => StateFloats(l.Attention)) * sizeof(float);

    /// <summary>One layer: normed (rows, d) in, its output before a post-norm out, in the same buffer.</summary>
    public void Apply(int layer, BatchLayout layout, float* normed, ForwardOptions? options, CancellationToken cancellation)
    {
        var spec = transformer.Spec.Layers[layer].Attention;
        var delta = spec.Delta!;
        var (hidden, rows, channels, heads) = (transformer.Spec.HiddenSize, layout.Rows, Channels(spec), spec.Heads);
        var (keys, values) = (spec.KeyValueHeads * spec.HeadSize, heads * spec.ValueSize);
        var inputs = _inputs.Ensure((long)rows * channels);
        var gates = _gates.Ensure((long)rows * values);
        var strengths = _strengths.Ensure((long)rows * heads);
        var decays = _decays.Ensure((long)rows * heads);
        var jobs = new List<ProductJob>();
        transformer.AddJobs(jobs, spec.Query, normed, hidden, rows, inputs, channels);
        transformer.AddJobs(jobs, spec.Key, normed, hidden, rows, inputs + keys, channels);
        transformer.AddJobs(jobs, spec.Value, normed, hidden, rows, inputs + 2 * keys, channels);
        transformer.AddJobs(jobs, spec.Gate!, normed, hidden, rows, gates, values);
        transformer.AddJobs(jobs, delta.WriteStrength, normed, hidden, rows, strengths, heads);
        transformer.AddJobs(jobs, delta.Decay, normed, hidden, rows, decays, heads);
        MatrixProduct.Multiply(transformer.Team, [.. jobs]);
        transformer.Clock?.Mark("attention: products");
        cancellation.ThrowIfCancellationRequested();

        var states = layout.Segments.Select(s => s.Cache is { } cache ? (nint)cache.State(layer) : 0).ToArray();
        Convolve(spec, layout, inputs, states, strengths, decays);
        var results = _results.Ensure((long)rows * values);
        transformer.Team.Run(layout.Segments.Count * heads, (task, worker) =>
        {
            var (segment, head) = Math.DivRem(task, heads);
            var size = spec.HeadSize * spec.ValueSize;
            var scratch = transformer.Team.Scratch(worker, size + spec.ValueSize);
            // A sequence that is not continued leaves its state in the scratch.
            var state = states[segment] == 0 ? scratch : (float*)states[segment] + (delta.Taps - 1) * channels + (long)head * size;
            if (states[segment] == 0) new Span<float>(state, size).Clear();
            var first = layout.FirstRow[segment];
            for (var row = first; row < first + layout.Segments[segment].Tokens.Length; row++)
            {
                var channel = _channels.Data + (long)row * channels;
                var key = head / (heads / spec.KeyValueHeads) * spec.HeadSize;
                Step(state, channel + key, channel + keys + key, channel + 2 * keys + head * spec.ValueSize, decays[(long)row * heads + head], strengths[(long)row * heads + head],
                    results + (long)row * values + head * spec.ValueSize, scratch + size, spec.HeadSize, spec.ValueSize);
            }
        });
        cancellation.ThrowIfCancellationRequested();
        var gain = transformer.Gain(delta.Norm, spec.ValueSize);
        transformer.Rows(rows, values, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                var result = results + (long)row * values;
                for (var h = 0; h < heads; h++) Normalisation.Row(delta.Norm.Kind, result + h * spec.ValueSize, result + h * spec.ValueSize, spec.ValueSize, gain, null, delta.Norm.Epsilon);
                Activations.Row(Activation.Silu, gates + (long)row * values, result, values);
            }
        });
        transformer.Clock?.Mark("attention");
        Transformer.Visit(new ComponentSite(layer, ComponentPoint.AttentionHeads), gates, values, layout, options);
        transformer.Multiply(spec.Output, gates, values, rows, normed, hidden);
        transformer.Clock?.Mark("attention: products");
    }

    public void Dispose()
    {
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_inputs, _channels, _taps, _results, _gates, _strengths, _decays]) buffer.Dispose();
    }

    private static int Channels(AttentionSpec spec) => 2 * spec.KeyValueHeads * spec.HeadSize + spec.Heads * spec.ValueSize;

    /// <summary>Convolution, SiLU, unit length of queries and keys; β and e^g from what was projected for them.</summary>
    private void Convolve(AttentionSpec spec, BatchLayout layout, float* inputs, nint[] states, float* strengths, float* decays)
    {
        var delta = spec.Delta!;
        var (channels, heads, past) = (Channels(spec), spec.Heads, delta.Taps - 1);
        var taps = _taps.Ensure((long)channels * delta.Taps);
        var stored = transformer.Vector(delta.Convolution, 0, channels * delta.Taps);
        for (var c = 0; c < channels; c++)
            for (var t = 0; t < delta.Taps; t++) taps[(long)t * channels + c] = stored[(long)c * delta.Taps + t];
        var rates = transformer.Vector(delta.LogRate, 0, heads);
        var biases = transformer.Vector(delta.StepBias, 0, heads);
        var to = _channels.Ensure((long)layout.Rows * channels);
        var scale = (float)(1 / Math.Sqrt(spec.HeadSize));
        transformer.Rows(layout.Rows, channels, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                var y = to + (long)row * channels;
                var segment = layout.SegmentOf[row];
                var at = row - layout.FirstRow[segment];
                new Span<float>(y, channels).Clear();
                for (var t = 0; t < delta.Taps; t++)
                {
                    // Before the sequence's first token there is nothing; before the batch's, what the state has kept.
                    var source = at - past + t;
                    var x = source >= 0 ? inputs + (long)(row - at + source) * channels : states[segment] == 0 ? null : (float*)states[segment] + (long)(past + source) * channels;
                    if (x is not null) AddProducts(x, taps + (long)t * channels, y, channels);
                }

                Activations.Row(Activation.Silu, y, null, channels);
                for (var h = 0; h < spec.KeyValueHeads; h++)
                {
                    ToUnit(y + h * spec.HeadSize, spec.HeadSize, scale);
                    ToUnit(y + (spec.KeyValueHeads + h) * spec.HeadSize, spec.HeadSize, 1);
                }

                for (var h = 0; h < heads; h++)
                {
                    var i = (long)row * heads + h;
                    strengths[i] = VectorMath.Sigmoid(Vector512.Create(strengths[i]))[0];
                    var step = (double)decays[i] + biases[h];
                    decays[i] = (float)VectorMath.Exp(-VectorMath.Exp((double)rates[h]) * (step > 20 ? step : VectorMath.Log(1 + VectorMath.Exp(step))));
                }
            }
        });

        // The last inputs, for the tokens to come; of a short segment some of the old ones stay.
        for (var s = 0; s < states.Length; s++)
        {
            var count = layout.Segments[s].Tokens.Length;
            if (states[s] == 0) continue;
            var kept = new Span<float>((void*)states[s], past * channels);
            var used = Math.Min(count, past);
            kept[(used * channels)..].CopyTo(kept);
            new ReadOnlySpan<float>(inputs + (long)(layout.FirstRow[s] + count - used) * channels, used * channels).CopyTo(kept[((past - used) * channels)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProducts(float* x, float* w, float* y, int count)
    {
        var i = 0;
        for (; i + 16 <= count; i += 16) Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Load(w + i), Vector512.Load(y + i)).Store(y + i);
        for (; i < count; i++) y[i] = MathF.FusedMultiplyAdd(x[i], w[i], y[i]);
    }

    /// <summary>x ← x · factor / √(Σx² + ε).</summary>
    private static void ToUnit(float* x, int width, float factor)
    {
        var sum = 0.0;
        for (var i = 0; i < width; i++) sum += (double)x[i] * x[i];
        var scale = (float)(1 / Math.Sqrt(sum + LengthEpsilon));
        for (var i = 0; i < width; i++) x[i] = x[i] * scale * factor;
    }

    /// <summary>One token of one head.</summary>
    /// <param name="state">S, (key size, value size).</param>
    /// <param name="q">(key size,).</param>
    /// <param name="k">(key size,).</param>
    /// <param name="v">(value size,).</param>
    /// <param name="decay">e^g.</param>
    /// <param name="strength">β.</param>
    /// <param name="result">(value size,), overwritten.</param>
    /// <param name="change">(value size,): scratch.</param>
    /// <param name="keySize">Key size.</param>
    /// <param name="valueSize">Value size.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(float* state, float* q, float* k, float* v, float decay, float strength, float* result, float* change, int keySize, int valueSize)
    {
        // Sums over the key's entries in their order, each lane by itself.
        new Span<float>(change, valueSize).Clear();
        for (var i = 0; i < keySize; i++)
        {
            var row = state + (long)i * valueSize;
            var j = 0;
            for (; j + 16 <= valueSize; j += 16)
            {
                var s = Vector512.Load(row + j) * Vector512.Create(decay);
                s.Store(row + j);
                Vector512.FusedMultiplyAdd(s, Vector512.Create(k[i]), Vector512.Load(change + j)).Store(change + j);
            }

            for (; j < valueSize; j++)
            {
                row[j] *= decay;
                change[j] = MathF.FusedMultiplyAdd(row[j], k[i], change[j]);
            }
        }

        for (var j = 0; j < valueSize; j++) change[j] = (v[j] - change[j]) * strength;
        new Span<float>(result, valueSize).Clear();
        for (var i = 0; i < keySize; i++)
        {
            var row = state + (long)i * valueSize;
            var j = 0;
            for (; j + 16 <= valueSize; j += 16)
            {
                var s = Vector512.FusedMultiplyAdd(Vector512.Create(k[i]), Vector512.Load(change + j), Vector512.Load(row + j));
                s.Store(row + j);
                Vector512.FusedMultiplyAdd(s, Vector512.Create(q[i]), Vector512.Load(result + j)).Store(result + j);
            }

            for (; j < valueSize; j++)
            {
                row[j] = MathF.FusedMultiplyAdd(k[i], change[j], row[j]);
                result[j] = MathF.FusedMultiplyAdd(row[j], q[i], result[j]);
            }
        }
    }
}
