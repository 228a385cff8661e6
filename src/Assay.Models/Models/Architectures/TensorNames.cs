using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Models.Architectures;

/// <summary>Which stored tensor serves which expected one.</summary>
public sealed class TensorNames
{
    private const int Listed = 20;

    private TensorNames(IReadOnlyDictionary<string, string> stored, IReadOnlyList<string> buffers, string? tiedHead)
    {
        Stored = stored;
        Buffers = buffers;
        TiedHead = tiedHead;
    }

    /// <summary>Stored name by canonical name (<see cref="TensorSpec.Name"/>); every expected tensor but those optional and absent.</summary>
    public IReadOnlyDictionary<string, string> Stored { get; }

    /// <summary>Stored tensors that no forward pass reads (old masks and inverse frequencies, multi-token prediction, the parts of a multimodal model that are not its language model), in the order found.</summary>
    public IReadOnlyList<string> Buffers { get; }

    /// <summary>Stored name of a head that is tied to the embedding and stored anyway: it must equal the embedding. Null for none.</summary>
    public string? TiedHead { get; }

    /// <summary>Assigns stored names to a config's tensors, with or without the architecture's prefix.</summary>
    /// <exception cref="InvalidInputException">A tensor is missing, unexpected, or there twice.</exception>
    internal static TensorNames Match(ArchitectureTable table, TransformerSpec spec, IReadOnlyList<TensorSpec> expected, IEnumerable<string> stored, string where, bool multimodal)
    {
        var canonical = expected.ToDictionary(t => t.Name);
        var found = new Dictionary<string, string>();
        List<string> buffers = [], unexpected = [], problems = [];
        foreach (var name in stored)
        {
            if ((multimodal ? MultimodalTable.Own(name) : name) is not { } own)
            {
                buffers.Add(name);
                continue;
            }
            var full = canonical.ContainsKey(own) ? own : table.Prefix + own;
            if (canonical.ContainsKey(full))
            {
                if (!found.TryAdd(full, name)) problems.Add($"{where}: '{found[full]}' and '{name}' are both {full}. Remove one.");
            }
            else if (IsUnread(table, own, spec.Layers.Length)) buffers.Add(name);
            else unexpected.Add(name);
        }
        var missing = expected.Where(t => !t.Optional && !found.ContainsKey(t.Name)).Select(t => t.Name).ToList();
        List(missing, "is missing; the config expects it");
        List(unexpected, $"is not a tensor of '{table.ModelType}' with this config");
        if (problems.Count > 0) throw new InvalidInputException(problems);
        var head = table.Row(TensorPart.Head)!.Module + ".weight";
        return new TensorNames(found, buffers, spec.Head.Weight != head ? found.GetValueOrDefault(head) : null);

        void List(List<string> names, string what)
        {
            foreach (var name in names.Take(Listed)) problems.Add($"{where}: tensor '{ConfigValue.Quote(name)}' {what}.");
            if (names.Count > Listed) problems.Add($"{where}: and {names.Count - Listed} more of which each {what}.");
        }
    }

    /// <summary>Whether a name is one that the architecture stores and no forward pass reads: a buffer, or a module left aside.</summary>
    internal static bool IsUnread(ArchitectureTable table, string own, int layers) =>
        table.Unused.Any(u => own.StartsWith(u, StringComparison.Ordinal)) || table.Buffers.Any(b => IsBuffer(b, own, layers) || IsBuffer(b, table.Prefix + own, layers));

    private static bool IsBuffer(string pattern, string name, int layers)
    {
        const string hole = "{layer}";
        var at = pattern.IndexOf(hole, StringComparison.Ordinal);
        if (at < 0) return name == pattern;
        var tail = pattern.AsSpan(at + hole.Length);
        if (name.Length <= at + tail.Length) return false;
        if (!name.AsSpan().StartsWith(pattern.AsSpan(0, at), StringComparison.Ordinal) || !name.AsSpan().EndsWith(tail, StringComparison.Ordinal)) return false;
        return int.TryParse(name.AsSpan(at, name.Length - at - tail.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer) && layer < layers;
    }
}
