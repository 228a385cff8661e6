using System.Collections.Immutable;
using System.Text.Json;

namespace Assay.Models.Architectures;

/// <summary>Turns the keys of an untrusted config into typed values by a table, noting every problem and where each value came from.</summary>
/// <remarks>A value with a problem takes its default, so that reading goes on and finds the others; checks that rest on it are left out.</remarks>
internal sealed class ConfigReader
{
    // Names that speak of computation (architecture.md): an unknown key with one of them may change what the model does.
    private static readonly ImmutableArray<string> ComputationWords = ["rope", "scal", "norm", "window", "cap", "bias", "multiplier", "expert", "head"];

    private static readonly ImmutableArray<PinnedKey> PinnedEverywhere =
    [
        new("is_encoder_decoder", false, "an encoder beside the decoder"),
        new("add_cross_attention", false, "attention to an encoder"),
        new("is_causal", true, "attention to later tokens"),
    ];

    private readonly IReadOnlyDictionary<string, JsonElement> _given;
    private readonly Dictionary<string, object?> _values = [];
    private readonly HashSet<string> _broken = [];
    private readonly HashSet<string> _used = [];
    private readonly List<ResolvedValue> _resolved = [];

    internal ConfigReader(IReadOnlyDictionary<string, JsonElement> given, string where)
    {
        _given = given;
        Where = where;
    }

    internal string Where { get; }

    internal List<string> Problems { get; } = [];

    internal IReadOnlyList<ResolvedValue> Resolved => _resolved;

    internal void Problem(string text) => Problems.Add($"{Where}: {text}");

    internal void ReadKeys(ArchitectureTable table)
    {
        foreach (var key in table.Keys) Read(key, table.Source);
        Read(new ConfigKey("dtype", ConfigKind.Text) { OtherNames = ["torch_dtype"], Nullable = true }, table.Source);
        foreach (var pin in table.Pinned.Concat(PinnedEverywhere)) ReadPinned(pin);
        if (table.RotaryPart is null) ReadPinned(new PinnedKey("partial_rotary_factor", 1, "rotation of a part of each head"));
    }

    internal int Int(string key) => (int)_values[key]!;

    internal int? OptionalInt(string key) => (int?)_values.GetValueOrDefault(key);

    internal double Real(string key) => (double)_values[key]!;

    internal double? OptionalReal(string key) => (double?)_values.GetValueOrDefault(key);

    internal bool Flag(string key) => (bool)_values[key]!;

    /// <summary>Whether a row or a rule governed by a key applies: true, or set to a value; with <c>!</c> before it, the opposite.</summary>
    internal bool Holds(string condition) =>
        condition[0] == '!' ? !Holds(condition[1..]) : _values.GetValueOrDefault(condition) is { } value && value is not false;

    internal string? Text(string key) => (string?)_values.GetValueOrDefault(key);

    internal ImmutableArray<int> Ints(string key) => _values.GetValueOrDefault(key) is ImmutableArray<int> list ? list : [];

    internal ImmutableArray<string>? Texts(string key) => _values.GetValueOrDefault(key) is ImmutableArray<string> list ? list : null;

    /// <summary>Whether all of these were read without a problem, so that a check on them means something.</summary>
    internal bool Sound(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (_broken.Contains(key)) return false;
        return true;
    }

    /// <summary>Whether the config has the key with a value other than null; the key counts as read.</summary>
    internal bool TryTake(string key, out JsonElement value)
    {
        if (!_given.TryGetValue(key, out value)) return false;
        _used.Add(key);
        return value.ValueKind != JsonValueKind.Null;
    }

    internal void Note(string key, object? value, ValueSource source, string? detail)
    {
        _resolved.RemoveAll(r => r.Key == key);
        _resolved.Add(new ResolvedValue(key, ConfigValue.Show(value), source, detail));
    }

    /// <summary>Notes a value that follows from others where the key is absent or null.</summary>
    internal void Derived(string key, object value, string rule)
    {
        var index = _resolved.FindIndex(r => r.Key == key);
        if (index >= 0) _resolved[index] = new ResolvedValue(key, ConfigValue.Show(value), ValueSource.Defaulted, rule);
    }

    /// <summary>Notes that a key stands in the config only because something else was turned into one.</summary>
    internal void SaidByNobody(string key, string source)
    {
        var index = _resolved.FindIndex(r => r.Key == key);
        if (index >= 0) _resolved[index] = _resolved[index] with { Source = ValueSource.Defaulted, Detail = source };
    }

