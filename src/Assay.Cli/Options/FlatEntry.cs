namespace Assay.Cli.Options;

/// <summary>A key of a flat mapping with its value, with a list of values, or with a mapping of words to words.</summary>
/// <param name="Key">The key.</param>
/// <param name="Values">One value, or those of a list, each null where the file says that there is none (<c>null</c>, <c>~</c> or nothing); null for a mapping
/// or a list of lists or mappings.</param>
/// <param name="IsList">Whether the value is a list.</param>
/// <param name="Line">Where the value begins.</param>
/// <param name="Pairs">The entries of a mapping of words to words, each value null where the file says that there is none; null for anything else.</param>
internal sealed record FlatEntry(string Key, IReadOnlyList<string?>? Values, bool IsList, long Line,
    IReadOnlyList<KeyValuePair<string, string?>>? Pairs = null);
