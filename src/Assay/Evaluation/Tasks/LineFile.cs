using System.Text;
using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Evaluation.Tasks;

/// <summary>The lines of a text file of the user's own, within bounds, each with the place that problems name.</summary>
/// <remarks>A byte order mark at the beginning is skipped, lines may end in CR LF, lines of white space alone are left out.</remarks>
internal static class LineFile
{
    /// <summary>Bytes that a file may have.</summary>
    public const long MostBytes = 1L << 28;

    /// <summary>Bytes that a line may have.</summary>
    public const int MostLineBytes = 1 << 20;

    /// <summary>Lines that a file may have.</summary>
    public const int MostLines = 1_000_000;

    // Choices are a list within the object; what is nested deeper is refused before it costs anything.
    private static readonly JsonDocumentOptions s_json = new() { MaxDepth = 8 };

    private static readonly UTF8Encoding s_strict = new(false, true);

    /// <summary>Reads the lines that hold something. Lines that cannot be read become problems.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What is expected, for messages.</param>
    /// <param name="problems">Gets every problem.</param>
    /// <exception cref="InvalidInputException">The file is missing, no regular file, unreadable or too long.</exception>
    public static IEnumerable<Line> Read(string path, string what, ProblemList problems)
    {
        if (string.IsNullOrEmpty(path)) throw new InvalidInputException($"The path of {what} is empty; expected a file.");
        var bytes = RegularFile.ReadAllBytes(path, MostBytes, what);
        return Lines(path, what, bytes, problems);
    }

    /// <summary>The object on a line, or null where it is none and the problem is told.</summary>
    /// <param name="line">The line.</param>
    /// <param name="keys">The keys that it may have.</param>
    /// <param name="problems">Gets every problem.</param>
    public static Dictionary<string, JsonElement>? Object(Line line, IReadOnlyList<string> keys, ProblemList problems)
    {
        try
        {
            using var document = JsonDocument.Parse(line.Text, s_json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                problems.Add($"{line.At}: found {Kind(root)}; expected an object with the keys {string.Join(", ", keys)}.");
                return null;
            }

            var (values, isGood) = (new Dictionary<string, JsonElement>(StringComparer.Ordinal), true);
            foreach (var property in root.EnumerateObject())
            {
                if (!keys.Contains(property.Name)) Bad(Unknown(property.Name, keys));
                else if (!values.TryAdd(property.Name, property.Value.Clone())) Bad($"the key '{property.Name}' stands twice; expected it once.");
            }

            return isGood ? values : null;

            void Bad(string problem)
            {
                problems.Add($"{line.At}: {problem}");
                isGood = false;
            }
        }
        // A name may hold half of a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problems.Add($"{line.At}: not JSON: {Reason(e)} Expected one object a line, nested no deeper than {s_json.MaxDepth}.");
            return null;
        }
    }

    /// <summary>A key as text that is not empty, within a bound, without NUL; null where it is missing or wrong and the problem is told.</summary>
    /// <param name="line">The line.</param>
    /// <param name="values">Its object.</param>
    /// <param name="key">The key.</param>
    /// <param name="most">Characters that it may have.</param>
    /// <param name="isNeeded">Whether it may not be missing.</param>
    /// <param name="problems">Gets every problem.</param>
    public static string? Text(Line line, Dictionary<string, JsonElement> values, string key, int most, bool isNeeded, ProblemCount problems)
    {
        if (!values.TryGetValue(key, out var value))
        {
            if (isNeeded) problems.Add($"{line.At}: there is no '{key}'; expected a text.");
            return null;
        }

        return Text(line, value, $"'{key}'", most, problems);
    }

    /// <summary>A value as text, see the overload above.</summary>
    public static string? Text(Line line, JsonElement value, string name, int most, ProblemCount problems)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            problems.Add($"{line.At}: {name} is {Kind(value)}; expected a text.");
            return null;
        }

        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            problems.Add($"{line.At}: {name} holds half of a surrogate pair; expected text.");
            return null;
        }

        if (Flaw(text, most) is not { } flaw) return text;
        problems.Add($"{line.At}: {name} {flaw}");
        return null;
    }

    /// <summary>What is wrong with a text, or null.</summary>
    public static string? Flaw(string text, int most) => string.IsNullOrWhiteSpace(text) ? "is empty; expected a text."
        : text.Length > most ? $"has {text.Length} characters; expected at most {most}. Shorten it."
        : text.Contains('\0', StringComparison.Ordinal) ? "holds a NUL character; expected text. Remove it." : null;

    /// <summary>What a value is, in words.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    /// <summary>The lines of bytes that were read already, see <see cref="Read"/>.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="what">What is expected, for messages.</param>
    /// <param name="bytes">All bytes of the file.</param>
    /// <param name="problems">Gets every problem.</param>
    public static IEnumerable<Line> Lines(string path, string what, byte[] bytes, ProblemList problems)
    {
        var at = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var found = false;
        for (var number = 1; at < bytes.Length; number++)
        {
            if (number > MostLines)
            {
                problems.Add($"{path}, line {number}: the file has more than {MostLines} lines; expected no more. Split it.");
                yield break;
            }

            var length = bytes.AsSpan(at).IndexOf((byte)'\n');
            var end = length < 0 ? bytes.Length : at + length;
            var place = $"{path}, line {number}";
            var text = Decoded(bytes.AsSpan(at, end - at), place, problems);
            at = end + 1;
            if (text is { Length: 0 }) continue;
            found = true;
            if (text is not null) yield return new Line(place, number, text);
        }

        if (!found) problems.Add($"{path}: holds nothing; expected {what}.");
    }

    /// <summary>The line's text without white space at both ends; null where a problem was told.</summary>
    private static string? Decoded(ReadOnlySpan<byte> bytes, string place, ProblemList problems)
    {
        if (bytes.Length > MostLineBytes) problems.Add($"{place}: has {bytes.Length} bytes; expected at most {MostLineBytes}. Is it one object a line?");
        else if (bytes.IndexOf((byte)0) is >= 0 and var nul) problems.Add($"{place}: byte {nul} of the line is NUL; expected text. Is the file UTF-8?");
        else
        {
            try
            {
                return s_strict.GetString(bytes).Trim();
            }
            catch (DecoderFallbackException e)
            {
                problems.Add($"{place}: byte {e.Index} of the line is not UTF-8, which is expected of all text. Convert the file.");
            }
        }

        return null;
    }

    private static string Unknown(string name, IReadOnlyList<string> keys)
    {
        var (best, near) = NearestName.Of(name, keys);
        return $"the key {ProblemList.Quote(name)} is unknown" + (near ? $"; did you mean '{best}'?"
            : $"; expected {string.Join(", ", keys)}.");
    }

    private static string Reason(Exception e) => e is JsonException json ? $"{json.Message.Split(" LineNumber:")[0]}"
        : "a name holds half of a surrogate pair.";
}

/// <summary>A line of a file.</summary>
/// <param name="At">File and number, as messages name it.</param>
/// <param name="Number">From 1.</param>
/// <param name="Text">Without white space at both ends, never empty.</param>
internal readonly record struct Line(string At, int Number, string Text);
