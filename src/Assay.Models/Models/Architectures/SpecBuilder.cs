using System.Collections.Immutable;
using System.Globalization;

namespace Assay.Models.Architectures;

/// <summary>Puts a table and the values of a config together: checks across keys, then the spec and the tensors it implies.</summary>
internal sealed class SpecBuilder
{
    private const int MostLayers = 4096;
    private const int MostTensors = 1 << 18;
    private const int LargestWidth = 1 << 24;

    private readonly ArchitectureTable _table;
    private readonly ConfigReader _values;
    private readonly RopeSpec? _rope;
    private readonly List<TensorSpec> _tensors = [];
    private readonly Dictionary<string, TensorRow> _rows = [];
    private readonly Dictionary<Extent, string> _reasons = [];

    internal SpecBuilder(ArchitectureTable table, ConfigReader values, RopeSpec? rope)
    {
        _table = table;
        _values = values;
        _rope = rope;
    }

    internal IReadOnlyList<TensorSpec> Tensors => _tensors;

    /// <summary>The keys and values that give a tensor its shape, for a message.</summary>
    internal string Reason(string tensor)
    {
        var row = _rows[tensor];
        return string.Join(", ", new[] { row.Outputs, row.Inputs }.Where(_reasons.ContainsKey).Select(e => _reasons[e]).Distinct());
    }

