using System.Collections.Immutable;
using System.Text.Json;

namespace Assay.Models.Architectures;

/// <summary>The rotations of a model: of layers without a window and of those with one, and how much of a head they turn.</summary>
/// <param name="Full">Of layers without a window.</param>
/// <param name="Sliding">Of layers with one.</param>
/// <param name="Part">Part of a head that is rotated.</param>
internal sealed record RopeChoice(RopeSpec Full, RopeSpec Sliding, double Part);

/// <summary>Reads rotary positions in the spellings of transformers 4 (<c>rope_theta</c>, <c>rope_scaling</c>) and 5 (<c>rope_parameters</c>, for all layers or by layer type).</summary>
/// <remarks>Parameters and their defaults: transformers, modeling_rope_utils.py.</remarks>
internal sealed class RopeReader
{
    private const string Implemented = "implemented: default, linear, dynamic, llama3, yarn, longrope";
    private readonly ConfigReader _reader;
    private readonly ArchitectureTable _table;
    private readonly Dictionary<string, (double Value, string Name)> _numbers = []; // Base and rotated part, and where they were found.

    private RopeReader(ConfigReader reader, ArchitectureTable table) => (_reader, _table) = (reader, table);

    /// <summary>The rotations of a config; what is wrong with them goes to the reader's problems.</summary>
    /// <param name="reader">The config.</param>
    /// <param name="table">Its architecture, which has rotary positions.</param>
    internal static RopeChoice Read(ConfigReader reader, ArchitectureTable table) => new RopeReader(reader, table).Read();

    private RopeChoice Read()
    {
        foreach (var key in _table.ThetaKeys)
            if (_reader.TryTake(key, out var given)) Number("full theta", given, key);
        if (_table.LocalThetaKey is { } local && _reader.TryTake(local, out var localTheta)) Number("sliding theta", localTheta, local);
        if (_table.RotaryPart is not null)
            foreach (var key in _table.RotaryPartKeys)
                if (_reader.TryTake(key, out var given)) Number("part", given, key);
        var (full, sliding) = (new Found(), new Found());
        foreach (var name in (ReadOnlySpan<string>)["rope_parameters", "rope_scaling"])
        {
            if (!_reader.TryTake(name, out var block)) continue;
            if (block.ValueKind != JsonValueKind.Object)
            {
                _reader.Problem($"{name} is {ConfigValue.Quote(block.GetRawText())}; expected an object or null.");
                continue;
            }
            var keys = block.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
            if (keys.Keys.Any(k => k is "full_attention" or "sliding_attention")) ByLayerType(name, keys, full, sliding);
            else Block(name, keys, full, "full");
        }
        var hasLocal = _table.LocalThetaKey is not null || _table.ScalesFullLayersOnly;
        if (!hasLocal && sliding.Spec is not null && sliding.Spec != full.Spec)
            _reader.Problem($"{sliding.Name} gives sliding_attention a rotation of its own, which {_table.Source} does not have.");
        var theta = Value("full theta", _table.RopeTheta!.Value);
        var rope = (full.Spec ?? _table.RopeDefault ?? new RopeSpec { Kind = RopeKind.Default, Theta = 0 }) with { Theta = theta, Interleaved = Interleaved() };
        foreach (var key in _table.ThetaKeys) Note(key, "full theta", theta);
        _reader.Note("rope_type", rope.Kind.ToString().ToLowerInvariant(), full.Spec is null ? ValueSource.Defaulted : ValueSource.Given, full.Spec is null ? _table.Source : $"in {full.Name}");
        var part = Value("part", _table.RotaryPart ?? 1);
        if (_table.RotaryPart is not null)
            foreach (var key in _table.RotaryPartKeys) Note(key, "part", part);
        if (!hasLocal) return new RopeChoice(rope, rope, part);
        var slidingTheta = Value("sliding theta", _table.LocalThetaKey is null ? theta : _table.LocalTheta);
        if (_table.LocalThetaKey is { } localKey) Note(localKey, "sliding theta", slidingTheta);
        return new RopeChoice(rope, (sliding.Spec ?? new RopeSpec { Kind = RopeKind.Default, Theta = 0 }) with { Theta = slidingTheta, Interleaved = rope.Interleaved }, part);
    }

