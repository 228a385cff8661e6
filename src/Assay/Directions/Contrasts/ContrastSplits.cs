using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Directions.Contrasts;

/// <summary>A contrast set cut into three disjoint splits.</summary>
/// <remarks>An item's split follows from a hash of its text, so it stays where it is when the set is reordered or grows. Items of one pair, and items of one text (whatever
/// its white space), stay together, and a target with whatever has the text of its benign twin, which is read beside it: their group's number is the hash of the least of their hashes.</remarks>
/// <param name="Direction">For estimating.</param>
/// <param name="Selection">For choosing.</param>
/// <param name="Report">For measuring, once.</param>
public sealed record ContrastSplits(ContrastSplit Direction, ContrastSplit Selection, ContrastSplit Report)
{
    // A change of the rule is a change of this text.
    private const string Rule = "assay contrast split 1\n";

    /// <summary>Cuts a set.</summary>
    /// <param name="set">What to cut.</param>
    /// <param name="shares">The splits' shares; null for the default.</param>
    /// <exception cref="InvalidInputException">A prompt stands on both sides, a twin is a target, or a split has no item on one side.</exception>
    public static ContrastSplits Of(ContrastSet set, ContrastShares? shares = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        var problems = new ProblemList();
        var sides = new HashSet<string>(set.Targets.Select(i => Canonical(i.Prompt)), StringComparer.Ordinal);
        foreach (var item in set.Baselines)
            if (sides.Contains(Canonical(item.Prompt))) problems.Add($"{set.Name}: the prompt {ProblemList.Quote(item.Prompt)} is both a target and a baseline item. A prompt belongs to one side.");
        foreach (var item in set.Targets)
            if (item.Twin is { } twin && sides.Contains(Canonical(twin))) problems.Add($"{set.Name}: {ProblemList.Quote(twin)} is the twin of {ProblemList.Quote(item.Prompt)} and a target item itself. A twin is benign.");
        problems.ThrowIfAny();

        var parts = PartsOf(set, shares ?? ContrastShares.Default);
        var splits = new ContrastSplit[3];
        foreach (var part in (ReadOnlySpan<ContrastPart>)[ContrastPart.Direction, ContrastPart.Selection, ContrastPart.Report])
        {
            var items = set with
            {
                Targets = [.. set.Targets.Where((_, i) => parts[i] == part)],
                Baselines = [.. set.Baselines.Where((_, i) => parts[set.Targets.Length + i] == part)],
            };
            splits[(int)part] = new ContrastSplit(part, items, Hash(items));
            if (items.Targets.IsEmpty || items.Baselines.IsEmpty)
                problems.Add($"{set.Name}: the {part.ToString().ToLowerInvariant()} split has {items.Targets.Length} target and {items.Baselines.Length} baseline items of {set.Targets.Length} and {set.Baselines.Length}; it needs both. Add prompts: a few dozen of either side are the least.");
        }

        problems.ThrowIfAny();
        return new ContrastSplits(splits[0], splits[1], splits[2]);
    }

    /// <summary>The split that a pair of prompts, or a prompt alone, falls into.</summary>
    /// <param name="shares">The splits' shares.</param>
    /// <param name="prompts">All prompts of the group.</param>
    public static ContrastPart PartOf(ContrastShares shares, params ReadOnlySpan<string> prompts)
    {
        var least = "";
        foreach (var prompt in prompts)
            if (Digest(Canonical(prompt)) is var digest && (least.Length == 0 || string.CompareOrdinal(digest, least) < 0)) least = digest;
        return shares.PartOf(Number(least));
    }

    /// <summary>The split of every target, then of every baseline.</summary>
    private static ContrastPart[] PartsOf(ContrastSet set, ContrastShares shares)
    {
        var items = set.Targets.AddRange(set.Baselines);
        var parent = Enumerable.Range(0, items.Length).ToArray();
        var firstOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < items.Length; i++)
        {
            Join("text " + Canonical(items[i].Prompt), i);
            if (items[i].Pair is { } key) Join("pair " + key, i);
            if (TwinOf(items[i]) is { } twin) Join("text " + twin, i);
        }

        var least = new string[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            var root = Root(i);
            foreach (var text in (ReadOnlySpan<string?>)[Canonical(items[i].Prompt), TwinOf(items[i])])
                if (text is not null && Digest(text) is var digest && (least[root] is null || string.CompareOrdinal(digest, least[root]) < 0)) least[root] = digest;
        }

        return [.. Enumerable.Range(0, items.Length).Select(i => shares.PartOf(Number(least[Root(i)])))];

        void Join(string key, int item)
        {
            if (!firstOf.TryAdd(key, item)) parent[Root(item)] = Root(firstOf[key]);
        }

        // A twin's text decides too, so that a baseline of that text can be appended later and moves nothing.
        static string? TwinOf(ContrastItem item) => item.Twin is { } twin ? Canonical(twin) : null;

        int Root(int item)
        {
            while (parent[item] != item) item = parent[item] = parent[parent[item]];
            return item;
        }
    }

    // Of the least of several hashes a hash again: the least itself would be small more often than not.
    private static double Number(string digest) => (BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(digest))) >> 11) * (1.0 / (1UL << 53));

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Rule + text)));

    private static string Canonical(string prompt) => string.Join(' ', prompt.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Hash(ContrastSet set)
    {
        var lines = set.Targets.Select(i => Line("target", i)).Concat(set.Baselines.Select(i => Line("baseline", i))).Order(StringComparer.Ordinal).ToImmutableArray();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    // Lengths before the fields, so that no two items run together to the same bytes.
    private static string Line(string side, ContrastItem item) =>
        string.Concat(((string?[])[side, item.Prompt, item.Pair, item.Opening, item.Twin, item.Answer]).Select(f => f is null ? "-;" : $"{f.Length}:{f};"));
}
