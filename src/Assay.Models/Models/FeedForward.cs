using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>The MLP of a block: dense, gated, or of routed experts.</summary>
internal sealed unsafe class FeedForward(Transformer transformer) : IDisposable
{
    private readonly FloatBuffer _up = new(); // (rows, width).
    private readonly FloatBuffer _gate = new(); // (rows, width).
    private readonly FloatBuffer _scores = new(); // (rows, experts).
    private readonly FloatBuffer _gathered = new(); // (rows × experts per token, d): rows by expert.

    /// <summary>Floats that one row takes in the buffers here.</summary>
    public static long FloatsPerRow(MlpSpec mlp, int hidden) => mlp switch
    {
        DenseMlpSpec dense => 2L * dense.Up.Outputs,
        RoutedMlpSpec routed => routed.PerToken * (2L * routed.Experts[0].Up.Outputs + hidden) + routed.Experts.Length,
        _ => throw new NotSupportedException(mlp.GetType().Name),
    };

    /// <summary>x (rows, d) ← MLP(x), in place.</summary>
    public void Apply(MlpSpec mlp, float* x, int rows, CancellationToken cancellation)
    {
        if (mlp is DenseMlpSpec dense) Dense(dense, x, rows, cancellation);
        else Routed((RoutedMlpSpec)mlp, x, rows, cancellation);
    }

    public void Dispose()
    {
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_up, _gate, _scores, _gathered]) buffer.Dispose();
    }

    private void Dense(DenseMlpSpec mlp, float* x, int rows, CancellationToken cancellation)
    {
        var (hidden, width) = (transformer.Spec.HiddenSize, mlp.Up.Outputs);
        var up = _up.Ensure((long)rows * width);
        var active = up;
        var job = transformer.Job(mlp.Up, x, hidden, rows, up, width);
        if (mlp.Gate is { } gate)
        {
            active = _gate.Ensure((long)rows * width);
            MatrixProduct.MultiplyGated(transformer.Team, [transformer.Job(gate, x, hidden, rows, active, width)], [job], mlp.Activation);
        }
        else
        {
            MatrixProduct.MultiplyGated(transformer.Team, [job], [job with { Y = 0 }], mlp.Activation);
        }

        transformer.Clock?.Mark("MLP: products and activation");
        cancellation.ThrowIfCancellationRequested();
        transformer.Multiply(mlp.Down, active, width, rows, x, hidden);
    }

    /// <summary>Softmax over the router's scores in float32, the best experts (ties to the lower index), their outputs added in the order of the experts' indices.</summary>
    /// <remarks>transformers, Qwen3MoeSparseMoeBlock. All experts' products are shared out together. A row's result depends on no other row.</remarks>
    private void Routed(RoutedMlpSpec mlp, float* x, int rows, CancellationToken cancellation)
    {
        var (hidden, experts) = (transformer.Spec.HiddenSize, mlp.Experts.Length);
        var scores = _scores.Ensure((long)rows * experts);
        transformer.Multiply(mlp.Router, x, hidden, rows, scores, experts);
        var chosen = new int[rows * mlp.PerToken]; // (rows, per token).
        var weights = new float[rows * mlp.PerToken];
        for (var row = 0; row < rows; row++)
            Choose(new ReadOnlySpan<float>(scores + (long)row * experts, experts), mlp.NormaliseWeights, chosen.AsSpan(row * mlp.PerToken, mlp.PerToken), weights.AsSpan(row * mlp.PerToken, mlp.PerToken));

        cancellation.ThrowIfCancellationRequested();
        // Rows by expert, each expert's in the order of the batch: (expert, row, weight).
        var (counts, first) = (new int[experts], new int[experts + 1]);
        foreach (var e in chosen) counts[e]++;
        for (var e = 0; e < experts; e++) first[e + 1] = first[e] + counts[e];
        var (place, next) = (new int[chosen.Length], first[..experts]);
        for (var i = 0; i < chosen.Length; i++) place[i] = next[chosen[i]]++;

        var width = mlp.Experts[0].Up.Outputs;
        var gathered = _gathered.Ensure((long)chosen.Length * hidden);
        var up = _up.Ensure((long)chosen.Length * width);
        var gate = mlp.Experts[0].Gate is null ? up : _gate.Ensure((long)chosen.Length * width);
        transformer.Rows(chosen.Length, hidden, (from, end) =>
        {
            for (var i = from; i < end; i++) new ReadOnlySpan<float>(x + (long)(i / mlp.PerToken) * hidden, hidden).CopyTo(new Span<float>(gathered + (long)place[i] * hidden, hidden));
        });
        var used = Enumerable.Range(0, experts).Where(e => counts[e] > 0).ToArray();
        var ups = used.Select(e => transformer.Job(mlp.Experts[e].Up, gathered + (long)first[e] * hidden, hidden, counts[e], up + (long)first[e] * width, width)).ToArray();
        if (mlp.Experts[0].Gate is null)
        {
            MatrixProduct.MultiplyGated(transformer.Team, ups, [.. ups.Select(job => job with { Y = 0 })], mlp.Activation);
        }
        else
        {
            var gates = used.Select(e => transformer.Job(mlp.Experts[e].Gate!, gathered + (long)first[e] * hidden, hidden, counts[e], gate + (long)first[e] * width, width)).ToArray();
            MatrixProduct.MultiplyGated(transformer.Team, gates, ups, mlp.Activation);
        }

        cancellation.ThrowIfCancellationRequested();
        var results = gathered; // What the experts read is not needed any more.
        MatrixProduct.Multiply(transformer.Team, [.. used.Select(e => transformer.Job(mlp.Experts[e].Down, gate + (long)first[e] * width, width, counts[e], results + (long)first[e] * hidden, hidden))]);
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
            }
        });
    }

    private static void Choose(ReadOnlySpan<float> scores, bool normalise, Span<int> chosen, Span<float> weights)
    {
        var max = float.NegativeInfinity;
        foreach (var score in scores) max = MathF.Max(max, score);
        var total = 0.0;
        foreach (var score in scores) total += Math.Exp(score - max);
        var sum = 0.0;
        for (var c = 0; c < chosen.Length; c++)
        {
            var best = -1;
            for (var e = 0; e < scores.Length; e++)
                if (!chosen[..c].Contains(e) && (best < 0 || scores[e] > scores[best])) best = e;
            chosen[c] = best;
            var probability = Math.Exp(scores[best] - max) / total;
            weights[c] = (float)probability;
            sum += probability;
        }

        if (!normalise) return;
        for (var c = 0; c < chosen.Length; c++) weights[c] = (float)(weights[c] / sum);
    }
}