    private bool Interleaved() => _table.Has("rope_interleave") ? _reader.Flag("rope_interleave") : _table.RotatesNeighbours;

    private double Value(string what, double otherwise) => _numbers.TryGetValue(what, out var found) ? found.Value : otherwise;

    private void Note(string key, string what, double value)
    {
        var given = _numbers.TryGetValue(what, out var found);
        _reader.Note(key, value, given ? ValueSource.Given : ValueSource.Defaulted, !given ? _table.Source : found.Name == key ? null : $"as {found.Name}");
    }

    private void Number(string what, JsonElement element, string name)
    {
        if (!ConfigValue.TryReal(element, positive: true, out var value))
            _reader.Problem($"{name} is {ConfigValue.Quote(element.GetRawText())}; expected a finite number above 0.");
        else if (_numbers.TryGetValue(what, out var other) && other.Value != (double)value!)
            _reader.Problem($"{other.Name} is {ConfigValue.Show(other.Value)} but {name} is {ConfigValue.Show(value)}. Remove the wrong one.");
        else _numbers[what] = ((double)value!, name);
    }

    private void ByLayerType(string name, Dictionary<string, JsonElement> keys, Found full, Found sliding)
    {
        foreach (var (key, value) in keys)
        {
            if (value.ValueKind == JsonValueKind.Null) continue;
            if (key is not ("full_attention" or "sliding_attention") || value.ValueKind != JsonValueKind.Object)
            {
                _reader.Problem($"{name}.{ConfigValue.Quote(key)} is {ConfigValue.Quote(value.GetRawText())}; expected one object for full_attention and one for sliding_attention.");
                continue;
            }
            var which = key == "full_attention" ? full : sliding;
            var what = key == "full_attention" || (_table.LocalThetaKey is null && !_table.ScalesFullLayersOnly) ? "full" : "sliding";
            Block($"{name}.{key}", value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value), which, what);
        }
    }

    private void Block(string name, Dictionary<string, JsonElement> keys, Found found, string what)
    {
        if (keys.Count == 0) return;
        if (keys.Remove("rope_theta", out var inner) && inner.ValueKind != JsonValueKind.Null) Number(what + " theta", inner, name + ".rope_theta");
        if (Parse(name, keys) is not { } spec) return;
        if (found.Spec is not null && found.Spec != spec) _reader.Problem($"{found.Name} and {name} describe different rotations. Remove the wrong one.");
        (found.Spec, found.Name) = (spec, name);
    }

    private RopeSpec? Parse(string name, Dictionary<string, JsonElement> keys)
    {
        string? kind = null;
        foreach (var spelling in (ReadOnlySpan<string>)["rope_type", "type"])
        {
            if (!keys.Remove(spelling, out var element) || element.ValueKind == JsonValueKind.Null) continue;
            var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : null;
            if (text is null || (kind is not null && kind != text))
            {
                _reader.Problem($"{name}.{spelling} is {ConfigValue.Quote(element.GetRawText())}; expected one name of a rotation ({Implemented}).");
                return null;
            }
            kind = text;
        }
        // Transformers 5 writes rope_parameters for every rotary model; a rope_scaling without a type is broken in 4.
        if (kind is null && name == "rope_scaling")
        {
            _reader.Problem($"{name} names no rope_type ({Implemented}).");
            return null;
        }
        kind ??= "default";
        if (keys.Remove("partial_rotary_factor", out var part) && part.ValueKind != JsonValueKind.Null)
        {
            if (_table.RotaryPart is not null) Number("part", part, name + ".partial_rotary_factor");
            else if (part.GetRawText() is not ("1" or "1.0")) _reader.Problem($"{name}.partial_rotary_factor is {ConfigValue.Quote(part.GetRawText())}; only 1 is supported.");
        }
        // Old names of longrope (transformers, models/phi3/configuration_phi3.py).
        if (kind == "su" || (kind == "yarn" && keys.ContainsKey("long_factor") && _table.Has("original_max_position_embeddings"))) kind = "longrope";
        var before = _reader.Problems.Count;
        var block = new Parameters(_reader, name, kind, keys);
        RopeSpec? spec = kind switch
        {
            "default" => new RopeSpec { Kind = RopeKind.Default, Theta = 0 },
            "linear" => new RopeSpec { Kind = RopeKind.Linear, Theta = 0, Factor = block.Factor() },
            "dynamic" => Dynamic(block),
            "llama3" => Llama3(block),
            "yarn" => Yarn(block),
            "longrope" => LongRope(block),
            _ => Refuse($"{name} has rope_type '{ConfigValue.Quote(kind)}', which is not supported ({Implemented})."),
        };
        if (spec is null) return null;
        foreach (var (key, value) in keys)
            if (value.ValueKind != JsonValueKind.Null)
                _reader.Problem($"{name}.{ConfigValue.Quote(key)} ({ConfigValue.Quote(value.GetRawText())}) is not a parameter of the rotation '{kind}'.");
        return _reader.Problems.Count > before ? null : spec;
    }

    private RopeSpec? Refuse(string problem)
    {
        _reader.Problem(problem);
        return null;
    }

    private RopeSpec Dynamic(Parameters block)
    {
        var trained = _reader.Int(_table.PositionsKey);
        if (block.Positions("original_max_position_embeddings") is { } original && original != trained)
            block.Problem("original_max_position_embeddings", original, $"{_table.PositionsKey} {trained}, which is what the rotation 'dynamic' grows from");
        return new RopeSpec { Kind = RopeKind.Dynamic, Theta = 0, Factor = block.Factor(), OriginalMaxPositions = trained };
    }

    private static RopeSpec Llama3(Parameters block)
    {
        var (factor, low, high) = (block.Factor(), block.Required("low_freq_factor"), block.Required("high_freq_factor"));
        var original = block.Positions("original_max_position_embeddings", required: true) ?? 1;
        if (high <= low) block.Problem("high_freq_factor", high, $"more than low_freq_factor ({ConfigValue.Show(low)})");
        return new RopeSpec { Kind = RopeKind.Llama3, Theta = 0, Factor = factor, LowFrequencyFactor = low, HighFrequencyFactor = high, OriginalMaxPositions = original };
    }

    private RopeSpec Yarn(Parameters block)
    {
        var factor = block.Factor();
        var (mscale, all) = (block.Optional("mscale"), block.Optional("mscale_all_dim"));
        var attention = block.Optional("attention_factor") ?? (mscale is { } m && all is { } a ? Magnitude(factor, m) / Magnitude(factor, a) : Magnitude(factor, 1));
        return new RopeSpec
        {
            Kind = RopeKind.Yarn, Theta = 0, Factor = factor, AttentionFactor = attention,
            OriginalMaxPositions = block.Positions("original_max_position_embeddings") ?? _reader.Int(_table.PositionsKey),
            BetaFast = block.Optional("beta_fast") ?? 32, BetaSlow = block.Optional("beta_slow") ?? 1, Truncate = block.Flag("truncate") ?? true,
            // DeepSeek's attention scales by it once more, outside of the rotation.
            ScoreFactor = _table.Row(TensorPart.KeyValueDown) is not null && all is { } inScale ? Math.Pow(Magnitude(factor, inScale), 2) : 1,
        };

        static double Magnitude(double factor, double scale) => factor <= 1 ? 1 : .1 * scale * Math.Log(factor) + 1;
    }

    private RopeSpec LongRope(Parameters block)
    {
        var top = _table.Has("original_max_position_embeddings") ? _reader.Int("original_max_position_embeddings") : (int?)null;
        var inner = block.Positions("original_max_position_embeddings", required: top is null);
        if (top is { } t && inner is { } i && t != i) block.Problem("original_max_position_embeddings", i, $"{t}, as outside of it");
        var original = top ?? inner ?? 1;
        var ratio = (double)_reader.Int(_table.PositionsKey) / original;
        // Versions of transformers take the one or the other.
        if (block.Optional("factor") is { } factor && factor != ratio) block.Problem("factor", factor, $"{ConfigValue.Show(ratio)}, {_table.PositionsKey} over original_max_position_embeddings");
        var attention = block.Optional("attention_factor") ?? (ratio <= 1 ? 1 : Math.Sqrt(1 + Math.Log(ratio) / Math.Log(original)));
        return new RopeSpec
        {
            Kind = RopeKind.LongRope, Theta = 0, OriginalMaxPositions = original, AttentionFactor = attention, ShortFactors = block.List("short_factor"), LongFactors = block.List("long_factor"),
        };
    }

    private sealed class Found
    {
        public RopeSpec? Spec { get; set; }
        public string? Name { get; set; }
    }

    /// <summary>The parameters of one block, taken out as they are read.</summary>
    private sealed class Parameters(ConfigReader reader, string name, string kind, Dictionary<string, JsonElement> keys)
    {
        public double Factor()
        {
            var factor = Required("factor");
            if (factor < 1) Problem("factor", factor, "at least 1");
            return Math.Max(1, factor);
        }

        public double Required(string key)
        {
            if (!keys.ContainsKey(key)) reader.Problem($"{name}.{key} is missing; the rotation '{kind}' needs it.");
            return Optional(key) ?? 1;
        }

        public double? Optional(string key)
        {
            if (!keys.Remove(key, out var element) || element.ValueKind == JsonValueKind.Null) return null;
            if (!ConfigValue.TryReal(element, positive: true, out var value))
            {
                reader.Problem($"{name}.{key} is {ConfigValue.Quote(element.GetRawText())}; expected a finite number above 0.");
                return null;
            }
            reader.Note("rope." + key, value, ValueSource.Given, $"in {name}");
            return (double)value!;
        }

        public int? Positions(string key, bool required = false)
        {
            if ((required ? Required(key) : Optional(key)) is not { } value) return null;
            if (value == Math.Floor(value) && value <= int.MaxValue) return (int)value;
            Problem(key, value, $"an integer from 1 to {int.MaxValue}");
            return 1;
        }

        public bool? Flag(string key)
        {
            if (!keys.Remove(key, out var element) || element.ValueKind == JsonValueKind.Null) return null;
            if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                reader.Note("rope." + key, element.GetBoolean(), ValueSource.Given, $"in {name}");
                return element.GetBoolean();
            }
            reader.Problem($"{name}.{key} is {ConfigValue.Quote(element.GetRawText())}; expected true or false.");
            return null;
        }

        public ImmutableArray<double> List(string key)
        {
            if (!keys.Remove(key, out var element) || element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > 1 << 16)
            {
                reader.Problem($"{name}.{key} is missing or no list; the rotation '{kind}' needs one divisor for each pair of a head.");
                return [];
            }
            var list = ImmutableArray.CreateBuilder<double>();
            foreach (var item in element.EnumerateArray())
            {
                if (!ConfigValue.TryReal(item, positive: true, out var value))
                {
                    reader.Problem($"{name}.{key} has {ConfigValue.Quote(item.GetRawText())}; expected finite numbers above 0.");
                    return [];
                }
                list.Add((double)value!);
            }
            reader.Note("rope." + key, $"{list.Count} divisors", ValueSource.Given, $"in {name}");
            return list.ToImmutable();
        }

        public void Problem(string key, double value, string expected) => reader.Problem($"{name}.{key} is {ConfigValue.Show(value)}; expected {expected}.");
    }
}
