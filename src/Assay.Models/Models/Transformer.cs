using System.Numerics.Tensors;
using Assay.Checkpoints;
using Assay.Models.Kernels;
using Tensor = Assay.Checkpoints.Tensor;

namespace Assay.Models;

/// <summary>The forward pass of a decoder-only transformer, driven by a <see cref="TransformerSpec"/>; float32 arithmetic on mapped weights.</summary>
/// <remarks>Sequences of different lengths stand row-wise one after another, without padding. Layer by layer over the whole batch: private
/// memory is the batch's activations, what a thread packs at a time, and the panels that the cache keeps, whatever the size of the model. The instance keeps its work buffers:
/// one forward pass at a time.</remarks>
public sealed unsafe class Transformer : IDisposable
{
    private const int ElementFloats = 8192; // Of one task in element-wise work.
    private const int QueryRows = 168; // Rows of one task in attention, a query in each head of a group being one: a multiple of the tile's 14.
    private readonly Func<string, Tensor> _weights;
    private readonly PanelCache _panels;
    private readonly Dictionary<(RopeSpec, int), RotaryTable> _rotary = [];
    private readonly KeyValueLayout[] _layouts;
    private readonly FloatBuffer _transient = new(); // One layer's pages of the sequences that are not continued.
    private readonly FloatBuffer _stream = new(); // (rows, d): the residual stream.
    private readonly FloatBuffer _normed = new(); // (rows, d).
    private readonly FloatBuffer _queries = new(); // (rows, heads × head size).
    private readonly FloatBuffer _keys = new(); // (rows, kv heads × head size).
    private readonly FloatBuffer _values = new(); // (rows, kv heads × value size).
    private readonly FloatBuffer _mixed = new(); // (rows, heads × value size): attention before its output matrix.
    private readonly List<FloatBuffer> _vectors = []; // Gains, biases and sinks of the sub-layer at work.
    private readonly FeedForward _feedForward;
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
    }

    /// <summary>What is computed.</summary>
    public TransformerSpec Spec { get; }

    /// <summary>Threads that compute it.</summary>
    public WorkTeam Team { get; }

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
                + new KeyValueLayout(a).PageFloats / KeyValueLayout.Positions + FeedForward.FloatsPerRow(layer.Mlp, spec.HiddenSize));
        }

        return (most + 4L * spec.HiddenSize) * sizeof(float);
    }

    /// <summary>Runs a batch. Caches of its segments grow by the segments' tokens.</summary>
    /// <param name="segments">The batch.</param>
    /// <param name="final">Filled with (rows, d): the residual stream after the final norm, all segments' tokens in order.</param>
    /// <param name="options">Captures and hooks; null for none.</param>
    /// <param name="cancellation">Looked at several times in every layer.</param>
    /// <param name="shared">First layers that another model has in common with this one; null for none. The first of the two to come fills it, the second goes on from there.</param>
    /// <exception cref="InvalidInputException">A token id outside the vocabulary, a position outside the cache or the learned positions.</exception>
    internal void Forward(IReadOnlyList<Segment> segments, FloatBuffer final, ForwardOptions? options, CancellationToken cancellation, SharedLayers? shared = null)
    {
        var layout = new BatchLayout(segments, Spec);
        var width = Spec.HiddenSize;
        final.Ensure(Math.Max(1, (long)layout.Rows * width));
        if (layout.Rows == 0) return;
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
            var layer = Spec.Layers[l];
            if (shared is { Filled: false } && shared.Count == l) shared.Fill(stream, (long)layout.Rows * width);
            Visit(new Site(l, SitePoint.ResidPre), stream, layout.Rows, options);
            _vectorsInUse = 0;
            // Where nobody looks on, the layer before has done this already, while the rows were at hand.
            if (l == first || options is not null) Normalise(layer.PreAttention, stream, normed, layout.Rows);
            Clock?.Mark("norms and sums");
            Attend(l, layout, normed, cancellation);
            Residual(layer.PostAttention, layer.PreMlp, stream, normed, normed, layout.Rows, new Site(l, SitePoint.AttnOut), new Site(l, SitePoint.ResidMid), options);
            Clock?.Mark("norms and sums");
            cancellation.ThrowIfCancellationRequested();
            _vectorsInUse = 0;
            if (options is not null) Normalise(layer.PreMlp, stream, normed, layout.Rows);
            _feedForward.Apply(layer.Mlp, normed, layout.Rows, cancellation);
            Clock?.Mark("MLP: products and activation");
            var last = l + 1 == Spec.Layers.Length;
            Residual(layer.PostMlp, last ? Spec.FinalNorm : Spec.Layers[l + 1].PreAttention, stream, normed, last ? final.Data : normed, layout.Rows, new Site(l, SitePoint.MlpOut), new Site(l, SitePoint.ResidPost), options);
            cancellation.ThrowIfCancellationRequested();
        }

        if (shared is { Filled: false }) shared.Fill(stream, (long)layout.Rows * width);
        if (options is not null || first == Spec.Layers.Length) Normalise(Spec.FinalNorm, stream, final.Data, layout.Rows);
        foreach (var segment in segments)
            if (segment.Cache is { } cache) cache.Length += segment.Tokens.Length;
    }

    /// <summary>Logits of rows of the final norm's output, soft-capped where the model does.</summary>
    /// <param name="hidden">(rows, d).</param>
    /// <param name="rows">Rows.</param>
    /// <param name="logits">(rows, vocabulary).</param>
    internal void Head(float* hidden, int rows, float* logits)
    {
        _vectorsInUse = 0;
        Multiply(Spec.Head, hidden, Spec.HiddenSize, rows, logits, Spec.VocabularySize);
        if (Spec.FinalLogitSoftcap is not { } cap) return;
        var width = Spec.VocabularySize;
        Team.Run(rows, (row, _) => Activations.Softcap(logits + (long)row * width, width, cap));
    }

    /// <summary>The head on rows of the final norm's output, for whoever uses up its logits as they come.</summary>
    /// <param name="hidden">(rows, d).</param>
    /// <param name="rows">Rows.</param>
    internal HeadSide HeadSide(float* hidden, int rows)
    {
        _vectorsInUse = 0;
        return new HeadSide(Job(Spec.Head, hidden, Spec.HiddenSize, rows, null, 0), Spec.FinalLogitSoftcap);
    }

    /// <summary>y = W x + b for every row.</summary>
    internal void Multiply(LinearSpec linear, float* x, long xStride, int rows, float* y, long yStride) => MatrixProduct.Multiply(Team, Job(linear, x, xStride, rows, y, yStride));

    /// <summary>A product to be computed, alone or together with others.</summary>
    internal ProductJob Job(LinearSpec linear, float* x, long xStride, int rows, float* y, long yStride)
    {
        var weights = new WeightMatrix(_weights(linear.Weight), linear.Outputs, linear.Inputs, linear.Transposed, linear.FirstOutput);
        var bias = linear.Bias is null ? null : Vector(linear.Bias, linear.FirstOutput, linear.Outputs);
        return ProductJob.Of(x, xStride, rows, weights, _panels.Find(weights), bias, y, yStride);
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
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_transient, _stream, _normed, _queries, _keys, _values, _mixed, .. _vectors]) buffer.Dispose();
        _feedForward.Dispose();
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
    }

    /// <summary>Attention of one layer: normed (rows, d) in, its output before a post-norm out, in the same buffer.</summary>
    private void Attend(int index, BatchLayout layout, float* normed, CancellationToken cancellation)
    {
        var spec = Spec.Layers[index].Attention;
        var (heads, kvHeads, keySize, valueSize) = (spec.Heads, spec.KeyValueHeads, spec.HeadSize, spec.ValueSize);
        var (queryWidth, keyWidth, valueWidth, mixedWidth) = (heads * keySize, kvHeads * keySize, kvHeads * valueSize, heads * valueSize);
        var queries = _queries.Ensure((long)layout.Rows * queryWidth);
        var keys = _keys.Ensure((long)layout.Rows * keyWidth);
        var values = _values.Ensure((long)layout.Rows * valueWidth);
        var mixed = _mixed.Ensure((long)layout.Rows * mixedWidth);
        MatrixProduct.Multiply(Team,
        [
            Job(spec.Query, normed, Spec.HiddenSize, layout.Rows, queries, queryWidth),
            Job(spec.Key, normed, Spec.HiddenSize, layout.Rows, keys, keyWidth),
            Job(spec.Value, normed, Spec.HiddenSize, layout.Rows, values, valueWidth),
        ]);
        Clock?.Mark("attention: products");
        cancellation.ThrowIfCancellationRequested();
        var pages = Pages(index, layout);
        var queryGain = Gain(spec.QueryNorm, keySize);
        var keyGain = Gain(spec.KeyNorm, keySize);
        var table = spec.Rope is { } rope ? Rotary(rope, keySize) : null;
        var (cosines, sines) = table?.Upto(layout.LongestPosition + 1) ?? ([], []);
        var kv = _layouts[index];
        Rows(layout.Rows, queryWidth + keyWidth + valueWidth, (from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                var q = queries + (long)row * queryWidth;
                var k = keys + (long)row * keyWidth;
                var v = values + (long)row * valueWidth;
                var position = layout.Positions[row];
                for (var h = 0; h < heads; h++) Prepare(q + h * keySize, spec.QueryNorm, queryGain, keySize, table, cosines, sines, position);
                var page = (float*)pages[layout.SegmentOf[row]][position / KeyValueLayout.Positions];
                for (var h = 0; h < kvHeads; h++)
                {
                    Prepare(k + h * keySize, spec.KeyNorm, keyGain, keySize, table, cosines, sines, position);
                    kv.Write(page, h, position, k + h * keySize, v + h * valueSize);
                }
            }
        });
        Clock?.Mark("rotation and cache");
        cancellation.ThrowIfCancellationRequested();

        var group = heads / kvHeads;
        var sinks = spec.Sinks is null ? null : Vector(spec.Sinks, 0, heads);
        var tasks = layout.Tasks(Math.Max(1, QueryRows / group));
        Team.Run(tasks.Count * kvHeads, (task, worker) =>
        {
            var (head, (s, first, count)) = (task % kvHeads, tasks[task / kvHeads]);
            var row = (long)layout.FirstRow[s] + first;
            AttentionKernel.Compute(spec, kv, new AttentionTask(pages[s], head, (nint)(queries + row * queryWidth + head * group * keySize), queryWidth,
                (nint)(mixed + row * mixedWidth + head * group * valueSize), mixedWidth, layout.Positions[row], count, sinks is null ? 0 : (nint)(sinks + head * group)),
                Team.Scratch(worker, AttentionKernel.ScratchFloats(kv)), ProductTiles.Best);
        });
        Clock?.Mark("attention");
        cancellation.ThrowIfCancellationRequested();
        Multiply(spec.Output, mixed, mixedWidth, layout.Rows, normed, Spec.HiddenSize);
        Clock?.Mark("attention: products");
    }

    /// <summary>Pages of every segment in one layer, room for its new tokens included.</summary>
    private nint[][] Pages(int index, BatchLayout layout)
    {
        var size = _layouts[index].PageFloats;
        var borrowed = 0;
        foreach (var segment in layout.Segments)
            if (segment.Cache is null) borrowed += KeyValueLayout.Pages(segment.Tokens.Length);
        var memory = _transient.Ensure(Math.Max(1, borrowed * size));
        var pages = new nint[layout.Segments.Count][];
        var at = 0;
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
            pages[s] = new nint[KeyValueLayout.Pages(segment.Tokens.Length)];
            for (var p = 0; p < pages[s].Length; p++, at++) pages[s][p] = (nint)(memory + at * size);
        }

        return pages;
    }

    private RotaryTable Rotary(RopeSpec rope, int size)
    {
        if (!_rotary.TryGetValue((rope, size), out var table)) _rotary[(rope, size)] = table = new RotaryTable(rope, size);
        return table;
    }

    /// <summary>Norm and rotation of one head.</summary>
    private static void Prepare(float* head, NormSpec? norm, float* gain, int size, RotaryTable? table, float[] cosines, float[] sines, int position)
    {
        if (norm is not null) Normalisation.Row(norm.Kind, head, head, size, gain, null, norm.Epsilon);
        if (table is not null) RotaryTable.Rotate(head, cosines.AsSpan(position * table.Half, table.Half), sines.AsSpan(position * table.Half, table.Half));
    }

    private float* Gain(NormSpec? norm, int width) => norm is null ? null : Vector(norm.Weight, 0, width);

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
    /// <param name="post">On the sub-layer's output.</param>
    /// <param name="next">What comes after the sum.</param>
    /// <param name="stream">(rows, d).</param>
    /// <param name="x">(rows, d): the sub-layer's output.</param>
    /// <param name="y">(rows, d): the next norm's output.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="output">Site of the sub-layer's output.</param>
    /// <param name="after">Site of the stream after the sum.</param>
    /// <param name="options">Who looks on.</param>
    private void Residual(NormSpec? post, NormSpec? next, float* stream, float* x, float* y, int rows, Site output, Site after, ForwardOptions? options)
    {
        var width = Spec.HiddenSize;
        if (options is not null)
        {
            Normalise(post, x, x, rows);
            Visit(output, x, rows, options);
            Rows(rows, width, (from, end) => Add(stream, x, from, end, width));
            Visit(after, stream, rows, options);
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
                Add(stream, x, row, row + 1, width);
                Normalise(next, stream + at, y + at, width, nextGain, nextBias);
            }
        });
    }

    private static void Add(float* stream, float* x, int from, int end, int width)
    {
        var to = new Span<float>(stream + (long)from * width, (end - from) * width);
        TensorPrimitives.Add(to, new ReadOnlySpan<float>(x + (long)from * width, (end - from) * width), to);
    }

    /// <summary>Part of a stored vector as float32, valid until the sub-layer ends.</summary>
    private float* Vector(string name, int first, int count)
    {
        if (_vectorsInUse == _vectors.Count) _vectors.Add(new FloatBuffer());
        var data = _vectors[_vectorsInUse++].Ensure(count);
        _weights(name).Read(first, new Span<float>(data, count));
        return data;
    }

    private void Visit(Site site, float* rows, int count, ForwardOptions? options)
    {
        if (options is null) return;
        var span = new Span<float>(rows, checked(count * Spec.HiddenSize));
        foreach (var (at, hook) in options.Hooks)
            if (at == site) hook(site, span, Spec.HiddenSize);
        if (options.Capture is { } capture && capture.Wants(site)) capture.Store(site, span);
    }
}
