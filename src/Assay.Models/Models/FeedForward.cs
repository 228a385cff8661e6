using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>The MLP of a block: dense, gated, or of routed experts.</summary>
internal sealed unsafe class FeedForward(Transformer transformer) : IDisposable
{
    private readonly FloatBuffer _up = new(); // (rows, width).
    private readonly FloatBuffer _gate = new(); // (rows, width).
    private readonly FloatBuffer _scores = new(); // (rows, experts).
    private readonly FloatBuffer _gathered = new(); // (rows of one expert, d).
    private readonly FloatBuffer _sum = new(); // (rows, d).

    /// <summary>Floats that one row takes in the buffers here.</summary>
    public static long FloatsPerRow(MlpSpec mlp, int hidden) => mlp switch
    {
        DenseMlpSpec dense => 2L * dense.Up.Outputs,
        RoutedMlpSpec routed => 2L * routed.Experts[0].Up.Outputs + routed.Experts.Length + 2L * hidden,
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
        foreach (var buffer in (ReadOnlySpan<FloatBuffer>)[_up, _gate, _scores, _gathered, _sum]) buffer.Dispose();
    }

    private void Dense(DenseMlpSpec mlp, float* x, int rows, CancellationToken cancellation)
    {
        var (hidden, width) = (transformer.Spec.HiddenSize, mlp.Up.Outputs);
        var up = _up.Ensure((long)rows * width);
        var active = up;
        float* times = null;
        var job = transformer.Job(mlp.Up, x, hidden, rows, up, width);
        if (mlp.Gate is { } gate)
        {
            active = _gate.Ensure((long)rows * width);
            times = up;
            MatrixProduct.Multiply(transformer.Team, [job, transformer.Job(gate, x, hidden, rows, active, width)]);
        }
        else
        {
            MatrixProduct.Multiply(transformer.Team, job);
        }

        transformer.Clock?.Mark("MLP: products");
        cancellation.ThrowIfCancellationRequested();
        transformer.Rows(rows, width, (from, end) =>
        {
            for (var row = from; row < end; row++) Activations.Row(mlp.Activation, active + (long)row * width, times is null ? null : times + (long)row * width, width);
        });
        transformer.Clock?.Mark("MLP: activation");
        transformer.Multiply(mlp.Down, active, width, rows, x, hidden);
    }

    /// <summary>Softmax over the router's scores in float32, the best experts (ties to the lower index), their outputs added in the order of the experts' indices.</summary>
    /// <remarks>transformers, Qwen3MoeSparseMoeBlock. A row's result depends on no other row.</remarks>
    private void Routed(RoutedMlpSpec mlp, float* x, int rows, CancellationToken cancellation)
    {
        var (hidden, experts) = (transformer.Spec.HiddenSize, mlp.Experts.Length);
        var scores = _scores.Ensure((long)rows * experts);
        transformer.Multiply(mlp.Router, x, hidden, rows, scores, experts);
        var chosen = new int[rows * mlp.PerToken]; // (rows, per token).
        var weights = new float[rows * mlp.PerToken];
        for (var row = 0; row < rows; row++)
            Choose(new ReadOnlySpan<float>(scores + (long)row * experts, experts), mlp.NormaliseWeights, chosen.AsSpan(row * mlp.PerToken, mlp.PerToken), weights.AsSpan(row * mlp.PerToken, mlp.PerToken));

        var sum = _sum.Ensure((long)rows * hidden);
        new Span<float>(sum, checked(rows * hidden)).Clear();
        var gathered = _gathered.Ensure((long)rows * hidden);
        var members = new List<(int Row, float Weight)>();
        for (var e = 0; e < experts; e++)
        {
            cancellation.ThrowIfCancellationRequested();
            members.Clear();
            for (var i = 0; i < chosen.Length; i++)
                if (chosen[i] == e) members.Add((i / mlp.PerToken, weights[i]));
            if (members.Count == 0) continue;
            for (var m = 0; m < members.Count; m++)
                new ReadOnlySpan<float>(x + (long)members[m].Row * hidden, hidden).CopyTo(new Span<float>(gathered + (long)m * hidden, hidden));
            Dense(mlp.Experts[e], gathered, members.Count, cancellation);
            for (var m = 0; m < members.Count; m++)
            {
                var to = sum + (long)members[m].Row * hidden;
                var from = gathered + (long)m * hidden;
                for (var i = 0; i < hidden; i++) to[i] += members[m].Weight * from[i];
            }
        }

        Buffer.MemoryCopy(sum, x, (long)rows * hidden * sizeof(float), (long)rows * hidden * sizeof(float));
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
