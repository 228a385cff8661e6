using System.Collections.Immutable;
using Assay.Checkpoints;

namespace Assay.Models;

/// <summary>A type that weights are stored in.</summary>
/// <param name="DType">Its name, as <c>BF16</c> or <c>Q8_0</c>.</param>
/// <param name="Tensors">Tensors of this type.</param>
/// <param name="Elements">Their elements.</param>
public sealed record StoredType(string DType, int Tensors, long Elements);

/// <summary>How a model's weights are stored, beside their values: two models with one <see cref="WeightsHash"/> may differ here, and compute the
/// same.</summary>
/// <param name="Types">The types of what the forward pass reads, most elements first, then by name.</param>
/// <param name="Prefix">What the names of the language model's tensors begin with, as <c>model.</c> or <c>language_model.model.</c>; empty for none.</param>
/// <param name="StackedExperts">Whether tensors of a layer hold all of its experts where the architecture's checkpoints have one for each.</param>
/// <param name="TiedHeadStored">Whether the head is stored although the config says that it is the embedding.</param>
/// <param name="Unread">Stored tensors that the forward pass does not read (old buffers, the other parts of a multimodal model).</param>
public sealed record WeightsStorage(ImmutableArray<StoredType> Types, string Prefix, bool StackedExperts, bool TiedHeadStored, int Unread)
{
    /// <summary>The types in a few words: <c>BF16</c>, or <c>BF16 and F32</c>.</summary>
    public string TypeNames => Types.Length < 2 ? Types.FirstOrDefault()?.DType ?? "nothing"
        : $"{string.Join(", ", Types.SkipLast(1).Select(t => t.DType))} and {Types[^1].DType}";

    /// <summary>All in one line, for a reader.</summary>
    public string Summary => string.Join("; ", Parts());

    /// <summary>What differs from another model's storage, a clause each, as <c>stored as F32 (base: BF16)</c>; empty where nothing does.</summary>
    /// <param name="baseStorage">Of the model that this one is compared with.</param>
    public IReadOnlyList<string> DifferencesFrom(WeightsStorage baseStorage)
    {
        ArgumentNullException.ThrowIfNull(baseStorage);
        var differences = new List<string>();
        if (!Types.SequenceEqual(baseStorage.Types))
        {
            differences.Add(TypeNames != baseStorage.TypeNames ? $"stored as {TypeNames} (base: {baseStorage.TypeNames})"
                : $"stored as {string.Join(", ", Types.Select(t => $"{t.Elements} elements of {t.DType}"))} (base: " +
                    $"{string.Join(", ", baseStorage.Types.Select(t => $"{t.Elements} of {t.DType}"))})");
        }
        if (Prefix != baseStorage.Prefix) differences.Add($"tensor names begin with {Quote(Prefix)} (base: {Quote(baseStorage.Prefix)})");
        if (StackedExperts != baseStorage.StackedExperts) differences.Add(StackedExperts ? "experts stacked in one tensor (base: a tensor for each)"
            : "a tensor for each expert (base: stacked in one)");
        if (TiedHeadStored != baseStorage.TiedHeadStored) differences.Add(TiedHeadStored ? "the tied head stored a second time (base: once)"
            : "the tied head stored once (base: twice)");
        return differences;
    }

    /// <inheritdoc/>
    public bool Equals(WeightsStorage? other) =>
        other is not null && Types.SequenceEqual(other.Types) && Prefix == other.Prefix && StackedExperts == other.StackedExperts
            && TiedHeadStored == other.TiedHeadStored && Unread == other.Unread;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(TypeNames, Prefix, StackedExperts, TiedHeadStored, Unread);

    /// <summary>Reads it off bound tensors.</summary>
    /// <param name="names">Which stored tensor serves which expected one.</param>
    /// <param name="weights">Tensor by canonical name.</param>
    /// <param name="embedding">Canonical name of the embedding.</param>
    internal static WeightsStorage Of(Architectures.TensorNames names, IReadOnlyDictionary<string, Tensor> weights, string embedding)
    {
        // Experts of one stack are one tensor of the file. A head that is stored although it is tied is one more copy of what is read, and does not count.
        var read = weights.Where(w => names.TiedHead is null || names.Stored.GetValueOrDefault(w.Key) != names.TiedHead);
        var types = read.GroupBy(w => w.Value.DType).Select(g => new StoredType(g.Key.FormatName(), g.Select(w => names.Stored[w.Key]).Distinct().Count(),
            g.Sum(w => w.Value.Count)));
        return new WeightsStorage([.. types.OrderByDescending(t => t.Elements).ThenBy(t => t.DType, StringComparer.Ordinal)],
            PrefixOf(names.Stored[embedding]), names.Parts.Count > 0, names.TiedHead is not null, names.Buffers.Count);
    }

    // Without the module and 'weight'.
    private static string PrefixOf(string stored)
    {
        var end = stored.Length;
        for (var parts = 0; parts < 2 && end > 0; parts++) end = stored.LastIndexOf('.', end - 1);
        return end < 0 ? "" : stored[..(end + 1)];
    }

    private static string Quote(string prefix) => prefix.Length == 0 ? "no prefix" : $"'{prefix}'";

    private IEnumerable<string> Parts()
    {
        yield return TypeNames;
        yield return Prefix.Length == 0 ? "names without a prefix" : $"names begin with '{Prefix}'";
        if (StackedExperts) yield return "experts stacked in one tensor";
        if (TiedHeadStored) yield return "the tied head stored a second time";
        if (Unread > 0) yield return Unread == 1 ? "one tensor that nothing reads" : $"{Unread} tensors that nothing reads";
    }
}
