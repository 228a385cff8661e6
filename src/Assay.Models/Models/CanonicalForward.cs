using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>A spec as text and as tensors by role: the same for two models that compute the same, whatever their architectures, tensors and keys are
/// called.</summary>
/// <remarks>Roles are what the forward pass reads: <c>layers.3.attention.query</c>, cut from whatever fused or stacked tensor holds it. Tensors that are stored
/// (inputs, outputs), of GPT-2 and GPT-OSS, are not cut: the whole has the role of its first reader, and the text says where the others read.</remarks>
internal sealed class CanonicalForward
{
    private const string Bias = ".bias";
    private readonly StringBuilder _text = new();
    private readonly List<(string Role, string Tensor, Rows? Cut)> _roles = [];
    private readonly Dictionary<string, string> _wholes = new(StringComparer.Ordinal);
    private string _at = "";

    private CanonicalForward(TransformerSpec spec)
    {
        Line($"vocabulary {spec.VocabularySize} hidden {spec.HiddenSize} scale {spec.EmbeddingScale:R}");
        Whole("embedding", spec.Embedding);
        if (spec.PositionEmbedding is { } positions) Whole("positions", positions);
        for (var layer = 0; layer < spec.Layers.Length; layer++)
        {
            _at = string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.");
            Layer(spec.Layers[layer]);
        }
        _at = "";
        Norm("final_norm", spec.FinalNorm);
        // Tied or not, the text is one: the hashes say whether the head is the embedding.
        IsTied = spec.Head.Weight == spec.Embedding;
        Line($"head {spec.Head.Outputs} {spec.Head.Inputs}");
        if (!IsTied) Whole("head", spec.Head.Weight);
        if (spec.Head.Bias is { } headBias) Whole("head" + Bias, headBias);
        Line($"logits scale {spec.LogitScale:R} cap {spec.FinalLogitSoftcap:R}");
    }

    private bool IsTied { get; }

    /// <summary>The text of a configuration alone: with the roles, which say what has a bias, and whether the head is tied.</summary>
    public static string Describe(TransformerSpec spec)
    {
        var forward = new CanonicalForward(spec);
        return $"{forward._text}head {(forward.IsTied ? "tied" : "its own")}\n{string.Join('\n', forward._roles.Select(r => r.Role).Where(r => r != "head"))}\n";
    }

    /// <summary>What identifies a model: protocol version 2.</summary>
    /// <remarks>A bias of zeros is none. A head that equals the embedding is the embedding, tied or not.</remarks>
    /// <param name="spec">What is computed.</param>
    /// <param name="weights">Tensor by the spec's names.</param>
    /// <param name="threads">Threads that read and hash.</param>
    /// <param name="progress">Stored bytes hashed so far.</param>
    /// <param name="cancellation">Honoured between blocks.</param>
    public static WeightsHash Hash(TransformerSpec spec, IReadOnlyDictionary<string, Tensor> weights, int threads, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var forward = new CanonicalForward(spec);
        var tensors = forward._roles.Select(r => r.Cut is { } cut ? cut.Of(weights[r.Tensor], r.Role) : weights[r.Tensor]).ToList();
        var hashes = WeightsHash.ComputeEach(tensors, threads, progress, cancellation);
        var embedding = hashes[0].Hash;
        var counted = new List<(string, byte[])>();
        foreach (var ((role, _, _), (hash, isZero)) in forward._roles.Zip(hashes))
        {
            if (isZero && role.EndsWith(Bias, StringComparison.Ordinal) || role == "head" && hash.AsSpan().SequenceEqual(embedding)) continue;
            counted.Add((role, hash));
        }
        return WeightsHash.Combine(counted, forward._text.ToString());
    }

    private void Layer(LayerSpec layer)
    {
        var attention = layer.Attention;
        Line($"{_at[..^1]}{(layer.Parallel ? " parallel" : "")} residual scale {layer.ResidualScale:R}");
        Norm("attention.pre_norm", layer.PreAttention);
        Line($"attention {attention.Heads} {attention.KeyValueHeads} {attention.HeadSize} {attention.ValueSize} scale {attention.Scale:R} cap {attention.Softcap:R} window {attention.Window}");
        if (attention.Rope is { } rope) Rope(Resolved(rope));
        Vector("attention.sinks", attention.Sinks);
        if (attention.Latent is { } latent)
        {
            Line($"latent {latent.Rank} {latent.SharedKey}");
            Map("attention.query_down", latent.QueryDown);
            Norm("attention.query_down_norm", latent.QueryNorm);
            Map("attention.key_value_down", latent.KeyValueDown);
            Norm("attention.key_value_down_norm", latent.KeyValueNorm);
        }
        if (attention.Delta is { } delta)
        {
            Line($"delta {delta.Taps}");
            Vector("attention.convolution", delta.Convolution);
            Vector("attention.log_rate", delta.LogRate);
            Vector("attention.step_bias", delta.StepBias);
            Map("attention.write_strength", delta.WriteStrength);
            Map("attention.decay", delta.Decay);
            Norm("attention.delta_norm", delta.Norm);
        }
        if (attention.NormAcrossHeads && (attention.QueryNorm ?? attention.KeyNorm) is not null) Line($"norms across heads");
        Norm("attention.query_norm", attention.QueryNorm);
        Norm("attention.key_norm", attention.KeyNorm);
        Map("attention.query", attention.Query);
        Map("attention.key", attention.Key);
        Map("attention.value", attention.Value);
        Map("attention.gate", attention.Gate);
        Map("attention.output", attention.Output);
        Norm("attention.post_norm", layer.PostAttention);
        Norm("mlp.pre_norm", layer.PreMlp);
        if (layer.Mlp is DenseMlpSpec dense) Dense("mlp", dense);
        else if (layer.Mlp is RoutedMlpSpec routed) Routed(routed);
        else throw new NotSupportedException(layer.Mlp.GetType().Name);
        Norm("mlp.post_norm", layer.PostMlp);
    }

