using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>The MLP of a block: dense, gated, or of routed experts.</summary>
internal sealed unsafe class FeedForward(Transformer transformer) : IDisposable
{
    private readonly FloatBuffer _up = new(); // (rows, width).
    private readonly FloatBuffer _gate = new(); // (rows, width).
    private readonly FloatBuffer _scores = new(); // (rows, experts).
    private readonly FloatBuffer _gathered = new(); // (rows × experts per token, d): rows by expert.
    private readonly FloatBuffer _pairs = new(); // (rows, 2 × width): gate and up as neighbours.
    private readonly FloatBuffer _shared = new(); // (rows, d): the shared expert's output.
    private readonly FloatBuffer _sharedGates = new(); // (rows,).

    /// <summary>Floats that one row takes in the buffers here.</summary>
    public static long FloatsPerRow(MlpSpec mlp, int hidden) => mlp switch
    {
        DenseMlpSpec dense => (IsInterleaved(dense) ? 4L : 2L) * dense.Up.Outputs,
        RoutedMlpSpec routed => routed.PerToken * (FloatsPerRow(routed.Experts[0], hidden) + hidden) + routed.Experts.Length + (routed.Shared is { } shared ? FloatsPerRow(shared, hidden) + hidden + 1 : 0),
        _ => throw new NotSupportedException(mlp.GetType().Name),
    };

    /// <summary>Sees what is inside an MLP, (rows, width), before it is used.</summary>
    public delegate void Seen(ComponentPoint point, float* rows, int width);

    /// <summary>x (rows, d) ← MLP(x), in place.</summary>
    public void Apply(MlpSpec mlp, float* x, int rows, Seen? seen, CancellationToken cancellation)
    {
        if (mlp is DenseMlpSpec dense) Dense(dense, x, rows, x, seen, cancellation);
        else Routed((RoutedMlpSpec)mlp, x, rows, seen, cancellation);
    }