    /// <summary>Notes that another key puts a value out of force.</summary>
    internal void Overruled(string key, object? value, string rule)
    {
        var index = _resolved.FindIndex(r => r.Key == key);
        if (index >= 0 && _resolved[index].Value != ConfigValue.Show(value)) _resolved[index] = _resolved[index] with { Value = ConfigValue.Show(value), Detail = rule };
    }

    /// <summary>Sorts the keys that nothing has read into those that say nothing, those that are merely shown and those refused.</summary>
    internal void SortTheRest(ArchitectureTable table)
    {
        foreach (var (key, value) in _given.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (_used.Contains(key)) continue;
            var text = ConfigValue.Quote(value.GetRawText());
            if (SaysNothing(value)) _resolved.Add(new ResolvedValue(ConfigValue.Quote(key), text, ValueSource.Ignored, "unknown, and null, false or empty"));
            else if (table.Unread.Contains(key)) _resolved.Add(new ResolvedValue(key, text, ValueSource.Shown, $"{table.Source} does not read it"));
            else if (ComputationWord(key) is { } word)
                Problem($"key '{ConfigValue.Quote(key)}' ({text}) is not one that '{table.ModelType}' is known to have and its name ('{word}') speaks of computation; " +
                    "remove it if it has no effect, otherwise this variant of the architecture is not supported.");
            else _resolved.Add(new ResolvedValue(ConfigValue.Quote(key), text, ValueSource.Shown, "not read by the forward pass"));
        }
    }

    /// <summary>The word in a key's name that speaks of computation; null for none.</summary>
    internal static string? ComputationWord(string key) => ComputationWords.FirstOrDefault(w => key.Contains(w, StringComparison.OrdinalIgnoreCase));

    internal static bool SaysNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => value.ValueEquals(""),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        _ => false,
    };

    private void Read(ConfigKey key, string source)
    {
        string? spelling = null;
        object? value = null;
        foreach (var name in key.OtherNames.Prepend(key.Name))
        {
            if (!_given.TryGetValue(name, out var element)) continue;
            _used.Add(name);
            if (!ConfigValue.TryConvert(key, element, out var converted, out var expected))
            {
                Problem($"{name} is {ConfigValue.Quote(element.GetRawText())}; expected {expected}.");
                _broken.Add(key.Name);
            }
            else if (spelling is not null && ConfigValue.Show(converted) != ConfigValue.Show(value))
            {
                Problem($"{spelling} is {ConfigValue.Show(value)} but {name}, which means the same, is {ConfigValue.Show(converted)}. Remove the wrong one.");
                _broken.Add(key.Name);
            }
            else
            {
                spelling = name;
                value = converted;
            }
        }
        if (spelling is null)
        {
            if (key.Required && !_broken.Contains(key.Name))
            {
                Problem($"{key.Name} is missing and {source} has no default for it.");
                _broken.Add(key.Name);
            }
            value = key.Default;
        }
        if (value is int number && key.Kind is ConfigKind.Real or ConfigKind.PositiveReal) value = (double)number;
        if (value is null && !key.Nullable && !key.Required) throw new InvalidOperationException($"{key.Name} has neither a default nor null.");
        _values[key.Name] = value ?? (key.Nullable ? null : ConfigValue.Placeholder(key.Kind));
        _resolved.Add(new ResolvedValue(key.Name, ConfigValue.Show(value), spelling is null ? ValueSource.Defaulted : ValueSource.Given,
            spelling is null ? source : spelling == key.Name ? null : $"as {spelling}"));
    }

    private void ReadPinned(PinnedKey pin)
    {
        if (!TryTake(pin.Name, out var value)) return;
        var agrees = pin.Value switch
        {
            bool flag => value.ValueKind == (flag ? JsonValueKind.True : JsonValueKind.False),
            string text => value.ValueKind == JsonValueKind.String && value.ValueEquals(text),
            int number => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var d) && d == number,
            _ => false,
        };
        if (!agrees) Problem($"{pin.Name} is {ConfigValue.Quote(value.GetRawText())}; only {ConfigValue.Show(pin.Value)} is supported. Another value means {pin.Meaning}.");
        else Note(pin.Name, pin.Value, ValueSource.Given, null);
    }
}