    private void Routed(RoutedMlpSpec routed)
    {
        Line($"experts {routed.Experts.Length} per token {routed.PerToken} normalised {routed.NormaliseWeights} routing {routed.Routing} {routed.WeightScale:R}");
        // Where all groups are chosen there is nothing to choose.
        if (routed.GroupsPerToken < routed.Groups) Line($"groups {routed.Groups} {routed.GroupsPerToken}");
        Map("mlp.router", routed.Router);
        Vector("mlp.choice_bias", routed.ChoiceBias);
        for (var expert = 0; expert < routed.Experts.Length; expert++) Dense(string.Create(CultureInfo.InvariantCulture, $"mlp.experts.{expert}"),
            routed.Experts[expert]);
        if (routed.Shared is { } shared) Dense("mlp.shared", shared);
        Map("mlp.shared_gate", routed.SharedGate);
    }

    private void Dense(string role, DenseMlpSpec dense)
    {
        Line($"{role} {dense.Activation} limit {dense.Limit:R} gain {dense.Gain:R}");
        Map(role + ".gate", dense.Gate);
        Map(role + ".up", dense.Up);
        Map(role + ".down", dense.Down);
    }

    private void Norm(string role, NormSpec? norm)
    {
        if (norm is null) return;
        Line($"{role} {norm.Kind} {norm.Epsilon:R}");
        Whole(_at + role, norm.Weight);
        if (norm.Bias is { } bias) Whole(_at + role + Bias, bias);
    }

    private void Vector(string role, string? tensor)
    {
        if (tensor is null) return;
        Line($"{role}");
        Whole(_at + role, tensor);
    }

    private void Map(string role, LinearSpec? map)
    {
        if (map is null) return;
        var name = _at + role;
        if (map.Transposed)
        {
            Line($"{role} {map.Outputs} {map.Inputs} in {Shared(name, map.Weight)} from {map.FirstOutput} {map.FirstInput} blocks {map.Block} {map.BlockStride}");
            if (map.Bias is { } whole) Line($"{role} bias in {Shared(name + Bias, whole)} from {map.FirstBias ?? map.FirstOutput}");
            return;
        }
        Line($"{role} {map.Outputs} {map.Inputs}");
        _roles.Add((name, map.Weight, new Rows(map.FirstOutput, map.Outputs, map.Block, map.BlockStride)));
        if (map.Bias is { } bias) _roles.Add((name + Bias, bias, new Rows(map.FirstBias ?? map.FirstOutput, map.Outputs, map.Block, map.BlockStride)));
    }

    private void Whole(string role, string tensor) => _roles.Add((role, tensor, null));

    /// <summary>The role of a tensor that several read parts of.</summary>
    private string Shared(string role, string tensor)
    {
        if (_wholes.TryGetValue(tensor, out var known)) return known;
        Whole(role, tensor);
        return _wholes[tensor] = role;
    }

    /// <summary>A rotation without what does not act: a scaling by 1 is none.</summary>
    private static RopeSpec Resolved(RopeSpec rope)
    {
        var isPlain = rope.Kind == RopeKind.Linear && rope.Factor == 1
            || rope.Kind == RopeKind.LongRope && rope.ShortFactors.Concat(rope.LongFactors).All(f => f == 1);
        return isPlain ? rope with { Kind = RopeKind.Default } : rope;
    }

    private void Rope(RopeSpec rope)
    {
        Line($"rope {rope.Kind} {rope.Theta:R} entries {rope.First} {rope.Dimensions}{(rope.Interleaved ? " neighbours" : "")} scale {rope.AttentionFactor:R}");
        switch (rope.Kind)
        {
            case RopeKind.Linear: Line($"factor {rope.Factor:R}"); break;
            case RopeKind.Dynamic: Line($"factor {rope.Factor:R} from {rope.OriginalMaxPositions}"); break;
            case RopeKind.Llama3: Line($"factor {rope.Factor:R} from {rope.OriginalMaxPositions} {rope.LowFrequencyFactor:R} {rope.HighFrequencyFactor:R}");
                break;
            case RopeKind.Yarn: Line($"factor {rope.Factor:R} from {rope.OriginalMaxPositions} {rope.BetaFast:R} {rope.BetaSlow:R} {rope.Truncate}"); break;
            case RopeKind.LongRope:
                Line($"from {rope.OriginalMaxPositions}");
                foreach (var factors in (ReadOnlySpan<ImmutableArray<double>>)[rope.ShortFactors, rope.LongFactors])
                    _text.AppendJoin(' ', factors.Select(f => f.ToString("R", CultureInfo.InvariantCulture))).Append('\n');
                break;
        }
    }

    private void Line(FormattableString line) => _text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>Outputs of a tensor that is stored (outputs, inputs), or entries of its bias.</summary>
    private sealed record Rows(int First, int Count, int Block, int Stride)
    {
        public Tensor Of(Tensor tensor, string role)
        {
            if (First == 0 && Count == tensor.Shape[0]) return tensor;
            ImmutableArray<long> shape = [Count, .. tensor.Shape[1..]];
            if (Block == 0 || Block == Stride || Count <= Block) return tensor.Part(role, First * (tensor.Count / tensor.Shape[0]), shape);
            return new Tensor(role, tensor.DType, shape, new PermutedRows(tensor, [.. Enumerable.Range(0, Count)
                .Select(i => First + i / Block * Stride + i % Block)]));
        }
    }
}