    public void Dispose()
    {
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_up, _gate, _scores, _gathered, _pairs, _shared, _sharedGates]) buffer.Dispose();
    }

    private void Dense(DenseMlpSpec mlp, float* x, int rows, float* y, Seen? seen, CancellationToken cancellation)
    {
        var (hidden, width) = (transformer.Spec.HiddenSize, mlp.Up.Outputs);
        var active = Activate([(mlp, 0, rows)], x, rows);
        transformer.Clock?.Mark("MLP: products and activation");
        cancellation.ThrowIfCancellationRequested();
        seen?.Invoke(ComponentPoint.MlpNeurons, active, width);
        transformer.Multiply(mlp.Down, active, width, rows, y, hidden);
    }

    /// <summary>What goes into the last matrix, (rows, width), for MLPs of one shape that work on rows of their own.</summary>
    /// <param name="parts">Each MLP with its first row and their number.</param>
    /// <param name="x">(rows, d).</param>
    /// <param name="rows">Rows of all.</param>
    private float* Activate(ReadOnlySpan<(DenseMlpSpec Mlp, int First, int Count)> parts, float* x, int rows)
    {
        var any = parts[0].Mlp;
        var (hidden, width) = (transformer.Spec.HiddenSize, any.Up.Outputs);
        var up = _up.Ensure((long)rows * width);
        if (IsInterleaved(any))
        {
            // One product of both: column by column they would be many of one column each.
            var pairs = _pairs.Ensure(2L * rows * width);
            var both = new ProductJob[parts.Length];
            for (var i = 0; i < parts.Length; i++)
            {
                var (mlp, first, count) = parts[i];
                both[i] = transformer.Job(mlp.Gate! with { Outputs = 2 * width, Block = 0, BlockStride = 0 }, x + (long)first * hidden, hidden, count, pairs + 2L * first * width, 2L * width);
            }

            MatrixProduct.Multiply(transformer.Team, both);
            transformer.Rows(rows, 2 * width, (from, end) =>
            {
                for (var row = from; row < end; row++) Activations.ClampedSwiglu(pairs + 2L * row * width, up + (long)row * width, width, any.Gain, any.Limit);
            });
            return up;
        }

        var gate = any.Gate is null ? up : _gate.Ensure((long)rows * width);
        var (gates, ups) = (new ProductJob[parts.Length], new ProductJob[parts.Length]);
        for (var i = 0; i < parts.Length; i++)
        {
            var (mlp, first, count) = parts[i];
            ups[i] = transformer.Job(mlp.Up, x + (long)first * hidden, hidden, count, up + (long)first * width, width);
            gates[i] = mlp.Gate is null ? ups[i] : transformer.Job(mlp.Gate, x + (long)first * hidden, hidden, count, gate + (long)first * width, width);
            if (mlp.Gate is null) ups[i] = ups[i] with { Y = 0 };
        }

        MatrixProduct.MultiplyGated(transformer.Team, gates, ups, any.Activation);
        return gate;
    }

    /// <summary>Whether gate and up stand as neighbours in one tensor (GPT-OSS).</summary>
    private static bool IsInterleaved(DenseMlpSpec mlp)
    {
        var clamped = mlp.Activation == Activation.ClampedSwiglu;
        var neighbours = mlp.Gate is { Block: 1, BlockStride: 2 } gate && gate.Weight == mlp.Up.Weight && mlp.Up.FirstOutput == gate.FirstOutput + 1;
        if (clamped != neighbours) throw new NotSupportedException("The clamped activation is implemented for gate and up as neighbours, and these for it alone.");
        return neighbours;
    }

    /// <summary>The best experts by the router's scores (ties to the lower index), their outputs added in the order of the experts' indices, then the shared expert's.</summary>
    /// <remarks>transformers, Qwen3MoeSparseMoeBlock, Qwen2MoeSparseMoeBlock, GptOssMLP, DeepseekV3MoE. All experts' products are shared out together. A row's result depends on no other row.</remarks>
    private void Routed(RoutedMlpSpec mlp, float* x, int rows, Seen? seen, CancellationToken cancellation)
    {
        var (hidden, experts) = (transformer.Spec.HiddenSize, mlp.Experts.Length);
        var scores = _scores.Ensure((long)rows * experts);
        transformer.Multiply(mlp.Router, x, hidden, rows, scores, experts);
        var chosen = new int[rows * mlp.PerToken]; // (rows, per token).
        var weights = new float[rows * mlp.PerToken];
        var choiceBias = mlp.ChoiceBias is null ? [] : new ReadOnlySpan<float>(transformer.Vector(mlp.ChoiceBias, 0, experts), experts);
        for (var row = 0; row < rows; row++)
            Router.Choose(mlp, new ReadOnlySpan<float>(scores + (long)row * experts, experts), choiceBias, chosen.AsSpan(row * mlp.PerToken, mlp.PerToken), weights.AsSpan(row * mlp.PerToken, mlp.PerToken));

        if (seen is not null)
        {
            // The scores have been used: in their place the weights of all experts.
            new Span<float>(scores, rows * experts).Clear();
            for (var i = 0; i < chosen.Length; i++) scores[(long)(i / mlp.PerToken) * experts + chosen[i]] = weights[i];
            seen(ComponentPoint.ExpertWeights, scores, experts);
            for (var i = 0; i < chosen.Length; i++) weights[i] = scores[(long)(i / mlp.PerToken) * experts + chosen[i]];
        }

        float* shared = null, sharedGates = null;
        if (mlp.Shared is { } common)
        {
            shared = _shared.Ensure((long)rows * hidden);
            Dense(common, x, rows, shared, null, cancellation);
            if (mlp.SharedGate is { } sharedGate)
            {
                sharedGates = _sharedGates.Ensure(rows);
                transformer.Multiply(sharedGate, x, hidden, rows, sharedGates, 1);
            }
        }

        cancellation.ThrowIfCancellationRequested();
        // Rows by expert, each expert's in the order of the batch: (expert, row, weight).
        var (counts, first) = (new int[experts], new int[experts + 1]);
        foreach (var e in chosen) counts[e]++;
        for (var e = 0; e < experts; e++) first[e + 1] = first[e] + counts[e];
        var (place, next) = (new int[chosen.Length], first[..experts]);
        for (var i = 0; i < chosen.Length; i++) place[i] = next[chosen[i]]++;

        var width = mlp.Experts[0].Up.Outputs;
        var gathered = _gathered.Ensure((long)chosen.Length * hidden);
        transformer.Rows(chosen.Length, hidden, (from, end) =>
        {
            for (var i = from; i < end; i++) new ReadOnlySpan<float>(x + (long)(i / mlp.PerToken) * hidden, hidden).CopyTo(new Span<float>(gathered + (long)place[i] * hidden, hidden));
        });
        var used = Enumerable.Range(0, experts).Where(e => counts[e] > 0).ToArray();
        var active = Activate([.. used.Select(e => (mlp.Experts[e], first[e], counts[e]))], gathered, chosen.Length);
        cancellation.ThrowIfCancellationRequested();
        var results = gathered; // What the experts read is not needed any more.
        MatrixProduct.Multiply(transformer.Team, [.. used.Select(e => transformer.Job(mlp.Experts[e].Down, active + (long)first[e] * width, width, counts[e], results + (long)first[e] * hidden, hidden))]);
        transformer.Rows(rows, hidden * mlp.PerToken, (from, end) =>
        {
            Span<int> order = stackalloc int[mlp.PerToken];
            for (var row = from; row < end; row++)
            {
                var to = new Span<float>(x + (long)row * hidden, hidden);
                to.Clear();
                // In the order of the experts' indices.
                for (var c = 0; c < order.Length; c++) order[c] = row * mlp.PerToken + c;
                order.Sort((a, b) => chosen[a].CompareTo(chosen[b]));
                foreach (var i in order)
                {
                    var result = new ReadOnlySpan<float>(results + (long)place[i] * hidden, hidden);
                    for (var j = 0; j < to.Length; j++) to[j] += weights[i] * result[j];
                }

                if (shared is null) continue;
                var weight = sharedGates is null ? 1 : VectorMath.Sigmoid(Vector512.Create(sharedGates[row]))[0];
                var always = new ReadOnlySpan<float>(shared + (long)row * hidden, hidden);
                for (var j = 0; j < to.Length; j++) to[j] += weight * always[j];
            }
        });
    }
}