    /// <summary>The spec, or null where the reader holds problems.</summary>
    internal TransformerSpec? Build()
    {
        var hidden = _values.Int(_table.HiddenKey);
        var heads = _values.Int(_table.HeadsKey);
        var layers = _values.Int(_table.LayersKey);
        var headSize = HeadSize(hidden, heads);
        var keyValueHeads = KeyValueHeads(heads);
        var mlp = MlpWidth(hidden);
        var experts = _table.Row(TensorPart.Router) is null ? 0 : _values.Int("num_experts");
        if (layers > MostLayers) _values.Problem($"{_table.LayersKey} is {layers}; at most {MostLayers} are supported.");
        else if ((long)layers * (3L * experts + 20) > MostTensors)
            _values.Problem($"{_table.LayersKey} {layers} × num_experts {experts} make more than {MostTensors} tensors, more than is supported.");
        var activation = ReadActivation();
        if (_values.Problems.Count > 0 && layers > MostLayers) return null;
        var windows = LayerPatterns.Windows(_table, _values, layers);
        var sparse = LayerPatterns.Sparse(_values, layers, experts);
        if (_values.Problems.Count > 0) return null;

        var extents = new Dictionary<Extent, int>
        {
            [Extent.Vocabulary] = _values.Int("vocab_size"),
            [Extent.Positions] = _values.Int(_table.PositionsKey),
            [Extent.Hidden] = hidden,
            [Extent.Queries] = heads * headSize,
            [Extent.KeyValues] = keyValueHeads * headSize,
            [Extent.QueriesKeysValues] = (heads + 2 * keyValueHeads) * headSize,
            [Extent.HeadSize] = headSize,
            [Extent.Mlp] = mlp,
            [Extent.Experts] = experts,
            [Extent.ExpertMlp] = experts > 0 ? _values.Int("moe_intermediate_size") : 0,
        };
        _reasons[Extent.Vocabulary] = $"vocab_size {extents[Extent.Vocabulary]}";
        _reasons[Extent.Positions] = $"{_table.PositionsKey} {extents[Extent.Positions]}";
        _reasons[Extent.Hidden] = $"{_table.HiddenKey} {hidden}";
        _reasons[Extent.Queries] = $"{_table.HeadsKey} {heads} × head size {headSize}";
        _reasons[Extent.KeyValues] = $"num_key_value_heads {keyValueHeads} × head size {headSize}";
        _reasons[Extent.HeadSize] = $"head size {headSize}";
        _reasons[Extent.Mlp] = $"{_table.MlpKey} {mlp}";
        _reasons[Extent.Experts] = $"num_experts {experts}";
        _reasons[Extent.ExpertMlp] = $"moe_intermediate_size {extents[Extent.ExpertMlp]}";
        var epsilon = (float)_values.Real(_table.EpsilonKey);

        var embedding = Add(TensorPart.Embedding, extents)!;
        var positions = Add(TensorPart.PositionEmbedding, extents);
        var blocks = ImmutableArray.CreateBuilder<LayerSpec>(layers);
        for (var layer = 0; layer < layers; layer++)
        {
            var modules = _table.Rows
                .Where(r => r.Module.Contains("{layer}") && !r.Module.Contains("{expert}") && (sparse[layer] ? !IsDense(r.Part) : r.Part != TensorPart.Router))
                .ToDictionary(r => r.Part, r => Add(r, extents, layer));
            var attention = new AttentionSpec
            {
                Heads = heads,
                KeyValueHeads = keyValueHeads,
                HeadSize = headSize,
                Scale = Scale(headSize, layer),
                Softcap = Cap(_table.AttentionSoftcapKey),
                Window = windows[layer],
                Rope = _rope,
                QueryNorm = Norm(modules.GetValueOrDefault(TensorPart.QueryNorm), epsilon),
                KeyNorm = Norm(modules.GetValueOrDefault(TensorPart.KeyNorm), epsilon),
                Query = Projection(TensorPart.Query, 0, heads * headSize),
                Key = Projection(TensorPart.Key, heads * headSize, keyValueHeads * headSize),
                Value = Projection(TensorPart.Value, (heads + keyValueHeads) * headSize, keyValueHeads * headSize),
                Output = modules[TensorPart.Output],
            };
            MlpSpec mlpSpec = sparse[layer]
                ? new RoutedMlpSpec
                {
                    Activation = activation,
                    Router = modules[TensorPart.Router],
                    Experts = [.. Enumerable.Range(0, experts).Select(e => Expert(extents, layer, e, activation))],
                    PerToken = _values.Int("num_experts_per_tok"),
                    NormaliseWeights = _values.Flag("norm_topk_prob"),
                }
                : new DenseMlpSpec { Activation = activation, Gate = modules.GetValueOrDefault(TensorPart.Gate), Up = modules[TensorPart.Up], Down = modules[TensorPart.Down] };
            blocks.Add(new LayerSpec(
                Norm(modules.GetValueOrDefault(TensorPart.PreAttentionNorm), epsilon), attention, Norm(modules.GetValueOrDefault(TensorPart.PostAttentionNorm), epsilon),
                Norm(modules.GetValueOrDefault(TensorPart.PreMlpNorm), epsilon), mlpSpec, Norm(modules.GetValueOrDefault(TensorPart.PostMlpNorm), epsilon)));

            LinearSpec Projection(TensorPart part, int first, int outputs) =>
                modules.TryGetValue(TensorPart.QueryKeyValue, out var fused) ? fused with { FirstOutput = first, Outputs = outputs } : modules[part];
        }
        var final = Norm(Add(TensorPart.FinalNorm, extents), epsilon)!;
        var tied = _values.Flag("tie_word_embeddings");
        var head = Add(TensorPart.Head, extents, optional: tied)!;
        return new TransformerSpec
        {
            Architecture = _table.ModelType,
            VocabularySize = extents[Extent.Vocabulary],
            HiddenSize = hidden,
            MaxPositions = extents[Extent.Positions],
            Embedding = embedding.Weight,
            PositionEmbedding = positions?.Weight,
            EmbeddingScale = _table.EmbeddingTimesRootHidden ? (float)Math.Sqrt(hidden) : 1,
            Layers = blocks.MoveToImmutable(),
            FinalNorm = final,
            Head = tied ? head with { Weight = embedding.Weight } : head,
            FinalLogitSoftcap = Cap(_table.LogitSoftcapKey),
        };
    }

    private int HeadSize(int hidden, int heads)
    {
        int size;
        if (_table.Has("head_dim") && _values.OptionalInt("head_dim") is { } given) size = given;
        else
        {
            if (hidden % heads != 0 && _values.Sound(_table.HiddenKey, _table.HeadsKey))
                _values.Problem($"{_table.HiddenKey} {hidden} is not divisible by {_table.HeadsKey} {heads}, and no head_dim is given.");
            size = Math.Max(1, hidden / heads);
            _values.Derived("head_dim", size, $"{_table.HiddenKey} / {_table.HeadsKey}");
        }
        if (!_values.Sound(_table.HiddenKey, _table.HeadsKey, "head_dim")) return size;
        if (_rope is not null && size % 2 != 0) _values.Problem($"head_dim {size} is odd; rotary positions rotate pairs.");
        if ((long)heads * size > LargestWidth) _values.Problem($"{_table.HeadsKey} {heads} × head_dim {size} is more than {LargestWidth}.");
        return size;
    }

