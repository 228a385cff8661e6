using Assay.Models.Kernels;

namespace Assay.Models;

/// <summary>From a router's scores to experts and their weights.</summary>
internal static class Router
{
    /// <summary>Chooses a token's experts, best first, ties to the lower index.</summary>
    /// <remarks>transformers: Softmax as Qwen2MoeTopKRouter, SoftmaxOfChosen as GptOssTopKRouter, Sigmoid as DeepseekV3MoE.route_tokens_to_experts.</remarks>
    /// <param name="mlp">The rule.</param>
    /// <param name="scores">(experts,).</param>
    /// <param name="choiceBias">(experts,) or empty.</param>
    /// <param name="chosen">(per token,), filled.</param>
    /// <param name="weights">(per token,), filled.</param>
    public static void Choose(RoutedMlpSpec mlp, ReadOnlySpan<float> scores, ReadOnlySpan<float> choiceBias, Span<int> chosen, Span<float> weights)
    {
        Span<double> values = stackalloc double[chosen.Length];
        if (mlp.Routing == RoutingKind.Sigmoid) BySigmoid(mlp, scores, choiceBias, chosen, values);
        else BySoftmax(mlp.Routing == RoutingKind.SoftmaxOfChosen, scores, chosen, values);
        var sum = 0.0;
        foreach (var value in values) sum += value;
        // DeepSeek's own 1e-20 keeps a sum of zeros from dividing; it is far below a float's last bit otherwise.
        var divisor = mlp.NormaliseWeights ? mlp.Routing == RoutingKind.Sigmoid ? sum + 1e-20 : sum : 1;
        for (var c = 0; c < weights.Length; c++) weights[c] = (float)(values[c] / divisor * mlp.WeightScale);
    }

    private static void BySoftmax(bool amongChosen, ReadOnlySpan<float> scores, Span<int> chosen, Span<double> values)
    {
        Best(scores, chosen);
        var max = float.NegativeInfinity;
        foreach (var score in scores) max = MathF.Max(max, score);
        var total = 0.0;
        if (amongChosen)
            foreach (var e in chosen) total += VectorMath.Exp((double)(scores[e] - max));
        else
            foreach (var score in scores) total += VectorMath.Exp((double)(score - max));
        for (var c = 0; c < chosen.Length; c++) values[c] = VectorMath.Exp((double)(scores[chosen[c]] - max)) / total;
    }

    private static void BySigmoid(RoutedMlpSpec mlp, ReadOnlySpan<float> scores, ReadOnlySpan<float> choiceBias, Span<int> chosen, Span<double> values)
    {
        Span<float> choice = new float[scores.Length];
        for (var e = 0; e < scores.Length; e++) choice[e] = (float)(1 / (1 + VectorMath.Exp(-(double)scores[e]))) + (choiceBias.IsEmpty ? 0 : choiceBias[e]);
        if (mlp.GroupsPerToken < mlp.Groups)
        {
            // A group is worth its two best experts; those of the other groups count 0, as there.
            var size = scores.Length / mlp.Groups;
            Span<float> worth = new float[mlp.Groups];
            Span<int> two = stackalloc int[2];
            for (var g = 0; g < mlp.Groups; g++)
            {
                Best(choice.Slice(g * size, size), two);
                worth[g] = choice[g * size + two[0]] + choice[g * size + two[1]];
            }

            Span<int> groups = new int[mlp.GroupsPerToken];
            Best(worth, groups);
            for (var g = 0; g < mlp.Groups; g++)
                if (!groups.Contains(g)) choice.Slice(g * size, size).Clear();
        }

        Best(choice, chosen);
        for (var c = 0; c < chosen.Length; c++) values[c] = 1 / (1 + VectorMath.Exp(-(double)scores[chosen[c]]));
    }

    private static void Best(ReadOnlySpan<float> scores, Span<int> chosen)
    {
        for (var c = 0; c < chosen.Length; c++)
        {
            var best = -1;
            for (var e = 0; e < scores.Length; e++)
                if (!chosen[..c].Contains(e) && (best < 0 || scores[e] > scores[best])) best = e;
            chosen[c] = best;
        }
    }
}
