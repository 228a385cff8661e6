namespace Assay.Evaluation.Diffing;

/// <summary>Finds where units (rows, neurons, heads) of the candidate stand in the base. Each piece of each line that is found votes; what most say is taken,
/// and checked by whoever asked.</summary>
internal sealed class UnitVotes(int units)
{
    private const int MostAlike = 8;
    private readonly Dictionary<int, int>[] _votes = new Dictionary<int, int>[units];

    /// <summary>Whether any unit was found at another index.</summary>
    public bool AnyElsewhere { get; private set; }

    /// <summary>Adds the pieces of lines; a unit of several lines is known by all of them.</summary>
    /// <param name="original">The base's.</param>
    /// <param name="changed">The candidate's.</param>
    /// <param name="size">Lines of a unit.</param>
    /// <param name="allowed">Which units of the base may be where; null for all.</param>
    public void Add(LineProbe original, LineProbe changed, int size = 1, Func<int, int, bool>? allowed = null)
    {
        for (var g = 0; g < Math.Min(original.Keys.Length, changed.Keys.Length); g++)
        {
            var (before, after) = (Joined(original.Keys[g], size), Joined(changed.Keys[g], size));
            var places = new Dictionary<ulong, List<int>>();
            for (var u = 0; u < before.Length; u++)
            {
                if (before[u] == 0) continue;
                if (!places.TryGetValue(before[u], out var list)) places[before[u]] = list = [];
                if (list.Count < MostAlike) list.Add(u);
            }

            for (var u = 0; u < Math.Min(units, after.Length); u++)
            {
                if (after[u] == 0) continue;
                // Where the line at the same index is this one, others like it are no evidence of a move.
                if (u < before.Length && before[u] == after[u] && allowed?.Invoke(u, u) != false) Vote(u, u);
                else if (places.TryGetValue(after[u], out var list))
                {
                    foreach (var source in list)
                    {
                        if (allowed?.Invoke(u, source) == false) continue;
                        Vote(u, source);
                        AnyElsewhere |= source != u;
                    }
                }
            }
        }
    }

    /// <summary>For each unit of the candidate the base's that most votes say; −1 where none does.</summary>
    public int[] Sources()
    {
        var sources = new int[units];
        for (var u = 0; u < units; u++)
        {
            sources[u] = -1;
            if (_votes[u] is not { } votes) continue;
            var most = votes.Values.Max();
            // Of units that are alike, the one that goes on from the unit before.
            var goesOn = u > 0 && sources[u - 1] >= 0 ? sources[u - 1] + 1 : -1;
            sources[u] = votes.GetValueOrDefault(u) == most ? u : votes.GetValueOrDefault(goesOn) == most ? goesOn
                : votes.Where(v => v.Value == most).Min(v => v.Key);
        }

        return sources;
    }

    /// <summary>A one-to-one order of all units: those found, and in the places left over those that were not, at their own index where that is free. Null
    /// where two came from one.</summary>
    public int[]? Order()
    {
        var sources = Sources();
        var taken = new bool[units];
        foreach (var source in sources)
        {
            if (source < 0) continue;
            if (source >= units || taken[source]) return null;
            taken[source] = true;
        }

        for (var u = 0; u < units; u++)
            if (sources[u] < 0 && !taken[u]) taken[sources[u] = u] = true;
        var free = 0;
        for (var u = 0; u < units; u++)
        {
            if (sources[u] >= 0) continue;
            while (taken[free]) free++;
            taken[sources[u] = free] = true;
        }

        return sources;
    }

    private void Vote(int unit, int source)
    {
        var votes = _votes[unit] ??= [];
        votes[source] = votes.GetValueOrDefault(source) + 1;
    }

    private static ulong[] Joined(ulong[] keys, int size)
    {
        if (size == 1) return keys;
        var joined = new ulong[keys.Length / size];
        for (var u = 0; u < joined.Length; u++)
        {
            ulong sum = 0, any = 0;
            for (var k = 0; k < size; k++)
            {
                var key = keys[u * size + k];
                any |= key;
                sum += (key ^ ValueHash.Salt(k)) * 0x9E3779B97F4A7C15;
            }

            joined[u] = any == 0 ? 0 : sum | 1;
        }

        return joined;
    }
}
