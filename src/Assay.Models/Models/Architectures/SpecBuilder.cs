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
    private readonly RopeChoice? _rope;
    private readonly List<TensorSpec> _tensors = [];
    private readonly Dictionary<string, TensorRow> _rows = [];
    private readonly Dictionary<Extent, string> _reasons = [];

    internal SpecBuilder(ArchitectureTable table, ConfigReader values, RopeChoice? rope)
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
        var latent = _table.Row(TensorPart.KeyValueDown) is not null;
        var headSize = latent ? LatentHeadSize(heads) : HeadSize(hidden, heads);
        var valueSize = latent ? _values.Int("v_head_dim") : headSize;
        var keyValueHeads = KeyValueHeads(heads);
        var mlp = MlpWidth(hidden);
        var experts = _table.Row(TensorPart.Router) is null ? 0 : _values.Int(_table.ExpertsKey);
        if (layers > MostLayers) _values.Problem($"{_table.LayersKey} is {layers}; at most {MostLayers} are supported.");
        else if ((long)layers * (3L * experts + 20) > MostTensors)
            _values.Problem($"{_table.LayersKey} {layers} × {_table.ExpertsKey} {experts} make more than {MostTensors} tensors, more than is supported.");
        var activation = ReadActivation();
        if (_values.Problems.Count > 0 && layers > MostLayers) return null;
        var (windows, linear) = LayerPatterns.Read(_table, _values, layers);
        var sparse = LayerPatterns.Sparse(_table, _values, layers, experts);
        var rotated = LayerPatterns.Rotated(_table, _values, layers);
        var (fullRope, slidingRope) = (Rotation(_rope?.Full, headSize, latent), Rotation(_rope?.Sliding, headSize, latent));
        var groups = Groups(experts);
        if (_table.LinearLayers && activation != Activation.Silu && _values.Sound(_table.ActivationKey))
            _values.Problem($"{_table.ActivationKey} is '{_values.Text(_table.ActivationKey)}'; only silu is supported beside linear attention.");
        if (_values.Problems.Count > 0) return null;

        var extents = new Dictionary<Extent, int>
        {
            [Extent.Vocabulary] = _values.Int("vocab_size"),
            [Extent.Positions] = _values.Int(_table.PositionsKey),
            [Extent.Hidden] = hidden,
            [Extent.Heads] = heads,
            [Extent.Queries] = heads * headSize,
            [Extent.QueriesGates] = 2 * heads * headSize,
            [Extent.Mixed] = heads * valueSize,
            [Extent.KeyValues] = keyValueHeads * headSize,
            [Extent.QueriesKeysValues] = (heads + 2 * keyValueHeads) * headSize,
            [Extent.HeadSize] = headSize,
            [Extent.Mlp] = mlp,
            [Extent.GateUp] = 2 * mlp,
            [Extent.Experts] = experts,
            [Extent.ExpertMlp] = experts > 0 ? _values.Int(_table.ExpertWidthKey) : 0,
            [Extent.One] = 1,
        };
        extents[Extent.ExpertGateUp] = 2 * extents[Extent.ExpertMlp];
        _reasons[Extent.Vocabulary] = $"vocab_size {extents[Extent.Vocabulary]}";
        _reasons[Extent.Positions] = $"{_table.PositionsKey} {extents[Extent.Positions]}";
        _reasons[Extent.Hidden] = $"{_table.HiddenKey} {hidden}";
        _reasons[Extent.Queries] = $"{_table.HeadsKey} {heads} × head size {headSize}";
        _reasons[Extent.QueriesGates] = $"2 × {_reasons[Extent.Queries]}";
        _reasons[Extent.Mixed] = $"{_table.HeadsKey} {heads} × value size {valueSize}";
        _reasons[Extent.KeyValues] = $"num_key_value_heads {keyValueHeads} × head size {headSize}";
        _reasons[Extent.QueriesKeysValues] = $"{_reasons[Extent.Queries]} + 2 × {_reasons[Extent.KeyValues]}";
        _reasons[Extent.HeadSize] = $"head size {headSize}";
        _reasons[Extent.Heads] = $"{_table.HeadsKey} {heads}";
        _reasons[Extent.Mlp] = $"{_table.MlpKey} {mlp}";
        _reasons[Extent.GateUp] = $"2 × {_reasons[Extent.Mlp]}";
        _reasons[Extent.Experts] = $"{_table.ExpertsKey} {experts}";
        _reasons[Extent.ExpertMlp] = $"{_table.ExpertWidthKey} {extents[Extent.ExpertMlp]}";
        _reasons[Extent.ExpertGateUp] = $"2 × {_reasons[Extent.ExpertMlp]}";
        if (_table.Row(TensorPart.SharedUp) is not null) SharedExtent(extents);
        if (latent) LatentExtents(extents, heads, valueSize);
        if (_table.LinearLayers) DeltaExtents(extents);
        if (_values.Problems.Count > 0) return null;
        var epsilon = (float)_values.Real(_table.EpsilonKey);
        var parallel = _table.Parallel is { } key && (key == TensorRow.Always || _values.Flag(key));
        var residualScale = Factor(_table.ResidualMultiplierKey);

        var embedding = Add(TensorPart.Embedding, extents)!;
        var positions = Add(TensorPart.PositionEmbedding, extents);
        var blocks = ImmutableArray.CreateBuilder<LayerSpec>(layers);
        for (var layer = 0; layer < layers; layer++)
        {
            var modules = _table.Rows
                .Where(r => r.Module.Contains("{layer}") && !r.Module.Contains("{expert}") && IsIn(r, linear[layer], sparse[layer]))
                .ToDictionary(r => r.Part, r => Add(r, extents, layer));
            var rope = !rotated[layer] ? null : windows[layer] is null ? fullRope : slidingRope;
            var attention = linear[layer] ? Delta(modules, epsilon) : new AttentionSpec
            {
                Heads = heads,
                KeyValueHeads = keyValueHeads,
                HeadSize = headSize,
                ValueHeadSize = valueSize == headSize ? 0 : valueSize,
                Sinks = modules.GetValueOrDefault(TensorPart.Sinks)?.Weight,
                Scale = Scale(headSize, layer, rope),
                Softcap = Cap(_table.AttentionSoftcapKey),
                Window = windows[layer],
                Rope = rope,
                QueryNorm = Norm(modules.GetValueOrDefault(TensorPart.QueryNorm), epsilon),
                KeyNorm = Norm(modules.GetValueOrDefault(TensorPart.KeyNorm), epsilon),
                NormAcrossHeads = _table.NormAcrossHeads,
                Query = Projection(TensorPart.Query, 0, heads * headSize),
                Gate = modules.GetValueOrDefault(TensorPart.QueryGate) is { } both ? Blocks(both, headSize, heads, headSize, 2 * headSize) : null,
                Key = Projection(TensorPart.Key, heads * headSize, keyValueHeads * headSize),
                Value = Projection(TensorPart.Value, (heads + keyValueHeads) * headSize, keyValueHeads * headSize),
                Latent = latent ? Latent(modules, epsilon) : null,
                Output = modules[TensorPart.Output],
            };
            MlpSpec mlpSpec = sparse[layer] ? Routed(modules, extents, layer, activation, groups)
                : modules.TryGetValue(TensorPart.GateUp, out var gateUp)
                    ? new DenseMlpSpec { Activation = activation, Gate = gateUp with { Outputs = mlp }, Up = gateUp with { Outputs = mlp, FirstOutput = mlp }, Down = modules[TensorPart.Down] }
                    : new DenseMlpSpec { Activation = activation, Gate = modules.GetValueOrDefault(TensorPart.Gate), Up = modules[TensorPart.Up], Down = modules[TensorPart.Down] };
            blocks.Add(new LayerSpec(
                Norm(modules.GetValueOrDefault(TensorPart.PreAttentionNorm), epsilon), attention, Norm(modules.GetValueOrDefault(TensorPart.PostAttentionNorm), epsilon),
                Norm(modules.GetValueOrDefault(TensorPart.PreMlpNorm), epsilon), mlpSpec, Norm(modules.GetValueOrDefault(TensorPart.PostMlpNorm), epsilon))
            {
                Parallel = parallel,
                ResidualScale = residualScale,
            });

            LinearSpec Projection(TensorPart part, int first, int outputs)
            {
                if (modules.TryGetValue(TensorPart.QueryKeyValue, out var fused))
                    return _table.FusedByHead ? Blocks(fused, first / heads, heads, headSize, 3 * headSize) : fused with { FirstOutput = first, Outputs = outputs };
                if (part == TensorPart.Query && modules.TryGetValue(TensorPart.QueryGate, out var gated)) return Blocks(gated, 0, heads, headSize, 2 * headSize);
                if (part == TensorPart.Query && modules.TryGetValue(TensorPart.QueryUp, out var up)) return up;
                if (!latent || part == TensorPart.Query) return modules[part];
                var own = headSize - _values.Int("qk_rope_head_dim");
                return part == TensorPart.Key ? Blocks(modules[TensorPart.KeyValueUp], 0, heads, own, own + valueSize) : Blocks(modules[TensorPart.KeyValueUp], own, heads, valueSize, own + valueSize);
            }
        }
        var final = Norm(Add(TensorPart.FinalNorm, extents), epsilon)!;
        var tied = _values.Flag("tie_word_embeddings");
        var head = Add(TensorPart.Head, extents, optional: tied)!;
        return new TransformerSpec
        {
            Architecture = _table.ModelType,
            VocabularySize = extents[Extent.Vocabulary],
            HiddenSize = hidden,
            MaxPositions = Positions(extents[Extent.Positions], fullRope),
            Embedding = embedding.Weight,
            PositionEmbedding = positions?.Weight,
            EmbeddingScale = _table.EmbeddingTimesRootHidden ? (float)Math.Sqrt(hidden) : Factor(_table.EmbeddingMultiplierKey),
            Layers = blocks.MoveToImmutable(),
            FinalNorm = final,
            Head = tied ? head with { Weight = embedding.Weight } : head,
            LogitScale = _table.LogitDivisorKey is { } divisor ? (float)(1 / _values.Real(divisor)) : Factor(_table.LogitMultiplierKey),
            FinalLogitSoftcap = Cap(_table.LogitSoftcapKey),
        };
    }

    /// <summary>A map whose outputs stand in blocks among others'.</summary>
    private static LinearSpec Blocks(LinearSpec fused, int first, int count, int block, int stride) =>
        fused with { FirstOutput = first, Outputs = count * block, Block = block, BlockStride = stride };

    private bool IsIn(TensorRow row, bool linear, bool sparse)
    {
        if (row.If is { } condition && !_values.Holds(condition)) return false;
        return row.Part switch
        {
            TensorPart.Gate or TensorPart.Up or TensorPart.Down or TensorPart.GateUp => !sparse,
            TensorPart.Router or TensorPart.ChoiceBias or TensorPart.SharedGate or TensorPart.SharedUp or TensorPart.SharedDown or TensorPart.SharedRouter or TensorPart.ExpertsGateUp or TensorPart.ExpertsDown => sparse,
            TensorPart.DeltaProjection or TensorPart.DeltaRates or TensorPart.DeltaConvolution or TensorPart.DeltaLogRate or TensorPart.DeltaStepBias or TensorPart.DeltaNorm or TensorPart.DeltaOutput => linear,
            TensorPart.Query or TensorPart.Key or TensorPart.Value or TensorPart.QueryGate or TensorPart.QueryNorm or TensorPart.KeyNorm or TensorPart.Output => !linear,
            _ => true,
        };
    }

    private void SharedExtent(Dictionary<Extent, int> extents)
    {
        if (_table.SharedWidthKey is { } key)
        {
            extents[Extent.SharedMlp] = _values.Int(key);
            _reasons[Extent.SharedMlp] = $"{key} {extents[Extent.SharedMlp]}";
            return;
        }
        var width = (long)_values.Int("n_shared_experts") * extents[Extent.ExpertMlp];
        if (width > LargestWidth) _values.Problem($"n_shared_experts × {_table.ExpertWidthKey} is {width}, more than {LargestWidth}.");
        extents[Extent.SharedMlp] = (int)Math.Min(width, LargestWidth);
        _reasons[Extent.SharedMlp] = $"n_shared_experts {_values.Int("n_shared_experts")} × {_reasons[Extent.ExpertMlp]}";
    }

    private int LatentHeadSize(int heads)
    {
        var (own, shared) = (_values.Int("qk_nope_head_dim"), _values.Int("qk_rope_head_dim"));
        if (!_values.Sound("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", _table.HeadsKey)) return own + shared;
        // Both follow from the others; transformers writes them beside.
        Follows("head_dim", shared, "qk_rope_head_dim");
        Follows("qk_head_dim", own + shared, "qk_nope_head_dim + qk_rope_head_dim");
        if (shared % 2 != 0) _values.Problem($"qk_rope_head_dim {shared} is odd; rotary positions rotate pairs.");
        if ((long)heads * ((long)own + Math.Max(shared, _values.Int("v_head_dim"))) > LargestWidth)
            _values.Problem($"{_table.HeadsKey} {heads} × the size of a head is more than {LargestWidth}.");
        if (_values.OptionalInt("num_key_value_heads") is { } count && count != heads && _values.Sound("num_key_value_heads"))
            _values.Problem($"num_key_value_heads is {count}; latent attention has as many as {_table.HeadsKey} {heads}.");
        return own + shared;

        void Follows(string key, int value, string rule)
        {
            if (_values.OptionalInt(key) is not { } given) _values.Derived(key, value, rule);
            else if (given != value && _values.Sound(key)) _values.Problem($"{key} is {given}; it is {rule}, {value}.");
        }
    }

    private void LatentExtents(Dictionary<Extent, int> extents, int heads, int valueSize)
    {
        var (own, shared, rank) = (_values.Int("qk_nope_head_dim"), _values.Int("qk_rope_head_dim"), _values.Int("kv_lora_rank"));
        extents[Extent.QueryRank] = _values.OptionalInt("q_lora_rank") ?? 1;
        extents[Extent.KeyValueRank] = rank;
        extents[Extent.KeyValueDown] = rank + shared;
        extents[Extent.KeyValueUp] = heads * (own + valueSize);
        _reasons[Extent.QueryRank] = $"q_lora_rank {extents[Extent.QueryRank]}";
        _reasons[Extent.KeyValueRank] = $"kv_lora_rank {rank}";
        _reasons[Extent.KeyValueDown] = $"kv_lora_rank {rank} + qk_rope_head_dim {shared}";
        _reasons[Extent.KeyValueUp] = $"{_table.HeadsKey} {heads} × (qk_nope_head_dim {own} + v_head_dim {valueSize})";
    }

    private LatentSpec Latent(Dictionary<TensorPart, LinearSpec> modules, float epsilon) => new()
    {
        QueryDown = modules.GetValueOrDefault(TensorPart.QueryDown),
        QueryNorm = Norm(modules.GetValueOrDefault(TensorPart.QueryDownNorm), (float?)_table.LatentEpsilon ?? epsilon),
        KeyValueDown = modules[TensorPart.KeyValueDown],
        KeyValueNorm = Norm(modules[TensorPart.KeyValueDownNorm], (float?)_table.LatentEpsilon ?? epsilon)!,
        Rank = _values.Int("kv_lora_rank"),
        SharedKey = _values.Int("qk_rope_head_dim"),
    };

    private void DeltaExtents(Dictionary<Extent, int> extents)
    {
        var (keyHeads, heads) = (_values.Int("linear_num_key_heads"), _values.Int("linear_num_value_heads"));
        var (keySize, valueSize) = (_values.Int("linear_key_head_dim"), _values.Int("linear_value_head_dim"));
        if (heads % keyHeads != 0) _values.Problem($"linear_num_value_heads {heads} is not divisible by linear_num_key_heads {keyHeads}.");
        if (2L * keyHeads * keySize + 2L * heads * valueSize > LargestWidth || (long)keySize * valueSize > LargestWidth)
            _values.Problem($"linear_num_key_heads {keyHeads} × linear_key_head_dim {keySize} and linear_num_value_heads {heads} × linear_value_head_dim {valueSize} make more than {LargestWidth}.");
        var (keys, values) = ($"linear_num_key_heads {keyHeads} × linear_key_head_dim {keySize}", $"linear_num_value_heads {heads} × linear_value_head_dim {valueSize}");
        if (_values.Problems.Count > 0) return;
        extents[Extent.DeltaProjection] = 2 * keyHeads * keySize + 2 * heads * valueSize;
        extents[Extent.DeltaRates] = 2 * heads;
        extents[Extent.DeltaChannels] = 2 * keyHeads * keySize + heads * valueSize;
        extents[Extent.DeltaTaps] = _values.Int("linear_conv_kernel_dim");
        extents[Extent.DeltaHeads] = heads;
        extents[Extent.DeltaValueSize] = valueSize;
        extents[Extent.DeltaValues] = heads * valueSize;
        _reasons[Extent.DeltaProjection] = $"2 × {keys} + 2 × {values}";
        _reasons[Extent.DeltaRates] = $"2 × linear_num_value_heads {heads}";
        _reasons[Extent.DeltaChannels] = $"2 × {keys} + {values}";
        _reasons[Extent.DeltaTaps] = $"linear_conv_kernel_dim {extents[Extent.DeltaTaps]}";
        _reasons[Extent.DeltaHeads] = $"linear_num_value_heads {heads}";
        _reasons[Extent.DeltaValueSize] = $"linear_value_head_dim {valueSize}";
        _reasons[Extent.DeltaValues] = values;
    }

    private AttentionSpec Delta(Dictionary<TensorPart, LinearSpec> modules, float epsilon)
    {
        var (keyHeads, heads) = (_values.Int("linear_num_key_heads"), _values.Int("linear_num_value_heads"));
        var (keySize, valueSize) = (_values.Int("linear_key_head_dim"), _values.Int("linear_value_head_dim"));
        var (group, projection, rates) = (heads / keyHeads, modules[TensorPart.DeltaProjection], modules[TensorPart.DeltaRates]);
        // One key head after another: its query, its key, the values and the gates of the value heads it serves.
        var stride = 2 * keySize + 2 * group * valueSize;
        return new AttentionSpec
        {
            Heads = heads,
            KeyValueHeads = keyHeads,
            HeadSize = keySize,
            ValueHeadSize = valueSize,
            Scale = (float)(1 / Math.Sqrt(keySize)),
            Query = Blocks(projection, 0, keyHeads, keySize, stride),
            Key = Blocks(projection, keySize, keyHeads, keySize, stride),
            Value = Blocks(projection, 2 * keySize, keyHeads, group * valueSize, stride),
            Gate = Blocks(projection, 2 * keySize + group * valueSize, keyHeads, group * valueSize, stride),
            Output = modules[TensorPart.DeltaOutput],
            Delta = new GatedDeltaSpec
            {
                Convolution = modules[TensorPart.DeltaConvolution].Weight,
                Taps = _values.Int("linear_conv_kernel_dim"),
                WriteStrength = Blocks(rates, 0, keyHeads, group, 2 * group),
                Decay = Blocks(rates, group, keyHeads, group, 2 * group),
                LogRate = modules[TensorPart.DeltaLogRate].Weight,
                StepBias = modules[TensorPart.DeltaStepBias].Weight,
                Norm = new NormSpec(NormKind.Rms, modules[TensorPart.DeltaNorm].Weight, null, epsilon),
            },
        };
    }

    private RoutedMlpSpec Routed(Dictionary<TensorPart, LinearSpec> modules, Dictionary<Extent, int> extents, int layer, Activation activation, (int All, int PerToken) groups)
    {
        var experts = extents[Extent.Experts];
        var (limit, gain) = activation == Activation.ClampedSwiglu ? ((float)_values.Real("swiglu_limit"), (float)_values.Real("swiglu_alpha")) : (0, 0);
        return new RoutedMlpSpec
        {
            Activation = activation,
            Limit = limit,
            Gain = gain,
            Router = modules[TensorPart.Router],
            Experts = [.. Enumerable.Range(0, experts).Select(e => modules.ContainsKey(TensorPart.ExpertsGateUp) ? Stacked(e) : Expert(extents, layer, e, activation))],
            PerToken = _values.Int("num_experts_per_tok"),
            NormaliseWeights = _table.NormaliseKey is null || _values.Flag(_table.NormaliseKey),
            Routing = _table.Routing,
            WeightScale = _table.Has("routed_scaling_factor") ? Factor("routed_scaling_factor") : 1,
            ChoiceBias = modules.GetValueOrDefault(TensorPart.ChoiceBias)?.Weight,
            Groups = groups.All,
            GroupsPerToken = groups.PerToken,
            Shared = modules.TryGetValue(TensorPart.SharedUp, out var up) ? new DenseMlpSpec { Activation = activation, Gate = modules[TensorPart.SharedGate], Up = up, Down = modules[TensorPart.SharedDown] } : null,
            SharedGate = modules.GetValueOrDefault(TensorPart.SharedRouter),
        };

        // One expert of tensors that hold all, each (in, out).
        DenseMlpSpec Stacked(int expert)
        {
            var (both, down) = (modules[TensorPart.ExpertsGateUp], modules[TensorPart.ExpertsDown]);
            var (hidden, width) = (extents[Extent.Hidden], extents[Extent.ExpertMlp]);
            var gate = both with { FirstInput = expert * hidden, FirstBias = expert * 2 * width, Outputs = width, Block = 1, BlockStride = 2 };
            return new DenseMlpSpec
            {
                Activation = activation,
                Limit = limit,
                Gain = gain,
                Gate = gate,
                Up = gate with { FirstOutput = 1, FirstBias = expert * 2 * width + 1 },
                Down = down with { FirstInput = expert * width, FirstBias = expert * hidden },
            };
        }
    }

    private (int All, int PerToken) Groups(int experts)
    {
        if (!_table.Has("n_group")) return (1, 1);
        var (all, chosen) = (_values.Int("n_group"), _values.Int("topk_group"));
        if (!_values.Sound("n_group", "topk_group", _table.ExpertsKey)) return (1, 1);
        if (experts % all != 0 || experts / all < 2) _values.Problem($"{_table.ExpertsKey} {experts} does not make n_group {all} equal groups of two or more.");
        if (chosen > all) _values.Problem($"topk_group {chosen} is more than n_group {all}.");
        return (all, chosen);
    }

    /// <summary>A rotation with the part of a head that it turns.</summary>
    private RopeSpec? Rotation(RopeSpec? rope, int headSize, bool latent)
    {
        if (rope is null) return null;
        var dimensions = (int)(headSize * _rope!.Part);
        if (latent)
        {
            dimensions = _values.Int("qk_rope_head_dim");
            rope = rope with { First = headSize - dimensions };
        }
        if (_rope.Part > 1 || dimensions < 2 || dimensions % 2 != 0)
        {
            if (_values.Problems.Count == 0) _values.Problem($"{_table.RotaryPartKeys[0]} {ConfigValue.Show(_rope.Part)} of a head of {headSize} are {dimensions} entries; rotary positions rotate pairs.");
            return rope;
        }
        if (rope.Kind == RopeKind.Dynamic && dimensions == 2) _values.Problem("The rotation 'dynamic' needs more than one pair.");
        foreach (var factors in (ReadOnlySpan<ImmutableArray<double>>)[rope.ShortFactors, rope.LongFactors])
            if (rope.Kind == RopeKind.LongRope && factors.Length != dimensions / 2)
                _values.Problem($"short_factor and long_factor have {rope.ShortFactors.Length} and {rope.LongFactors.Length} entries; expected {dimensions / 2}, one for each pair of a head.");
        return dimensions == headSize ? rope : rope with { Dimensions = dimensions };
    }

    /// <summary>Positions that the model is made for: a dynamic rotation grows by its factor.</summary>
    private static int Positions(int trained, RopeSpec? rope) => rope?.Kind == RopeKind.Dynamic ? (int)Math.Min(trained * rope.Factor, int.MaxValue) : trained;

    private float Factor(string? key) => key is null ? 1 : (float)_values.Real(key);

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
        if (_rope is { Part: 1 } && size % 2 != 0) _values.Problem($"head_dim {size} is odd; rotary positions rotate pairs.");
        if ((long)heads * size > LargestWidth / 4) _values.Problem($"{_table.HeadsKey} {heads} × head_dim {size} is more than {LargestWidth / 4}.");
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
        if (_table.FixedActivation is { } known) return known;
        if (_table.Has("hidden_activation") && _table.ActivationKey != "hidden_activation" && _values.Text("hidden_activation") is { } second && second != _values.Text(_table.ActivationKey))
            _values.Problem($"{_table.ActivationKey} is '{ConfigValue.Quote(_values.Text(_table.ActivationKey) ?? "")}' but hidden_activation is '{ConfigValue.Quote(second)}'; versions of transformers take the one or the other. Remove the wrong one.");
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

    private float Scale(int headSize, int layer, RopeSpec? rope)
    {
        if (_table.AttentionMultiplierKey is { } multiplier) return (float)_values.Real(multiplier);
        if (_table.QueryScalarKey is { } key) return (float)(1 / Math.Sqrt(_values.Real(key)));
        var scale = _table.Has("scale_attn_weights") && !_values.Flag("scale_attn_weights") ? 1 : 1 / Math.Sqrt(headSize) * (rope?.ScoreFactor ?? 1);
        return (float)(_table.Has("scale_attn_by_inverse_layer_idx") && _values.Flag("scale_attn_by_inverse_layer_idx") ? scale / (layer + 1) : scale);
    }

    private float? Cap(string? key) => key is not null && _values.OptionalReal(key) is { } cap ? (float)cap : null;

    private NormSpec? Norm(LinearSpec? module, float epsilon) => module is null ? null : new NormSpec(_table.Norm, module.Weight, module.Bias, epsilon);

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
        ImmutableArray<long> shape = !row.Axes.IsEmpty ? [.. row.Axes.Select(a => (long)extents[a])] : row.Inputs == Extent.None ? [outputs] : row.Transposed ? [inputs, outputs] : [outputs, inputs];
        var name = module + row.Suffix;
        _tensors.Add(new TensorSpec(name, shape, row.Role, optional));
        _rows[name] = row;
        var biased = row.Bias is not null && (row.Bias == TensorRow.Always || _values.Flag(row.Bias));
        if (biased)
        {
            var stacked = row.Axes.Length == 3;
            _tensors.Add(new TensorSpec(module + row.BiasSuffix, stacked ? [shape[0], outputs] : [outputs], row.Role == ResidualRole.Writes ? ResidualRole.Writes : ResidualRole.Neither));
            _rows[module + row.BiasSuffix] = row with { Inputs = stacked ? row.Axes[0] : Extent.None };
        }
        return new LinearSpec(name, biased ? module + row.BiasSuffix : null, outputs, inputs, row.Transposed);
    }
}
