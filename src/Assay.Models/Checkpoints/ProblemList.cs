using System.Globalization;
using System.Text;

namespace Assay.Checkpoints;

/// <summary>Collects the problems of one input and throws them together. Hostile input may cause any number: only the first are kept.</summary>
internal sealed class ProblemList
{
    private const int Kept = 20;
    private readonly List<string> problems = [];
    private long total;

    /// <summary>Whether anything was wrong.</summary>
    public bool Any => total > 0;

    /// <summary>Adds one problem.</summary>
    public void Add(string problem)
    {
        if (++total <= Kept) problems.Add(problem);
    }

    /// <summary>Adds the problems of a part of the input.</summary>
    public void Add(InvalidInputException exception)
    {
        foreach (var problem in exception.Problems) Add(problem);
    }

    /// <summary>Whether another problem would be kept; spares composing texts that nobody sees.</summary>
    public bool Full => total >= Kept;

    /// <summary>Counts a problem that was not composed, see <see cref="Full"/>.</summary>
    public void AddUncomposed() => total++;

    /// <summary>Throws if anything was wrong.</summary>
    public void ThrowIfAny()
    {
        if (!Any) return;
        if (total > Kept) problems.Add($"and {total - Kept} more problems.");
        throw new InvalidInputException(problems.ToArray());
    }

    /// <summary>Text of untrusted origin as it may stand in a message: quoted, control characters escaped, shortened.</summary>
    public static string Quote(string text)
    {
        const int longest = 120;
        var result = new StringBuilder("'");
        for (var i = 0; i < Math.Min(text.Length, longest); i++)
        {
            var c = text[i];
            if (char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) result.Append($"\\u{(int)c:x4}");
            else result.Append(c);
        }
        if (text.Length > longest) result.Append($"…' ({text.Length} characters)");
        else result.Append('\'');
        return result.ToString();
    }

    /// <summary>A shape as it may stand in a message: <c>[4096, 14336]</c>.</summary>
    public static string Format(IEnumerable<long> shape) => "[" + string.Join(", ", shape) + "]";
}
