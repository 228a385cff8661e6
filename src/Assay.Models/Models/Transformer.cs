using System.Numerics.Tensors;
using Assay.Checkpoints;
using Assay.Models.Kernels;
using Tensor = Assay.Checkpoints.Tensor;

namespace Assay.Models;

/// <summary>The forward pass of a decoder-only transformer, driven by a <see cref="TransformerSpec"/>; float32 arithmetic on mapped weights.</summary>
/// <remarks>Sequences of different lengths stand row-wise one after another, without padding. Layer by layer over the whole batch: private
/// memory is the batch's activations, what a thread packs at a time, and the panels that the cache keeps, whatever the size of the model. The instance keeps its work buffers:
/// one forward pass at a time.</remarks>
public sealed unsafe partial class Transformer : IDisposable
{
    private const int ElementFloats = 8192; // Of one task in element-wise work.
    private const int QueryRows = 168; // Rows of one task in attention, a query in each head of a group being one: a multiple of the tile's 14.
    private readonly Func<string, Tensor> _weights;
    private readonly PanelCache _panels;
    private const int MostRotations = 512; // Tables kept: models with dynamic rotation ask for one a length.
    private readonly Dictionary<(RopeSpec, int, int), RotaryTable> _rotary = [];
    private readonly KeyValueLayout[] _layouts;
    private readonly FloatBuffer _transient = new(); // One layer's pages of the sequences that are not continued.
    private readonly FloatBuffer _stream = new(); // (rows, d): the residual stream.
    private readonly FloatBuffer _normed = new(); // (rows, d).
    private readonly FloatBuffer _queries = new(); // (rows, heads × head size).
    private readonly FloatBuffer _keys = new(); // (rows, kv heads × head size).
    private readonly FloatBuffer _values = new(); // (rows, kv heads × value size).
    private readonly FloatBuffer _mixed = new(); // (rows, heads × value size): attention before its output matrix.
    private readonly FloatBuffer _gates = new(); // (rows, heads × value size): what attention's result is gated by.
    private readonly FloatBuffer _queryLatent = new(); // (rows, query rank).
    private readonly FloatBuffer _keyLatent = new(); // (rows, rank + shared key).
    private readonly FloatBuffer _branch = new(); // (rows, d): the MLP's input in a parallel block.
    private readonly FloatBuffer _picked = new(); // (rows asked for, d): what the last queries are made of, where not all rows are asked for.
    private readonly FloatBuffer _whole = new(); // (rows, d): after the final norm, where sequences are read anew.
    private readonly List<FloatBuffer> _vectors = []; // Gains, biases and sinks of the sub-layer at work.
    private readonly FeedForward _feedForward;
    private readonly GatedDelta _gatedDelta;
    private int _vectorsInUse;

    /// <summary>Binds a spec to its tensors.</summary>
    /// <param name="spec">What to compute.</param>
    /// <param name="weights">The stored tensor that serves a name of the spec.</param>
    /// <param name="team">Threads.</param>
    /// <param name="panels">Packed weights that are kept.</param>
    internal Transformer(TransformerSpec spec, Func<string, Tensor> weights, WorkTeam team, PanelCache panels)
    {
        Spec = spec;
        Team = team;
        _weights = weights;
        _panels = panels;
        _layouts = [.. spec.Layers.Select(l => new KeyValueLayout(l.Attention))];
        _feedForward = new FeedForward(this);
        _gatedDelta = new GatedDelta(this);
    }

    /// <summary>What is computed.</summary>
    public TransformerSpec Spec { get; }

    /// <summary>Threads that compute it.</summary>
    public WorkTeam Team { get; }

    /// <summary>Rows whose activations may be held at once; a batch of more goes through each layer part by part, and only its residual stream is whole.</summary>
    internal int RowsTogether { get; set; } = int.MaxValue;

    /// <summary>Whether the residual stream is rounded to bf16 after every block.</summary>
    internal bool RoundsStream { get; init; }

    /// <summary>Told where the time goes; null for nobody.</summary>
    internal StageClock? Clock { get; set; }

    /// <summary>Bytes of activations that one row of a batch takes, keys and values of one layer included.</summary>
    public static long BytesPerRow(TransformerSpec spec)
    {
        long most = 0;
        foreach (var layer in spec.Layers)
        {
            var a = layer.Attention;
            most = Math.Max(most, (long)a.Heads * (a.HeadSize + a.ValueSize) + (long)a.KeyValueHeads * (a.HeadSize + a.ValueSize)
                + new KeyValueLayout(a).PageFloats / KeyValueLayout.Positions + FeedForward.FloatsPerRow(layer.Mlp, spec.HiddenSize)
                + (a.Gate?.Outputs ?? 0) + (a.Latent?.QueryDown?.Outputs ?? 0) + (a.Latent?.KeyValueDown.Outputs ?? 0) + GatedDelta.FloatsPerRow(a) + (layer.Parallel ? spec.HiddenSize : 0));
        }

        return (most + 4L * spec.HiddenSize) * sizeof(float);
    }