    private int KeyValueHeads(int heads)
    {
        if (!_table.Has("num_key_value_heads")) return heads;
        if (_values.OptionalInt("num_key_value_heads") is not { } count)
        {
            _values.Derived("num_key_value_heads", heads, _table.HeadsKey);
            return heads;
        }
        if (heads % count != 0 && _values.Sound(_table.HeadsKey, "num_key_value_heads"))
            _values.Problem($"{_table.HeadsKey} {heads} is not divisible by num_key_value_heads {count}.");
        return count;
    }

    private int MlpWidth(int hidden)
    {
        if (_values.OptionalInt(_table.MlpKey) is { } given) return given;
        if (hidden > LargestWidth / 4 && _values.Sound(_table.HiddenKey)) _values.Problem($"4 × {_table.HiddenKey} {hidden} is more than {LargestWidth}.");
        var width = 4 * Math.Min(hidden, LargestWidth / 4);
        _values.Derived(_table.MlpKey, width, $"4 × {_table.HiddenKey}");
        return width;
    }

    private Activation ReadActivation()
    {
        var name = _values.Text(_table.ActivationKey);
        switch (name)
        {
            case "silu" or "swish": return Activation.Silu;
            case "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast": return Activation.GeluTanh;
            case "gelu" or "gelu_python": return Activation.Gelu;
            case "relu": return Activation.Relu;
            default:
                if (_values.Sound(_table.ActivationKey))
                    _values.Problem($"{_table.ActivationKey} is '{ConfigValue.Quote(name ?? "")}', which is not supported " +
                        "(supported: silu, gelu, gelu_new, gelu_pytorch_tanh, relu).");
                return Activation.Silu;
        }
    }

    private float Scale(int headSize, int layer)
    {
        if (_table.QueryScalarKey is { } key) return (float)(1 / Math.Sqrt(_values.Real(key)));
        var scale = _table.Has("scale_attn_weights") && !_values.Flag("scale_attn_weights") ? 1 : 1 / Math.Sqrt(headSize);
        return (float)(_table.Has("scale_attn_by_inverse_layer_idx") && _values.Flag("scale_attn_by_inverse_layer_idx") ? scale / (layer + 1) : scale);
    }

    private float? Cap(string? key) => key is not null && _values.OptionalReal(key) is { } cap ? (float)cap : null;

    private NormSpec? Norm(LinearSpec? module, float epsilon) => module is null ? null : new NormSpec(_table.Norm, module.Weight, module.Bias, epsilon);

    private static bool IsDense(TensorPart part) => part is TensorPart.Gate or TensorPart.Up or TensorPart.Down;

    private DenseMlpSpec Expert(Dictionary<Extent, int> extents, int layer, int expert, Activation activation) => new()
    {
        Activation = activation,
        Gate = Add(_table.Row(TensorPart.ExpertGate)!, extents, layer, expert),
        Up = Add(_table.Row(TensorPart.ExpertUp)!, extents, layer, expert),
        Down = Add(_table.Row(TensorPart.ExpertDown)!, extents, layer, expert),
    };

    private LinearSpec? Add(TensorPart part, Dictionary<Extent, int> extents, bool optional = false) =>
        _table.Row(part) is { } row ? Add(row, extents, optional: optional) : null;

    private LinearSpec Add(TensorRow row, Dictionary<Extent, int> extents, int layer = 0, int expert = 0, bool optional = false)
    {
        var module = row.Module
            .Replace("{layer}", layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{expert}", expert.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var outputs = extents[row.Outputs];
        var inputs = row.Inputs == Extent.None ? 1 : extents[row.Inputs];
        ImmutableArray<long> shape = row.Inputs == Extent.None ? [outputs] : row.Transposed ? [inputs, outputs] : [outputs, inputs];
        _tensors.Add(new TensorSpec(module + ".weight", shape, row.Role, optional));
        _rows[module + ".weight"] = row;
        var biased = row.Bias is not null && (row.Bias == TensorRow.Always || _values.Flag(row.Bias));
        if (biased)
        {
            _tensors.Add(new TensorSpec(module + ".bias", [outputs], row.Role == ResidualRole.Writes ? ResidualRole.Writes : ResidualRole.Neither));
            _rows[module + ".bias"] = row with { Inputs = Extent.None };
        }
        return new LinearSpec(module + ".weight", biased ? module + ".bias" : null, outputs, inputs, row.Transposed);
    }
}
