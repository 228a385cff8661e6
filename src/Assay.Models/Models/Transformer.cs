using Assay.Checkpoints;
using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>The forward pass of a decoder-only transformer, driven by a <see cref="TransformerSpec"/>; float32 arithmetic on mapped weights.</summary>
/// <remarks>Sequences of different lengths stand row-wise one after another, without padding. Layer by layer over the whole batch: private
/// memory is the batch's activations and one panel of weights a thread, whatever the size of the model. The instance keeps its work buffers:
/// one forward pass at a time.</remarks>
public sealed unsafe class Transformer : IDisposable
{
    private const int ElementRows = 8; // Rows of one task in element-wise work.
    private const int QueryRows = 32; // Queries of one task in attention; a multiple of the kernel's eight.
    private readonly Func<string, Tensor> _weights;
    private readonly Dictionary<(RopeSpec, int), RotaryTable> _rotary = [];
    private readonly List<KeyValueBlock> _transient = [];
    private readonly FloatBuffer _stream = new(); // (rows, d): the residual stream.
    private readonly FloatBuffer _normed = new(); // (rows, d).
    private readonly FloatBuffer _queries = new(); // (rows, heads × head size).
    private readonly FloatBuffer _keys = new(); // (rows, kv heads × head size).
    private readonly FloatBuffer _values = new(); // (rows, kv heads × head size).
    private readonly FloatBuffer _mixed = new(); // (rows, heads × head size): attention before its output matrix.
    private readonly FloatBuffer _gain = new();
    private readonly FloatBuffer _bias = new();
    private readonly FeedForward _feedForward;

    /// <summary>Binds a spec to its tensors.</summary>
    /// <param name="spec">What to compute.</param>
    /// <param name="weights">The stored tensor that serves a name of the spec.</param>
    /// <param name="team">Threads.</param>
    public Transformer(TransformerSpec spec, Func<string, Tensor> weights, WorkTeam team)
    {
        Spec = spec;
        Team = team;
        _weights = weights;
        _feedForward = new FeedForward(this);
    }

    /// <summary>What is computed.</summary>
    public TransformerSpec Spec { get; }

    /// <summary>Threads that compute it.</summary>
    public WorkTeam Team { get; }

    /// <summary>Bytes of activations that one row of a batch takes, keys and values of one layer included.</summary>
    public static long BytesPerRow(TransformerSpec spec)
    {
        long most = 0;
        foreach (var layer in spec.Layers)
        {
            var a = layer.Attention;
            most = Math.Max(most, 2L * a.Heads * a.HeadSize + 4L * a.KeyValueHeads * a.HeadSize + FeedForward.FloatsPerRow(layer.Mlp, spec.HiddenSize));
        }

        return (most + 4L * spec.HiddenSize) * sizeof(float);
    }

    /// <summary>Runs a batch. Caches of its segments grow by the segments' tokens.</summary>
    /// <param name="segments">The batch.</param>
    /// <param name="final">Filled with (rows, d): the residual stream after the final norm, all segments' tokens in order.</param>
    /// <param name="options">Captures and hooks; null for none.</param>
    /// <param name="cancellation">Looked at several times in every layer.</param>
    /// <exception cref="InvalidInputException">A token id outside the vocabulary, a position outside the cache or the learned positions.</exception>
    internal void Forward(IReadOnlyList<Segment> segments, FloatBuffer final, ForwardOptions? options, CancellationToken cancellation)
    {
        var layout = new BatchLayout(segments, Spec);
        var width = Spec.HiddenSize;
        final.Ensure(Math.Max(1, (long)layout.Rows * width));
        if (layout.Rows == 0) return;
        var stream = _stream.Ensure((long)layout.Rows * width);
        Embed(layout, stream);
        for (var l = 0; l < Spec.Layers.Length; l++)
        {
            var layer = Spec.Layers[l];
            Visit(new Site(l, SitePoint.ResidPre), stream, layout.Rows, options);
            var normed = _normed.Ensure((long)layout.Rows * width);
            Normalise(layer.PreAttention, stream, normed, layout.Rows);
            Attend(l, layout, normed, cancellation);
            Normalise(layer.PostAttention, normed, normed, layout.Rows);
            Visit(new Site(l, SitePoint.AttnOut), normed, layout.Rows, options);
            Add(stream, normed, layout.Rows);
            Visit(new Site(l, SitePoint.ResidMid), stream, layout.Rows, options);
            cancellation.ThrowIfCancellationRequested();
            Normalise(layer.PreMlp, stream, normed, layout.Rows);
            _feedForward.Apply(layer.Mlp, normed, layout.Rows, cancellation);
            Normalise(layer.PostMlp, normed, normed, layout.Rows);
            Visit(new Site(l, SitePoint.MlpOut), normed, layout.Rows, options);
            Add(stream, normed, layout.Rows);
            Visit(new Site(l, SitePoint.ResidPost), stream, layout.Rows, options);
            cancellation.ThrowIfCancellationRequested();
        }

        Normalise(Spec.FinalNorm, stream, final.Data, layout.Rows);
        foreach (var segment in segments)
            if (segment.Cache is { } cache) cache.Length += segment.Tokens.Length;
    }