    /// <summary>Runs a batch. Caches of its segments grow by the segments' tokens.</summary>
    /// <remarks>Where a model's rotation depends on the length and a sequence grows beyond what its cache was made for, the sequence is read anew: every layer's keys and
    /// values come out otherwise, so nothing of the cache may stay (engine.md, Decoding). Hooks see those rows; captures and the result leave them out.
    /// A batch of more than <see cref="RowsTogether"/> rows goes through each layer in parts of whole sequences: hooks then see a site several times, with the number of the first row.</remarks>
    /// <param name="segments">The batch.</param>
    /// <param name="final">Filled with (rows, d): the residual stream after the final norm, all segments' tokens in order.</param>
    /// <param name="options">Captures and hooks; null for none.</param>
    /// <param name="cancellation">Looked at several times in every layer.</param>
    /// <param name="shared">First layers that another model has in common with this one; null for none. The first of the two to come fills it, the second goes on from there.</param>
    /// <exception cref="InvalidInputException">A token id outside the vocabulary, a position outside the cache or the learned positions.</exception>
    internal void Forward(IReadOnlyList<Segment> segments, FloatBuffer final, ForwardOptions? options, CancellationToken cancellation, SharedLayers? shared = null)
    {
        foreach (var (site, _) in options?.ComponentHooks ?? []) _ = site.Width(Spec);
        if (options is not null && shared is not null) throw new ArgumentException("Layers that another model has computed are seen by no hook.", nameof(shared));
        if (segments.Count > 1 && segments.All(s => s.Cache is null && s.Parent < 0) && segments.Sum(s => (long)s.Tokens.Length) > RowsTogether)
        {
            ForwardInParts(segments, final, options, shared, cancellation);
            return;
        }

        var layout = new BatchLayout(segments, Spec);
        var width = Spec.HiddenSize;
        final.Ensure(Math.Max(1, (long)layout.Rows * width));
        if (layout.Rows == 0) return;
        foreach (var (cache, _) in layout.Caches) cache.Begin();
        var result = layout.RowsAsked == layout.Rows ? final.Data : _whole.Ensure((long)layout.Rows * width);
        if (_rotary.Count > MostRotations) _rotary.Clear();
        var stream = _stream.Ensure((long)layout.Rows * width);
        var normed = _normed.Ensure((long)layout.Rows * width);
        var first = 0;
        if (shared is { Filled: true })
        {
            first = shared.Count;
            shared.CopyTo(stream, (long)layout.Rows * width);
        }
        else
        {
            Embed(layout, stream, normed);
        }

        Clock?.Mark("embedding");

        for (var l = first; l < Spec.Layers.Length; l++)
        {
            if (shared is { Filled: false } && shared.Count == l) shared.Fill(stream, (long)layout.Rows * width);
            Layer(l, layout, stream, normed, l + 1 == Spec.Layers.Length ? result : normed, l == first, options, cancellation);
        }

        if (shared is { Filled: false }) shared.Fill(stream, (long)layout.Rows * width);
        if (options is not null || first == Spec.Layers.Length) Normalise(Spec.FinalNorm, stream, result, layout.Rows);
        if (result != final.Data)
        {
            long to = 0;
            foreach (var (row, count) in layout.Asked)
            {
                new ReadOnlySpan<float>(result + (long)row * width, count * width).CopyTo(new Span<float>(final.Data + to * width, count * width));
                to += count;
            }
        }

        foreach (var (cache, tokens) in layout.Caches) cache.End(tokens);
    }

    /// <summary>A batch too large for its activations: layer by layer over all of it, so that the weights are read once, and in each layer part by part.</summary>
    private void ForwardInParts(IReadOnlyList<Segment> segments, FloatBuffer final, ForwardOptions? options, SharedLayers? shared, CancellationToken cancellation)
    {
        var width = Spec.HiddenSize;
        List<(BatchLayout Layout, long First)> parts = [];
        long rows = 0;
        for (int from = 0, end; from < segments.Count; from = end)
        {
            long together = segments[from].Tokens.Length;
            for (end = from + 1; end < segments.Count && together + segments[end].Tokens.Length <= RowsTogether; end++) together += segments[end].Tokens.Length;
            parts.Add((new BatchLayout([.. segments.Skip(from).Take(end - from)], Spec) { FirstOfBatch = rows }, rows));
            rows += together;
        }

        foreach (var (layout, _) in parts) layout.RowsOfBatch = rows;

        // The stream lies where the result will be.
        var stream = final.Ensure(rows * width);
        var normed = _normed.Ensure((long)parts.Max(p => p.Layout.Rows) * width);
        if (_rotary.Count > MostRotations) _rotary.Clear();
        var begin = 0;
        if (shared is { Filled: true })
        {
            begin = shared.Count;
            shared.CopyTo(stream, rows * width);
        }
        else
        {
            foreach (var (layout, first) in parts) Embed(layout, stream + first * width, normed);
        }

        Clock?.Mark("embedding");
        // What is shared is the stream itself: where all layers are, it must not be normalised in its place before it is kept.
        var keep = shared is { Filled: false } && shared.Count == Spec.Layers.Length;
        for (var l = begin; l < Spec.Layers.Length; l++)
        {
            if (shared is { Filled: false } && shared.Count == l) shared.Fill(stream, rows * width);
            foreach (var (layout, first) in parts)
            {
                if (layout.Rows == 0) continue;
                var own = stream + first * width;
                Layer(l, layout, own, normed, l + 1 == Spec.Layers.Length && !keep ? own : null, true, options, cancellation);
            }
        }

        if (shared is { Filled: false }) shared.Fill(stream, rows * width);
        if (keep || begin == Spec.Layers.Length || options is not null)
            foreach (var (layout, first) in parts) Normalise(Spec.FinalNorm, stream + first * width, stream + first * width, layout.Rows);
    }

