using System.Collections.Immutable;
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
            if (layer.Parallel) text.Append("parallel\n");
            if (layer.ResidualScale != 1) text.Append(CultureInfo.InvariantCulture, $"residual scale {layer.ResidualScale:R}\n");
            Norm(layer.PreAttention);
            var attention = layer.Attention;
            text.Append(CultureInfo.InvariantCulture, $"attention {attention.Heads} {attention.KeyValueHeads} {attention.HeadSize} ");
            text.Append(CultureInfo.InvariantCulture, $"scale {attention.Scale:R} cap {attention.Softcap:R} window {attention.Window}\n");
            if (attention.Rope is { } rope)
            {
                text.Append(CultureInfo.InvariantCulture, $"rope {rope.Kind} {rope.Theta:R} {rope.Factor:R} ");
                text.Append(CultureInfo.InvariantCulture, $"{rope.LowFrequencyFactor:R} {rope.HighFrequencyFactor:R} {rope.OriginalMaxPositions}\n");
                Rope(rope);
            }
            if (attention.ValueHeadSize > 0) text.Append(CultureInfo.InvariantCulture, $"value size {attention.ValueHeadSize}\n");
            if (attention.Sinks is { } sinks) text.Append(CultureInfo.InvariantCulture, $"sinks {sinks}\n");
            if (attention.NormAcrossHeads) text.Append("norms across heads\n");
            if (attention.Latent is { } latent)
            {
                text.Append(CultureInfo.InvariantCulture, $"latent {latent.Rank} {latent.SharedKey}\n");
                if (latent.QueryDown is { } down) Map(down);
                Norm(latent.QueryNorm);
                Map(latent.KeyValueDown);
                Norm(latent.KeyValueNorm);
            }
            if (attention.Gate is { } outputGate) Map(outputGate);
            if (attention.Delta is { } delta)
            {
                text.Append(CultureInfo.InvariantCulture, $"delta {delta.Convolution} {delta.Taps} {delta.LogRate} {delta.StepBias}\n");
                Map(delta.WriteStrength);
                Map(delta.Decay);
                Norm(delta.Norm);
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
                    if (routed.Routing != RoutingKind.Softmax || routed.WeightScale != 1)
                        text.Append(CultureInfo.InvariantCulture, $"routing {routed.Routing} {routed.WeightScale:R} {routed.ChoiceBias} groups {routed.Groups} {routed.GroupsPerToken}\n");
                    Map(routed.Router);
                    foreach (var expert in routed.Experts) Dense(expert);
                    if (routed.Shared is { } shared) Dense(shared);
                    if (routed.SharedGate is { } sharedGate) Map(sharedGate);
                    break;
            }
            Norm(layer.PostMlp);
        }
        Norm(spec.FinalNorm);
        Map(spec.Head);
        if (spec.LogitScale != 1) text.Append(CultureInfo.InvariantCulture, $"logits scale {spec.LogitScale:R}\n");
        text.Append(CultureInfo.InvariantCulture, $"logits cap {spec.FinalLogitSoftcap:R}\n");
        return text.ToString();

        void Norm(NormSpec? norm)
        {
            if (norm is null) text.Append("norm none\n");
            else text.Append(CultureInfo.InvariantCulture, $"norm {norm.Kind} {norm.Weight} {norm.Bias} {norm.Epsilon:R}\n");
        }

        // What was added after a line was first written has lines of its own, and only where it says something: the text of older models, and with it their hash, stays.
        void Rope(RopeSpec rope)
        {
            if (rope.Dimensions > 0 || rope.First > 0 || rope.Interleaved) text.Append(CultureInfo.InvariantCulture, $"rotated {rope.First} {rope.Dimensions} {rope.Interleaved}\n");
            if (rope.Kind is RopeKind.Yarn or RopeKind.LongRope) text.Append(CultureInfo.InvariantCulture, $"attention factor {rope.AttentionFactor:R} {rope.BetaFast:R} {rope.BetaSlow:R} {rope.Truncate}\n");
            foreach (var factors in (ReadOnlySpan<ImmutableArray<double>>)[rope.ShortFactors, rope.LongFactors])
                if (factors.Length > 0) text.AppendJoin(' ', factors.Select(f => f.ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        }

        void Map(LinearSpec map)
        {
            text.Append(CultureInfo.InvariantCulture, $"map {map.Weight} {map.Bias} {map.Outputs} {map.Inputs} {map.Transposed} {map.FirstOutput}\n");
            if (map.FirstInput > 0 || map.FirstBias is not null || map.Block > 0) text.Append(CultureInfo.InvariantCulture, $"part {map.FirstInput} {map.FirstBias} {map.Block} {map.BlockStride}\n");
        }

        void Dense(DenseMlpSpec dense)
        {
            text.Append(CultureInfo.InvariantCulture, $"mlp {dense.Activation}\n");
            if (dense.Limit != 0 || dense.Gain != 0) text.Append(CultureInfo.InvariantCulture, $"limit {dense.Limit:R} gain {dense.Gain:R}\n");
            if (dense.Gate is { } gate) Map(gate);
            Map(dense.Up);
            Map(dense.Down);
        }
    }
}
