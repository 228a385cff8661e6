using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Models.Architectures;

/// <summary>Which stored tensor serves which expected one.</summary>
public sealed class TensorNames
{
    private TensorNames(Dictionary<string, string> stored, Dictionary<string, StackedPart> parts, List<string> buffers, List<string> unexpected,
        List<(string Name, string First, string Second)> doubles)
    {
        Stored = stored;
        Parts = parts;
        Buffers = buffers;
        Unexpected = unexpected;
        Doubles = doubles;
    }

    /// <summary>Stored name by canonical name (<see cref="TensorSpec.Name"/>); every expected tensor but those optional and absent. One name serves several
    /// where it holds all experts of a layer.</summary>
    public IReadOnlyDictionary<string, string> Stored { get; }

    /// <summary>Stored tensors that no forward pass reads (old masks and inverse frequencies, multi-token prediction, the parts of a multimodal model that are not its language model), in the order found.</summary>
    public IReadOnlyList<string> Buffers { get; }

    /// <summary>Stored name of a head that is tied to the embedding and stored anyway: it must equal the embedding. Null for none.</summary>
    public string? TiedHead { get; private set; }

    /// <summary>Expected tensors that stand inside a stored one, by canonical name.</summary>
    internal IReadOnlyDictionary<string, StackedPart> Parts { get; }

    /// <summary>Stored tensors that the architecture does not have, in the order found.</summary>
    internal IReadOnlyList<string> Unexpected { get; }

    /// <summary>Canonical names that two stored tensors serve; the first counts.</summary>
    internal IReadOnlyList<(string Name, string First, string Second)> Doubles { get; }

    /// <summary>Assigns stored names to a config's tensors, with or without the architecture's prefix and that of a multimodal model, experts one by one or
    /// stacked.</summary>
    /// <exception cref="InvalidInputException">A tensor is missing, unexpected, or there twice.</exception>
    internal static TensorNames Match(ArchitectureTable table, TransformerSpec spec, IReadOnlyList<TensorSpec> expected, IEnumerable<string> stored, string where, bool multimodal)
    {
        var names = Assign(table, spec, expected, stored, multimodal);
        var problems = names.Doubles.Select(d => $"{where}: '{d.First}' and '{d.Second}' are both {d.Name}. Remove one.").ToList();
        var missing = expected.Where(t => !t.Optional && !names.Stored.ContainsKey(t.Name)).Select(t => t.Name).ToList();
        problems.AddRange(TensorProblems.Missing(spec, missing, names.Stored.Count == 0).Select(p => $"{where}: {p}"));
        problems.AddRange(TensorProblems.Unexpected(table.ModelType, names.Unexpected).Select(p => $"{where}: {p}"));
        return problems.Count == 0 ? names : throw new InvalidInputException(problems);
    }

    /// <summary>The same, whatever is missing or unexpected.</summary>
    internal static TensorNames Assign(ArchitectureTable table, TransformerSpec spec, IReadOnlyList<TensorSpec> expected, IEnumerable<string> stored,
        bool multimodal)
    {
        var canonical = expected.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var stacks = StackedExperts.Of(table, spec);
        var spellings = StackedExperts.Spellings(table, expected);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var parts = new Dictionary<string, StackedPart>(StringComparer.Ordinal);
        List<string> buffers = [], unexpected = [];
        var doubles = new List<(string, string, string)>();
        foreach (var name in stored)
        {
            var own = MultimodalTable.Own(name);
            if (own is null && multimodal)
            {
                buffers.Add(name);
                continue;
            }
            own ??= name;
            if (Known(own) is not { } full)
            {
                (IsUnread(table, spec, own) ? buffers : unexpected).Add(name);
                continue;
            }
            if (!stacks.TryGetValue(full, out var within)) Put(full, name, null);
            else
                foreach (var (part, place) in within) Put(part, name, place with { Stored = name });
        }

        var head = table.Row(TensorPart.Head)!.Module + ".weight";
        return new TensorNames(found, parts, buffers, unexpected, doubles) { TiedHead = spec.Head.Weight != head ? found.GetValueOrDefault(head) : null };

        string? Known(string own)
        {
            foreach (var full in (ReadOnlySpan<string>)[own, table.Prefix + own])
            {
                if (canonical.Contains(full) || stacks.ContainsKey(full)) return full;
                if (spellings.TryGetValue(full, out var usual)) return usual;
            }
            return null;
        }

        void Put(string full, string name, StackedPart? place)
        {
            // Of a stack that doubles single tensors one sentence is enough.
            if (!found.TryAdd(full, name))
            {
                if (!doubles.Exists(d => d.Item3 == name)) doubles.Add((full, found[full], name));
            }
            else if (place is not null) parts.Add(full, place);
        }
    }

    /// <summary>The tensor that serves an expected one.</summary>
    /// <param name="checkpoint">Whose names these are.</param>
    /// <param name="expected">A tensor with a stored name and, where it stands inside another, its shape there.</param>
    internal Tensor Take(Checkpoint checkpoint, TensorSpec expected)
    {
        var whole = checkpoint[Stored[expected.Name]];
        return Parts.TryGetValue(expected.Name, out var part) ? whole.Part(expected.Name, part.First(expected.Shape), expected.Shape) : whole;
    }

    private static bool IsUnread(ArchitectureTable table, TransformerSpec spec, string own) =>
        table.Unused.Any(u => own.StartsWith(u, StringComparison.Ordinal))
            || table.Buffers.Any(b => IsBuffer(b, own, spec.Layers.Length) || IsBuffer(b, table.Prefix + own, spec.Layers.Length));

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
