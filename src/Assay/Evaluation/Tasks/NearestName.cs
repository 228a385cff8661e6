namespace Assay.Evaluation.Tasks;

/// <summary>Finds the name that was probably meant.</summary>
public static class NearestName
{
    private const int Longest = 64;

    /// <summary>The known name with the smallest edit distance (Levenshtein), and whether it is near enough to be suggested.</summary>
    /// <param name="name">What was written.</param>
    /// <param name="known">At least one name.</param>
    public static (string Name, bool Near) Of(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        var (best, distance) = known.Select(k => (Name: k, Distance: Distance(name, k))).MinBy(p => p.Distance);
        return (best, distance <= Math.Max(2, name.Length / 3));
    }

    // One row at a time.
    private static int Distance(string a, string b)
    {
        if (a.Length > Longest) return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
