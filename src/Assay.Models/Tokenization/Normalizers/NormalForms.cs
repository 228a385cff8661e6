using System.Globalization;
using System.Text;

namespace Assay.Tokenization.Normalizers;

/// <summary>Normal forms (UAX #15) and combining marks as of Unicode 9.0, which is what the reference tokenizer uses.</summary>
/// <remarks>The table is made by normal_forms.py from the Unicode Character Database.</remarks>
internal sealed class NormalForms
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28, NCount = VCount * TCount, SCount = LCount * NCount;

    private static readonly Lazy<NormalForms> Table = new(() => new NormalForms());

    private readonly Dictionary<int, int[]> _canonical = [], _compatible = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<(int, int), int> _compositions = [];
    private readonly HashSet<int> _marks = [];

    private NormalForms()
    {
        using var stream = typeof(NormalForms).Assembly.GetManifestResourceStream("Assay.Tokenization.normal-forms.txt")!;
        using var reader = new StreamReader(stream);
        HashSet<int> excluded = [];
        while (reader.ReadLine() is { } line)
        {
            var n = line[2..].Split(' ').Select(field => int.Parse(field, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToArray();
            switch (line[0])
            {
                case 'c':
                    for (var p = n[1]; p <= n[2]; p++) _classes[p] = (byte)n[0];
                    break;
                case 'm':
                    for (var p = n[0]; p <= n[1]; p++) _marks.Add(p);
                    break;
                case 'd':
                    _canonical[n[0]] = n[1..];
                    break;
                case 'k':
                    _compatible[n[0]] = n[1..];
                    break;
                default:
                    excluded.Add(n[0]);
                    break;
            }
        }
        foreach (var (point, mapping) in _canonical)
        {
            if (mapping.Length == 2 && !excluded.Contains(point)) _compositions[(mapping[0], mapping[1])] = point;
        }
    }

    /// <summary>Whether a code point was a combining mark (general category M) in Unicode 9.0.</summary>
    public static bool IsMark(int point) => point >= 0x300 && Table.Value._marks.Contains(point);

    /// <summary>A text in a normal form, of at most so many code points while it is decomposed.</summary>
    public static string Apply(string text, NormalForm form, int most)
    {
        // Below these every text is in the form already: ASCII in all of them, Latin-1 in NFC, and up to the first combining mark.
        var limit = form switch { NormalForm.Nfc => 0x300, NormalForm.Nfd => 0xC0, _ => 0x80 };
        var plain = true;
        foreach (var c in text)
        {
            if (c < limit) continue;
            plain = false;
            break;
        }
        return plain ? text : Table.Value.Convert(text, form, most);
    }

    private string Convert(string text, NormalForm form, int most)
    {
        List<int> points = new(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, form is NormalForm.Nfkc or NormalForm.Nfkd, points);
            if (points.Count > most) throw EncodingBudget.TooLong("normal form");
        }
        Order(points);
        if (form is NormalForm.Nfc or NormalForm.Nfkc) Compose(points);
        var result = new StringBuilder(points.Count);
        Span<char> units = stackalloc char[2];
        foreach (var point in points) result.Append(units[..new Rune(point).EncodeToUtf16(units)]);
        return result.ToString();
    }

    // Depth is bounded by the database: the longest chain of mappings has a handful of steps.
    private void Decompose(int point, bool compatible, List<int> into)
    {
        if (point < 0x80) into.Add(point);
        else if (point is >= SBase and < SBase + SCount)
        {
            var s = point - SBase;
            into.Add(LBase + s / NCount);
            into.Add(VBase + s % NCount / TCount);
            if (s % TCount != 0) into.Add(TBase + s % TCount);
        }
        else if (_canonical.TryGetValue(point, out var mapping) || (compatible && _compatible.TryGetValue(point, out mapping)))
        {
            foreach (var part in mapping) Decompose(part, compatible, into);
        }
        else into.Add(point);
    }

    private byte Class(int point) => point < 0x300 ? (byte)0 : _classes.GetValueOrDefault(point);

    // Sorts every run of marks by combining class; the index as the lower half keeps the sort stable and n log n.
    private void Order(List<int> points)
    {
        for (var i = 0; i < points.Count; i++)
        {
            if (Class(points[i]) == 0) continue;
            var end = i + 1;
            var sorted = true;
            for (; end < points.Count && Class(points[end]) is > 0 and var next; end++) sorted &= next >= Class(points[end - 1]);
            if (!sorted)
            {
                var run = points.GetRange(i, end - i).ToArray();
                var keys = new long[run.Length];
                for (var j = 0; j < run.Length; j++) keys[j] = (long)Class(run[j]) << 32 | (uint)j;
                Array.Sort(keys, run);
                for (var j = 0; j < run.Length; j++) points[i + j] = run[j];
            }
            i = end - 1;
        }
    }

    private void Compose(List<int> points)
    {
        var (write, starter, last) = (0, -1, -1);
        for (var read = 0; read < points.Count; read++)
        {
            var point = points[read];
            var combining = Class(point);
            // A mark is blocked by one of its own class or higher, and a starter by anything between.
            if (starter >= 0 && last < combining && Pair(points[starter], point) is >= 0 and var composed)
            {
                points[starter] = composed;
                continue;
            }
            if (combining == 0) (starter, last) = (write, -1);
            else last = combining;
            points[write++] = point;
        }
        points.RemoveRange(write, points.Count - write);
    }

    private int Pair(int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount) return SBase + ((first - LBase) * VCount + second - VBase) * TCount;
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount) return first + second - TBase;
        return _compositions.GetValueOrDefault((first, second), -1);
    }
}
