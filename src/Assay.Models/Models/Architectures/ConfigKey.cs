using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>What a value of a config must be.</summary>
public enum ConfigKind
{
    /// <summary>An extent of a tensor: an integer from 1 to 2²⁴.</summary>
    Size,
    /// <summary>A count that may be zero: an integer from 0 to 2²⁴.</summary>
    Count,
    /// <summary>A number of positions: an integer from 1 to 2³¹ − 1.</summary>
    Positions,
    /// <summary>A finite number that is not negative.</summary>
    Real,
    /// <summary>A finite number above zero.</summary>
    PositiveReal,
    /// <summary>True or false.</summary>
    Flag,
    /// <summary>A string.</summary>
    Text,
    /// <summary>A list of integers that are not negative.</summary>
    Indices,
    /// <summary>A list of <c>full_attention</c> and <c>sliding_attention</c>, one for each layer.</summary>
    LayerTypes,
    /// <summary>One token id.</summary>
    TokenId,
    /// <summary>A token id or a list of them.</summary>
    TokenIds,
}

/// <summary>One key that an architecture reads from <c>config.json</c>.</summary>
/// <param name="Name">Its name in transformers 4.57.</param>
/// <param name="Kind">What its value must be.</param>
public sealed record ConfigKey(string Name, ConfigKind Kind)
{
    /// <summary>Other names in use for the same thing, as transformers 5 or its <c>attribute_map</c> spells it.</summary>
    public ImmutableArray<string> OtherNames { get; init; } = [];

    /// <summary>Value where the key is absent: that of transformers' configuration class; null with <see cref="Required"/> unset means null.</summary>
    public object? Default { get; init; }

    /// <summary>True where the class supplies nothing: absence is an error.</summary>
    public bool Required { get; init; }

    /// <summary>Whether null is a value (no window, no cap, derived from another key).</summary>
    public bool Nullable { get; init; }

    /// <summary>A <see cref="ConfigKind.Size"/>.</summary>
    public static ConfigKey Size(string name, int? value, bool nullable = false) => Of(name, ConfigKind.Size, value, nullable);

    /// <summary>A <see cref="ConfigKind.Count"/>.</summary>
    public static ConfigKey Count(string name, int value) => Of(name, ConfigKind.Count, value, false);

    /// <summary>A <see cref="ConfigKind.Positions"/>.</summary>
    public static ConfigKey Positions(string name, int? value, bool nullable = false) => Of(name, ConfigKind.Positions, value, nullable);

    /// <summary>A <see cref="ConfigKind.Real"/>.</summary>
    public static ConfigKey Real(string name, double value) => Of(name, ConfigKind.Real, value, false);

    /// <summary>A <see cref="ConfigKind.PositiveReal"/>.</summary>
    public static ConfigKey PositiveReal(string name, double value, bool nullable = false) => Of(name, ConfigKind.PositiveReal, value, nullable);

    /// <summary>A <see cref="ConfigKind.Flag"/>.</summary>
    public static ConfigKey Flag(string name, bool value) => Of(name, ConfigKind.Flag, value, false);

    /// <summary>A <see cref="ConfigKind.Text"/>.</summary>
    public static ConfigKey Text(string name, string? value) => Of(name, ConfigKind.Text, value, value is null);

    /// <summary>A <see cref="ConfigKind.TokenId"/>; null for none.</summary>
    public static ConfigKey TokenId(string name, int? value) => Of(name, ConfigKind.TokenId, value, true);

    /// <summary>A <see cref="ConfigKind.TokenIds"/>; null for none.</summary>
    public static ConfigKey TokenIds(string name, int? value) => Of(name, ConfigKind.TokenIds, value is { } id ? ImmutableArray.Create(id) : null, true);

    private static ConfigKey Of(string name, ConfigKind kind, object? value, bool nullable) => new(name, kind) { Default = value, Nullable = nullable };
}
