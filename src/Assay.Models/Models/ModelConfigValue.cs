namespace Assay.Models;

/// <summary>Where a value of a config comes from, or why it is not read.</summary>
public enum ValueSource
{
    /// <summary>Written in the config.</summary>
    Given,
    /// <summary>Absent; the default of transformers' class, or derived from other keys as that class does.</summary>
    Defaulted,
    /// <summary>Not known and null, false or empty: it says nothing.</summary>
    Ignored,
    /// <summary>Written in the config and not read by the forward pass.</summary>
    Shown,
}

/// <summary>One key of a config as it was understood.</summary>
/// <param name="Key">Its name in transformers 4.57.</param>
/// <param name="Value">Its value as text; numbers without needless zeros, lists with commas.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Detail">The spelling found, where the default comes from, or why it is not read; null where there is nothing to add.</param>
public sealed record ResolvedValue(string Key, string Value, ValueSource Source, string? Detail);