    /// <summary>Logits of rows of the final norm's output, soft-capped where the model does.</summary>
    /// <param name="hidden">(rows, d).</param>
    /// <param name="rows">Rows.</param>
    /// <param name="logits">(rows, vocabulary).</param>
    internal void Head(float* hidden, int rows, float* logits)
    {
        Multiply(Spec.Head, hidden, Spec.HiddenSize, rows, logits, Spec.VocabularySize);
        if (Spec.FinalLogitSoftcap is not { } cap) return;
        var width = Spec.VocabularySize;
        Team.Run(rows, (row, _) => Activations.Softcap(logits + (long)row * width, width, cap));
    }

    /// <summary>y = W x + b for every row.</summary>
    internal void Multiply(LinearSpec linear, float* x, long xStride, int rows, float* y, long yStride)
    {
        var weights = new WeightMatrix(_weights(linear.Weight), linear.Outputs, linear.Inputs, linear.Transposed, linear.FirstOutput);
        var bias = linear.Bias is null ? null : Vector(linear.Bias, linear.FirstOutput, linear.Outputs, _bias);
        MatrixProduct.Multiply(Team, x, xStride, rows, weights, bias, y, yStride);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _transient) block.Dispose();
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_stream, _normed, _queries, _keys, _values, _mixed, _gain, _bias]) buffer.Dispose();
        _feedForward.Dispose();
    }

    private void Embed(BatchLayout layout, float* stream)
    {
        var width = Spec.HiddenSize;
        var table = new WeightMatrix(_weights(Spec.Embedding), Spec.VocabularySize, width, false, 0);
        var scale = Spec.EmbeddingScale;
        for (var row = 0; row < layout.Rows; row++)
        {
            var to = stream + (long)row * width;
            table.ReadRow(layout.Tokens[row], width, to);
            if (scale != 1)
                for (var i = 0; i < width; i++) to[i] *= scale;
        }

        if (Spec.PositionEmbedding is null) return;
        var positions = new WeightMatrix(_weights(Spec.PositionEmbedding), Spec.MaxPositions, width, false, 0);
        var learned = _normed.Ensure(Math.Max((long)layout.Rows * width, width));
        for (var row = 0; row < layout.Rows; row++)
        {
            positions.ReadRow(layout.Positions[row], width, learned);
            var to = stream + (long)row * width;
            for (var i = 0; i < width; i++) to[i] += learned[i];
        }
    }

    /// <summary>Attention of one layer: normed (rows, d) in, its output before a post-norm out, in the same buffer.</summary>
    private void Attend(int index, BatchLayout layout, float* normed, CancellationToken cancellation)
    {
        var spec = Spec.Layers[index].Attention;
        var (size, heads, kvHeads) = (spec.HeadSize, spec.Heads, spec.KeyValueHeads);
        var (queryWidth, keyWidth) = (heads * size, kvHeads * size);
        var queries = _queries.Ensure((long)layout.Rows * queryWidth);
        var keys = _keys.Ensure((long)layout.Rows * keyWidth);
        var values = _values.Ensure((long)layout.Rows * keyWidth);
        var mixed = _mixed.Ensure((long)layout.Rows * queryWidth);
        Multiply(spec.Query, normed, Spec.HiddenSize, layout.Rows, queries, queryWidth);
        Multiply(spec.Key, normed, Spec.HiddenSize, layout.Rows, keys, keyWidth);
        Multiply(spec.Value, normed, Spec.HiddenSize, layout.Rows, values, keyWidth);
        cancellation.ThrowIfCancellationRequested();
        NormaliseHeads(spec.QueryNorm, queries, layout.Rows * heads, size);
        NormaliseHeads(spec.KeyNorm, keys, layout.Rows * kvHeads, size);
        if (spec.Rope is { } rope) Rotate(rope, size, layout, queries, heads, keys, kvHeads);

        var blocks = new KeyValueBlock[layout.Segments.Count];
        for (int s = 0, spare = 0; s < blocks.Length; s++)
        {
            if (layout.Segments[s].Cache is { } cache)
            {
                blocks[s] = cache.Layer(index);
                continue;
            }

            // A sequence that is not continued borrows one layer's room and hands it on to the next layer.
            if (spare == _transient.Count) _transient.Add(new KeyValueBlock());
            blocks[s] = _transient[spare++];
            blocks[s].Ensure(kvHeads, size, layout.Segments[s].Tokens.Length);
        }

        Team.Run(blocks.Length * kvHeads, (task, _) =>
        {
            var (s, head) = (task / kvHeads, task % kvHeads);
            var start = layout.FirstRow[s];
            for (var row = start; row < start + layout.Segments[s].Tokens.Length; row++)
                blocks[s].Write(head, layout.Positions[row], keys + (long)row * keyWidth + head * size, values + (long)row * keyWidth + head * size);
        });
        cancellation.ThrowIfCancellationRequested();

        var tasks = layout.Tasks(QueryRows);
        var group = heads / kvHeads;
        Team.Run(tasks.Count * heads, (task, worker) =>
        {
            var (head, (s, first, count)) = (task % heads, tasks[task / heads]);
            var scratch = Team.Scratch(worker, AttentionKernel.ScratchFloats(layout.Positions[layout.FirstRow[s]] + layout.Segments[s].Tokens.Length, size));
            // Blocks of eight are counted from the segment's start; the result does not depend on where they are cut.
            for (var q = first; q < first + count; q += AttentionKernel.Together)
            {
                var row = layout.FirstRow[s] + q;
                AttentionKernel.Compute(spec, queries + (long)row * queryWidth + head * size, queryWidth, layout.Positions[row], Math.Min(AttentionKernel.Together, first + count - q),
                    blocks[s].Keys(head / group), blocks[s].Values(head / group), mixed + (long)row * queryWidth + head * size, queryWidth, scratch);
            }
        });
        cancellation.ThrowIfCancellationRequested();
        Multiply(spec.Output, mixed, queryWidth, layout.Rows, normed, Spec.HiddenSize);
    }

    private void Rotate(RopeSpec rope, int size, BatchLayout layout, float* queries, int heads, float* keys, int kvHeads)
    {
        if (!_rotary.TryGetValue((rope, size), out var table)) _rotary[(rope, size)] = table = new RotaryTable(rope, size);
        var (cosines, sines) = table.Upto(layout.LongestPosition + 1);
        Rows(layout.Rows, row =>
        {
            var at = layout.Positions[row] * table.Half;
            var c = cosines.AsSpan(at, table.Half);
            var s = sines.AsSpan(at, table.Half);
            for (var h = 0; h < heads; h++) RotaryTable.Rotate(queries + ((long)row * heads + h) * size, c, s);
            for (var h = 0; h < kvHeads; h++) RotaryTable.Rotate(keys + ((long)row * kvHeads + h) * size, c, s);
        });
    }

    private void Normalise(NormSpec? norm, float* x, float* y, int rows) => Normalise(norm, x, y, rows, Spec.HiddenSize);

    private void NormaliseHeads(NormSpec? norm, float* x, int rows, int size) => Normalise(norm, x, x, rows, size);

    private void Normalise(NormSpec? norm, float* x, float* y, int rows, int width)
    {
        if (norm is null)
        {
            if (x != y) Buffer.MemoryCopy(x, y, (long)rows * width * sizeof(float), (long)rows * width * sizeof(float));
            return;
        }

        var gain = Vector(norm.Weight, 0, width, _gain);
        var bias = norm.Bias is null ? null : Vector(norm.Bias, 0, width, _bias);
        Rows(rows, row => Normalisation.Row(norm.Kind, x + (long)row * width, y + (long)row * width, width, gain, bias, norm.Epsilon));
    }

    private void Add(float* stream, float* addition, int rows)
    {
        var width = Spec.HiddenSize;
        Rows(rows, row =>
        {
            var to = stream + (long)row * width;
            var from = addition + (long)row * width;
            for (var i = 0; i < width; i++) to[i] += from[i];
        });
    }

    private void Rows(int rows, Action<int> body) => Team.Run((rows + ElementRows - 1) / ElementRows, (task, _) =>
    {
        for (var row = task * ElementRows; row < Math.Min(rows, (task + 1) * ElementRows); row++) body(row);
    });

    private float* Vector(string name, int first, int count, FloatBuffer buffer)
    {
        var data = buffer.Ensure(count);
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