    /// <summary>One block over a batch.</summary>
    /// <param name="l">Which.</param>
    /// <param name="layout">The batch.</param>
    /// <param name="stream">(rows, d): the residual stream.</param>
    /// <param name="normed">(rows, d): the block's norm of it where <paramref name="normalise"/> is false, room otherwise.</param>
    /// <param name="next">(rows, d): filled with what the next block, or the head, reads; null where that is not wanted.</param>
    /// <param name="normalise">Whether the block's first norm is still to be taken.</param>
    /// <param name="options">Captures and hooks; null for none.</param>
    /// <param name="cancellation">Looked at several times.</param>
    private void Layer(int l, BatchLayout layout, float* stream, float* normed, float* next, bool normalise, ForwardOptions? options, CancellationToken cancellation)
    {
        var branch = AttentionOutput(l, layout, layout, stream, normed, normalise, options, cancellation);
        AddAttention(l, layout, stream, normed, options);
        cancellation.ThrowIfCancellationRequested();
        MlpOutput(l, layout, stream, normed, branch, options, cancellation);
        AddMlp(l, layout, stream, branch, next, options);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>A block up to what attention hands on, in <paramref name="normed"/>; what the MLP will read, where the block is parallel, in the buffer returned.</summary>
    /// <param name="l">Which.</param>
    /// <param name="layout">The batch.</param>
    /// <param name="asked">The same, or those of its rows whose queries are wanted.</param>
    /// <param name="stream">(rows, d): the residual stream; of the rows asked for afterwards.</param>
    /// <param name="normed">(rows, d), as <see cref="Layer"/> takes it; (rows asked for, d) afterwards.</param>
    /// <param name="normalise">Whether the block's first norm is still to be taken.</param>
    /// <param name="options">Captures and hooks; null for none.</param>
    /// <param name="cancellation">Looked at several times.</param>
    private float* AttentionOutput(int l, BatchLayout layout, BatchLayout asked, float* stream, float* normed, bool normalise, ForwardOptions? options, CancellationToken cancellation)
    {
        var width = Spec.HiddenSize;
        var layer = Spec.Layers[l];
        Visit(new Site(l, SitePoint.ResidPre), stream, layout, options);
        _vectorsInUse = 0;
        // Where nobody looks on, the layer before has done this already, while the rows were at hand.
        if (normalise || options is not null) Normalise(layer.PreAttention, stream, normed, layout.Rows);
        var branch = normed;
        if (layer.Parallel)
        {
            branch = _branch.Ensure((long)layout.Rows * width);
            Normalise(layer.PreMlp, layer.PreMlp is null ? normed : stream, branch, layout.Rows);
        }

        Clock?.Mark("norms and sums");
        if (layer.Attention.Delta is null) Attend(l, layout, asked, normed, options, cancellation);
        else _gatedDelta.Apply(l, layout, normed, options, cancellation);
        if (asked != layout)
        {
            if (layer.Attention.Delta is not null) Pick(asked.Source, normed, normed);
            Pick(asked.Source, stream, stream);
            if (layer.Parallel) Pick(asked.Source, branch, branch);
        }

        return branch;
    }

    /// <summary>What attention hands on, edited, onto the stream; the MLP's norm of the sum where the block is not parallel.</summary>
    private void AddAttention(int l, BatchLayout layout, float* stream, float* output, ForwardOptions? options)
    {
        var layer = Spec.Layers[l];
        Edit(l, ResidualWriter.Attention, layout, output);
        Visit(new ComponentSite(l, ComponentPoint.AttentionOutput), output, Spec.HiddenSize, layout, options);
        Residual(layer, layer.PostAttention, layer.PreMlp, stream, output, layer.Parallel ? null : output, layout, new Site(l, SitePoint.AttnOut), new Site(l, SitePoint.ResidMid), options);
        Clock?.Mark("norms and sums");
    }

    /// <summary>What the MLP hands on, in <paramref name="branch"/>.</summary>
    private void MlpOutput(int l, BatchLayout layout, float* stream, float* normed, float* branch, ForwardOptions? options, CancellationToken cancellation)
    {
        var layer = Spec.Layers[l];
        _vectorsInUse = 0;
        if (options is not null && !layer.Parallel) Normalise(layer.PreMlp, stream, normed, layout.Rows);
        FeedForward.Seen? seen = options is { ComponentHooks.Count: > 0 } ? (point, rows, width) => Visit(new ComponentSite(l, point), rows, width, layout, options) : null;
        _feedForward.Apply(layer.Mlp, branch, layout.Rows, seen, cancellation);
    }

    /// <summary>What the MLP hands on, edited, onto the stream; the next norm of the sum in <paramref name="next"/> where that is wanted.</summary>
    private void AddMlp(int l, BatchLayout layout, float* stream, float* output, float* next, ForwardOptions? options)
    {
        var layer = Spec.Layers[l];
        Edit(l, ResidualWriter.Mlp, layout, output);
        Visit(new ComponentSite(l, ComponentPoint.MlpOutput), output, Spec.HiddenSize, layout, options);
        Clock?.Mark("MLP: products and activation");
        var last = l + 1 == Spec.Layers.Length;
        Residual(layer, layer.PostMlp, last ? Spec.FinalNorm : Spec.Layers[l + 1].PreAttention, stream, output, next, layout, new Site(l, SitePoint.MlpOut), new Site(l, SitePoint.ResidPost), options);
    }

    /// <summary>to[i] ← from[rows[i]]; in place where the rows ascend.</summary>
    private void Pick(int[] rows, float* from, float* to)
    {
        var width = Spec.HiddenSize;
        for (var i = 0; i < rows.Length; i++)
            if (from != to || rows[i] != i) new ReadOnlySpan<float>(from + (long)rows[i] * width, width).CopyTo(new Span<float>(to + (long)i * width, width));
    }

    /// <summary>Logits of rows of the final norm's output, soft-capped where the model does.</summary>
    /// <param name="hidden">(rows, d).</param>
    /// <param name="rows">Rows.</param>
    /// <param name="logits">(rows, vocabulary).</param>
    internal void Head(float* hidden, int rows, float* logits)
    {
        _vectorsInUse = 0;
        Multiply(Spec.Head, hidden, Spec.HiddenSize, rows, logits, Spec.VocabularySize);
        if (Spec.LogitScale == 1 && Spec.FinalLogitSoftcap is null) return;
        var width = Spec.VocabularySize;
        Team.Run(rows, (row, _) => Activations.Logits(logits + (long)row * width, width, Spec.LogitScale, Spec.FinalLogitSoftcap));
    }

    /// <summary>The head on rows of the final norm's output, for whoever uses up its logits as they come.</summary>
    /// <param name="hidden">(rows, d).</param>
    /// <param name="rows">Rows.</param>
    internal HeadSide HeadSide(float* hidden, int rows)
    {
        _vectorsInUse = 0;
        return new HeadSide(Job(Spec.Head, hidden, Spec.HiddenSize, rows, null, 0), Spec.LogitScale, Spec.FinalLogitSoftcap);
    }

    /// <summary>y = W x + b for every row.</summary>
    internal void Multiply(LinearSpec linear, float* x, long xStride, int rows, float* y, long yStride) => MatrixProduct.Multiply(Team, Job(linear, x, xStride, rows, y, yStride));

    /// <summary>A product to be computed, alone or together with others.</summary>
    internal ProductJob Job(LinearSpec linear, float* x, long xStride, int rows, float* y, long yStride)
    {
        var weights = new WeightMatrix(_weights(linear.Weight), linear.Outputs, linear.Inputs, linear.Transposed, linear.FirstOutput, linear.FirstInput);
        var bias = linear.Bias is null ? null : Vector(linear.Bias, linear.FirstBias ?? linear.FirstOutput, linear.Outputs);
        return ProductJob.Of(x, xStride, rows, weights, _panels.Find(weights), bias, y, yStride);
    }

    /// <summary>Adds the products of a map: one, or one for each of its blocks.</summary>
    /// <param name="jobs">Where to.</param>
    /// <param name="linear">The map.</param>
    /// <param name="x">(rows, xStride).</param>
    /// <param name="xStride">Floats between rows of x.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="y">(rows, yStride).</param>
    /// <param name="yStride">Floats between rows of y.</param>
    /// <param name="blockTo">Floats between blocks in y; 0 where they stand side by side.</param>
    internal void AddJobs(List<ProductJob> jobs, LinearSpec linear, float* x, long xStride, int rows, float* y, long yStride, int blockTo = 0)
    {
        if (linear.Block == 0)
        {
            jobs.Add(Job(linear, x, xStride, rows, y, yStride));
            return;
        }

        for (var b = 0; b < linear.Outputs / linear.Block; b++)
        {
            var first = b * linear.BlockStride;
            var part = linear with { Outputs = linear.Block, FirstOutput = linear.FirstOutput + first, FirstBias = linear.FirstBias + first, Block = 0, BlockStride = 0 };
            jobs.Add(Job(part, x, xStride, rows, y + b * (blockTo > 0 ? blockTo : linear.Block), yStride));
        }
    }

    /// <summary>Runs <paramref name="body"/>(first row, row after the last) over all rows, in parts of a few thousand floats.</summary>
    internal void Rows(int rows, int width, Action<int, int> body)
    {
        var part = Math.Max(1, ElementFloats / Math.Max(1, width));
        Team.Run((rows + part - 1) / part, (task, _) => body(task * part, Math.Min(rows, (task + 1) * part)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_transient, _stream, _normed, _queries, _keys, _values, _mixed, _gates, _queryLatent, _keyLatent, _branch, _picked, _whole, .. _vectors]) buffer.Dispose();
        _feedForward.Dispose();
        _gatedDelta.Dispose();
    }

    private void Embed(BatchLayout layout, float* stream, float* learned)
    {
        var width = Spec.HiddenSize;
        var table = new WeightMatrix(_weights(Spec.Embedding), Spec.VocabularySize, width, false, 0);
        var scale = Spec.EmbeddingScale;
        var positions = Spec.PositionEmbedding is null ? default : new WeightMatrix(_weights(Spec.PositionEmbedding), Spec.MaxPositions, width, false, 0);
        Rows(layout.Rows, width, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                var to = new Span<float>(stream + (long)row * width, width);
                table.ReadRow(layout.Tokens[row], width, stream + (long)row * width);
                if (scale != 1) TensorPrimitives.Multiply(to, scale, to);
                if (Spec.PositionEmbedding is null) continue;
                positions.ReadRow(layout.Positions[row], width, learned + (long)row * width);
                TensorPrimitives.Add(to, new ReadOnlySpan<float>(learned + (long)row * width, width), to);
            }
        });
        Edit(-1, ResidualWriter.Embedding, layout, stream);
    }

    /// <summary>Applies the segments' own edits to what a writer hands on, (rows, d).</summary>
    private void Edit(int layer, ResidualWriter writer, BatchLayout layout, float* output)
    {
        if (!layout.IsEdited) return;
        var width = Spec.HiddenSize;
        Rows(layout.Rows, width, (from, end) =>
        {
            for (var row = from; row < end; row++)
                layout.Segments[layout.SegmentOf[row]].Edits?.Apply(layer, writer, new Span<float>(output + (long)row * width, width));
        });
    }

    /// <summary>Attention of one layer: normed (rows, d) in, its output before a post-norm out, in the same buffer, of those rows that are asked for.</summary>
    private void Attend(int index, BatchLayout layout, BatchLayout asked, float* normed, ForwardOptions? options, CancellationToken cancellation)
    {
        var spec = Spec.Layers[index].Attention;
        var (heads, kvHeads, keySize, valueSize) = (spec.Heads, spec.KeyValueHeads, spec.HeadSize, spec.ValueSize);
        var (queryWidth, keyWidth, valueWidth, mixedWidth) = (heads * keySize, kvHeads * keySize, kvHeads * valueSize, heads * valueSize);
        var queries = _queries.Ensure((long)layout.Rows * queryWidth);
        var keys = _keys.Ensure((long)layout.Rows * keyWidth);
        var values = _values.Ensure((long)layout.Rows * valueWidth);
        var mixed = _mixed.Ensure((long)layout.Rows * mixedWidth);
        var gates = spec.Gate is null ? null : _gates.Ensure((long)asked.Rows * mixedWidth);
        float* querySource = normed, keySource = normed;
        var (querySourceWidth, keySourceWidth) = (Spec.HiddenSize, Spec.HiddenSize);
        if (spec.Latent is { } latent) Narrow(latent, normed, layout.Rows, ref querySource, ref querySourceWidth, out keySource, out keySourceWidth);
        var gateSource = normed;
        if (asked != layout)
        {
            // The query's and the gate's rows, each as wide as where they come from.
            var picked = _picked.Ensure((long)asked.Rows * (querySourceWidth + Spec.HiddenSize));
            for (var i = 0; i < asked.Rows; i++)
            {
                new ReadOnlySpan<float>(querySource + (long)asked.Source[i] * querySourceWidth, querySourceWidth).CopyTo(new Span<float>(picked + (long)i * querySourceWidth, querySourceWidth));
                if (gates is not null)
                    new ReadOnlySpan<float>(normed + (long)asked.Source[i] * Spec.HiddenSize, Spec.HiddenSize).CopyTo(new Span<float>(picked + (long)asked.Rows * querySourceWidth + (long)i * Spec.HiddenSize, Spec.HiddenSize));
            }

            querySource = picked;
            gateSource = picked + (long)asked.Rows * querySourceWidth;
        }

        var jobs = new List<ProductJob>();
        AddJobs(jobs, spec.Query, querySource, querySourceWidth, asked.Rows, queries, queryWidth);
        AddJobs(jobs, spec.Key, keySource, keySourceWidth, layout.Rows, keys, keyWidth, spec.Latent is null ? 0 : keySize);
        AddJobs(jobs, spec.Value, keySource, keySourceWidth, layout.Rows, values, valueWidth);
        if (spec.Gate is { } gate) AddJobs(jobs, gate, gateSource, Spec.HiddenSize, asked.Rows, gates, mixedWidth);
        MatrixProduct.Multiply(Team, [.. jobs]);
        Clock?.Mark("attention: products");
        cancellation.ThrowIfCancellationRequested();
        var pages = Pages(index, layout);
        var across = spec.NormAcrossHeads;
        var (queryNormWidth, keyNormWidth) = across ? (queryWidth, keyWidth) : (keySize, keySize);
        float* queryGain = Gain(spec.QueryNorm, queryNormWidth), queryBias = Bias(spec.QueryNorm, queryNormWidth);
        float* keyGain = Gain(spec.KeyNorm, keyNormWidth), keyBias = Bias(spec.KeyNorm, keyNormWidth);
        var rotations = Rotations(spec, layout);
        var shared = spec.Latent?.SharedKey ?? 0;
        var kv = _layouts[index];
        Rows(layout.Rows, queryWidth + keyWidth + valueWidth, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                if (row < asked.Rows)
                {
                    var q = queries + (long)row * queryWidth;
                    Normalise(spec.QueryNorm, q, q, queryWidth, queryNormWidth, queryGain, queryBias);
                    for (var h = 0; h < heads; h++) Rotate(spec.Rope, q + h * keySize, rotations[asked.SegmentOf[row]], asked.Positions[row]);
                }

                var k = keys + (long)row * keyWidth;
                var v = values + (long)row * valueWidth;
                var position = layout.Positions[row];
                var segment = layout.SegmentOf[row];
                var page = (float*)pages[segment][position / KeyValueLayout.Positions];
                if (shared > 0)
                {
                    var tail = new ReadOnlySpan<float>(keySource + (long)row * keySourceWidth + keySourceWidth - shared, shared);
                    for (var h = 0; h < kvHeads; h++) tail.CopyTo(new Span<float>(k + (h + 1) * keySize - shared, shared));
                }

                Normalise(spec.KeyNorm, k, k, keyWidth, keyNormWidth, keyGain, keyBias);
                for (var h = 0; h < kvHeads; h++)
                {
                    Rotate(spec.Rope, k + h * keySize, rotations[segment], position);
                    kv.Write(page, h, position, k + h * keySize, v + h * valueSize);
                }
            }
        });
        // What a sequence's first page has in common with the sequence it continues.
        foreach (var level in layout.Levels)
        {
            Team.Run(level.Length, (i, _) =>
            {
                var (start, page) = (layout.StartOf(level[i]) % KeyValueLayout.Positions, layout.StartOf(level[i]) / KeyValueLayout.Positions);
                if (start == 0 || page >= pages[level[i]].Length) return;
                nint from = pages[layout.Segments[level[i]].Parent][page], to = pages[level[i]][page];
                if (from != to) kv.Copy((float*)from, (float*)to, start);
            });
        }

        Clock?.Mark("rotation and cache");
        cancellation.ThrowIfCancellationRequested();

        var group = heads / kvHeads;
        var sinks = spec.Sinks is null ? null : Vector(spec.Sinks, 0, heads);
        var tasks = asked.Tasks(Math.Max(1, QueryRows / group));
        Team.Run(tasks.Count * kvHeads, (task, worker) =>
        {
            var (head, (first, count)) = (task % kvHeads, tasks[task / kvHeads]);
            var row = (long)first;
            AttentionKernel.Compute(spec, kv, new AttentionTask(pages[asked.SegmentOf[first]], head, (nint)(queries + row * queryWidth + head * group * keySize), queryWidth,
                (nint)(mixed + row * mixedWidth + head * group * valueSize), mixedWidth, asked.Positions[first], count, sinks is null ? 0 : (nint)(sinks + head * group)),
                Team.Scratch(worker, AttentionKernel.ScratchFloats(kv)), ProductTiles.Best);
        });
        Clock?.Mark("attention");
        cancellation.ThrowIfCancellationRequested();
        if (gates is not null)
        {
            Rows(asked.Rows, mixedWidth, (from, end) =>
            {
                for (var row = from; row < end; row++) Activations.SigmoidGate(mixed + (long)row * mixedWidth, gates + (long)row * mixedWidth, mixedWidth);
            });
        }

        Visit(new ComponentSite(index, ComponentPoint.AttentionHeads), mixed, mixedWidth, asked, options);
        Multiply(spec.Output, mixed, mixedWidth, asked.Rows, normed, Spec.HiddenSize);
        Clock?.Mark("attention: products");
    }

    /// <summary>Pages of every segment in one layer, room for its new tokens included.</summary>
    private nint[][] Pages(int index, BatchLayout layout)
    {
        var size = _layouts[index].PageFloats;
        var borrowed = 0L;
        for (var s = 0; s < layout.Segments.Count; s++)
            if (layout.Segments[s].Cache is null) borrowed += KeyValueLayout.Pages(layout.LengthOf(s)) - layout.StartOf(s) / KeyValueLayout.Positions;
        var memory = _transient.Ensure(Math.Max(1, borrowed * size));
        var pages = new nint[layout.Segments.Count][];
        var at = 0L;
        for (var s = 0; s < pages.Length; s++)
        {
            var segment = layout.Segments[s];
            if (segment.Cache is { } cache)
            {
                cache.Reserve(cache.Length + segment.Tokens.Length);
                pages[s] = cache.Layer(index);
                continue;
            }

            // A sequence that is not continued borrows one layer's room and hands it on to the next layer.
            pages[s] = new nint[KeyValueLayout.Pages(layout.LengthOf(s))];
            for (var p = 0; p < pages[s].Length; p++)
            {
                // Full pages of the sequence that it continues are that sequence's.
                var own = (layout.StartOf(s) + (layout.IsHeir(s) ? KeyValueLayout.Positions - 1 : 0)) / KeyValueLayout.Positions;
                if (p < own) pages[s][p] = pages[segment.Parent][p];
                else pages[s][p] = (nint)(memory + at++ * size);
            }
        }

        return pages;
    }

    /// <summary>The narrow vectors that latent attention reads.</summary>
    private void Narrow(LatentSpec latent, float* normed, int rows, ref float* query, ref int queryWidth, out float* key, out int keyWidth)
    {
        var jobs = new List<ProductJob>();
        if (latent.QueryDown is { } down)
        {
            queryWidth = down.Outputs;
            query = _queryLatent.Ensure((long)rows * queryWidth);
            AddJobs(jobs, down, normed, Spec.HiddenSize, rows, query, queryWidth);
        }

        keyWidth = latent.KeyValueDown.Outputs;
        key = _keyLatent.Ensure((long)rows * keyWidth);
        AddJobs(jobs, latent.KeyValueDown, normed, Spec.HiddenSize, rows, key, keyWidth);
        MatrixProduct.Multiply(Team, [.. jobs]);
        float* q = query, k = key;
        var (qWidth, kWidth) = (queryWidth, keyWidth);
        var queryGain = Gain(latent.QueryNorm, queryWidth);
        var keyGain = Gain(latent.KeyValueNorm, latent.Rank);
        Rows(rows, queryWidth + keyWidth, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                if (latent.QueryNorm is { } norm) Normalise(norm, q + (long)row * qWidth, q + (long)row * qWidth, qWidth, queryGain, null);
                Normalise(latent.KeyValueNorm, k + (long)row * kWidth, k + (long)row * kWidth, latent.Rank, keyGain, null);
            }
        });
    }

    /// <summary>Cosines and sines for each segment.</summary>
    private (float[] Cosines, float[] Sines, int Half)[] Rotations(AttentionSpec spec, BatchLayout layout)
    {
        var rotations = new (float[], float[], int)[layout.Segments.Count];
        if (spec.Rope is not { } rope) return rotations;
        for (var s = 0; s < rotations.Length; s++)
        {
            var key = (rope, spec.HeadSize, rope.RegimeOf(layout.LengthOf(s)));
            if (!_rotary.TryGetValue(key, out var table)) _rotary[key] = table = new RotaryTable(rope, spec.HeadSize, key.Item3);
            var (cosines, sines) = table.Upto(layout.LengthOf(s));
            rotations[s] = (cosines, sines, table.Half);
        }

        return rotations;
    }

    private static void Rotate(RopeSpec? rope, float* head, in (float[] Cosines, float[] Sines, int Half) table, int position)
    {
        if (rope is null) return;
        var cosines = table.Cosines.AsSpan(position * table.Half, table.Half);
        var sines = table.Sines.AsSpan(position * table.Half, table.Half);
        if (rope.Interleaved) RotaryTable.RotateNeighbours(head + rope.First, cosines, sines);
        else RotaryTable.Rotate(head + rope.First, cosines, sines);
    }

    /// <summary>A norm of each part of a row.</summary>
    private static void Normalise(NormSpec? norm, float* x, float* y, int width, int part, float* gain, float* bias)
    {
        if (norm is null) return;
        for (var i = 0; i < width; i += part) Normalisation.Row(norm.Kind, x + i, y + i, part, gain, bias, norm.Epsilon);
    }

    internal float* Gain(NormSpec? norm, int width) => norm is null ? null : Vector(norm.Weight, 0, width);

    private void Normalise(NormSpec? norm, float* x, float* y, int rows)
    {
        var width = Spec.HiddenSize;
        var gain = Gain(norm, width);
        var bias = Bias(norm, width);
        Rows(rows, width, (from, end) =>
        {
            for (var row = from; row < end; row++) Normalise(norm, x + (long)row * width, y + (long)row * width, width, gain, bias);
        });
    }

    private float* Bias(NormSpec? norm, int width) => norm?.Bias is null ? null : Vector(norm.Bias, 0, width);

    private static void Normalise(NormSpec? norm, float* x, float* y, int width, float* gain, float* bias)
    {
        if (norm is not null) Normalisation.Row(norm.Kind, x, y, width, gain, bias, norm.Epsilon);
        else if (x != y) new ReadOnlySpan<float>(x, width).CopyTo(new Span<float>(y, width));
    }

    /// <summary>The end of a sub-layer: its output is normed where the block does so and added to the stream; where nobody looks on, the next norm is done too while the rows are at hand.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="post">On the sub-layer's output.</param>
    /// <param name="next">What comes after the sum.</param>
    /// <param name="stream">(rows, d).</param>
    /// <param name="x">(rows, d): the sub-layer's output.</param>
    /// <param name="y">(rows, d): the next norm's output; null where nothing reads the sum.</param>
    /// <param name="layout">The batch.</param>
    /// <param name="output">Site of the sub-layer's output.</param>
    /// <param name="after">Site of the stream after the sum.</param>
    /// <param name="options">Who looks on.</param>
    private void Residual(LayerSpec layer, NormSpec? post, NormSpec? next, float* stream, float* x, float* y, BatchLayout layout, Site output, Site after, ForwardOptions? options)
    {
        var (width, rows, scale) = (Spec.HiddenSize, layout.Rows, layer.ResidualScale);
        var rounds = RoundsStream && after.Point == SitePoint.ResidPost;
        if (options is not null)
        {
            Normalise(post, x, x, rows);
            if (scale != 1) Rows(rows, width, (from, end) => Scale(x, from, end, width, scale));
            Visit(output, x, layout, options);
            Rows(rows, width, (from, end) =>
            {
                Add(stream, x, from, end, width);
                if (rounds) BFloat16Rounding.Round(stream + (long)from * width, (long)(end - from) * width);
            });
            Visit(after, stream, layout, options);
            return;
        }

        var postGain = Gain(post, width);
        var postBias = Bias(post, width);
        var nextGain = Gain(next, width);
        var nextBias = Bias(next, width);
        Rows(rows, width, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                var at = (long)row * width;
                Normalise(post, x + at, x + at, width, postGain, postBias);
                if (scale != 1) Scale(x, row, row + 1, width, scale);
                Add(stream, x, row, row + 1, width);
                if (rounds) BFloat16Rounding.Round(stream + at, width);
                if (y is not null) Normalise(next, stream + at, y + at, width, nextGain, nextBias);
            }
        });
    }

    private static void Add(float* stream, float* x, int from, int end, int width)
    {
        var to = new Span<float>(stream + (long)from * width, (end - from) * width);
        TensorPrimitives.Add(to, new ReadOnlySpan<float>(x + (long)from * width, (end - from) * width), to);
    }

    private static void Scale(float* x, int from, int end, int width, float factor)
    {
        var rows = new Span<float>(x + (long)from * width, (end - from) * width);
        TensorPrimitives.Multiply(rows, factor, rows);
    }

    /// <summary>Part of a stored vector as float32, valid until the sub-layer ends.</summary>
    internal float* Vector(string name, int first, int count)
    {
        if (_vectorsInUse == _vectors.Count) _vectors.Add(new FloatBuffer());
        var data = _vectors[_vectorsInUse++].Ensure(count);
        _weights(name).Read(first, new Span<float>(data, count));
        return data;
    }

    /// <summary>Shows what is at a place inside a sub-layer, (rows, width).</summary>
    internal static void Visit(ComponentSite site, float* rows, int width, BatchLayout layout, ForwardOptions? options)
    {
        if (options is null) return;
        foreach (var (at, hook) in options.ComponentHooks)
            if (at == site) hook(site, new Span<float>(rows, checked(layout.Rows * width)), width, layout.FirstOfBatch);
    }

    private void Visit(Site site, float* rows, BatchLayout layout, ForwardOptions? options)
    {
        if (options is null) return;
        var width = Spec.HiddenSize;
        var span = new Span<float>(rows, checked(layout.Rows * width));
        foreach (var (at, hook) in options.Hooks)
            if (at == site) hook(site, span, width, layout.FirstOfBatch);
        if (options.Capture is not { } capture || !capture.Wants(site)) return;
        if (layout.RowsAsked == layout.Rows)
        {
            capture.Store(site, span, layout.FirstOfBatch * width, Math.Max(layout.RowsOfBatch, layout.Rows) * width);
            return;
        }

        var asked = new List<float>(layout.RowsAsked * width);
        foreach (var (row, count) in layout.Asked) asked.AddRange(span.Slice(row * width, count * width));
        capture.Store(site, [.. asked], 0, asked.Count);
    }
}
