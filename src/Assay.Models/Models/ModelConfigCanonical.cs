using System.Globalization;
using System.Text;

namespace Assay.Models;

/// <summary>A spec as text: the same for two configs that compute the same, whatever their spelling.</summary>
internal static class ModelConfigCanonical
{
    internal static string Write(TransformerSpec spec)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"architecture {spec.Architecture}\n");
        text.Append(CultureInfo.InvariantCulture, $"vocabulary {spec.VocabularySize} hidden {spec.HiddenSize} positions {spec.MaxPositions}\n");
        text.Append(CultureInfo.InvariantCulture, $"embedding {spec.Embedding} positions {spec.PositionEmbedding} scale {spec.EmbeddingScale:R}\n");
        foreach (var layer in spec.Layers)
        {
            Norm(layer.PreAttention);
            var attention = layer.Attention;
            text.Append(CultureInfo.InvariantCulture, $"attention {attention.Heads} {attention.KeyValueHeads} {attention.HeadSize} ");
            text.Append(CultureInfo.InvariantCulture, $"scale {attention.Scale:R} cap {attention.Softcap:R} window {attention.Window}\n");
            if (attention.Rope is { } rope)
            {
                text.Append(CultureInfo.InvariantCulture, $"rope {rope.Kind} {rope.Theta:R} {rope.Factor:R} ");
                text.Append(CultureInfo.InvariantCulture, $"{rope.LowFrequencyFactor:R} {rope.HighFrequencyFactor:R} {rope.OriginalMaxPositions}\n");
            }
            Norm(attention.QueryNorm);
            Norm(attention.KeyNorm);
            foreach (var map in (ReadOnlySpan<LinearSpec>)[attention.Query, attention.Key, attention.Value, attention.Output]) Map(map);
            Norm(layer.PostAttention);
            Norm(layer.PreMlp);
            switch (layer.Mlp)
            {
                case DenseMlpSpec dense:
                    Dense(dense);
                    break;
                case RoutedMlpSpec routed:
                    text.Append(CultureInfo.InvariantCulture, $"experts {routed.Experts.Length} per token {routed.PerToken} normalised {routed.NormaliseWeights}\n");
                    Map(routed.Router);
                    foreach (var expert in routed.Experts) Dense(expert);
                    break;
            }
            Norm(layer.PostMlp);
        }
        Norm(spec.FinalNorm);
        Map(spec.Head);
        text.Append(CultureInfo.InvariantCulture, $"logits cap {spec.FinalLogitSoftcap:R}\n");
        return text.ToString();

        void Norm(NormSpec? norm)
        {
            if (norm is null) text.Append("norm none\n");
            else text.Append(CultureInfo.InvariantCulture, $"norm {norm.Kind} {norm.Weight} {norm.Bias} {norm.Epsilon:R}\n");
        }

        void Map(LinearSpec map) =>
            text.Append(CultureInfo.InvariantCulture, $"map {map.Weight} {map.Bias} {map.Outputs} {map.Inputs} {map.Transposed} {map.FirstOutput}\n");

        void Dense(DenseMlpSpec dense)
        {
            text.Append(CultureInfo.InvariantCulture, $"mlp {dense.Activation}\n");
            if (dense.Gate is { } gate) Map(gate);
            Map(dense.Up);
            Map(dense.Down);
        }
    }
}
