namespace Assay.Cli.Options;

/// <summary>A key of a flat mapping with its value, or with a list of values.</summary>
/// <param name="Key">The key.</param>
/// <param name="Values">One value, or those of a list, each null where the file says that there is none (<c>null</c>, <c>~</c> or nothing); null for a mapping
/// or a list of lists or mappings.</param>
/// <param name="IsList">Whether the value is a list.</param>
/// <param name="Line">Where the value begins.</param>
internal sealed record FlatEntry(string Key, IReadOnlyList<string?>? Values, bool IsList, long Line);
