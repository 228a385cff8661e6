using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Directions.Contrasts;

/// <summary>Reads contrast sets from files: JSON lines, CSV (RFC 4180) or plain text, told apart by the ending.</summary>
/// <remarks>One file names each item's side; of two files the first holds the targets. Fields: <c>prompt</c>, <c>side</c> (target or baseline), <c>id</c>, <c>pair</c>, <c>opening</c>,
/// <c>twin</c>, <c>answer</c>. Plain text: a prompt a line, in one file after <c>target:</c> or <c>baseline:</c>.</remarks>
public static class ContrastReader
{
    private const long MostBytes = 64L << 20; // Of text, which takes ten times as much until it is a set.
    private static readonly string[] Fields = ["prompt", "side", "id", "pair", "opening", "twin", "answer"];

    /// <summary>Reads one file that holds both sides.</summary>
    /// <exception cref="InvalidInputException">Anything wrong with it: all problems, each with file and line.</exception>
    public static ContrastSet Read(string path)
    {
        var problems = new ProblemList();
        var (targets, baselines) = (new List<Row>(), new List<Row>());
        foreach (var row in RowsOf(path, twoFiles: false, problems))
        {
            if (row.Side is "target") targets.Add(row);
            else if (row.Side is "baseline") baselines.Add(row);
            else if (row.Side is not null) problems.Add($"{row.At}: side is {ProblemList.Quote(row.Side)}; expected target or baseline.");
            else problems.Add($"{row.At}: there is no side; expected target or baseline. Of two files, one for either side, none need be named.");
        }

        return Build(Path.GetFileName(path), targets, baselines, problems);
    }

    /// <summary>Reads a file for either side; endings may differ.</summary>
    /// <exception cref="InvalidInputException">Anything wrong with them: all problems, each with file and line.</exception>
    public static ContrastSet Read(string targets, string baselines)
    {
        var problems = new ProblemList();
        List<Row>[] rows = [[], []];
        foreach (var (side, path) in (ReadOnlySpan<(int, string)>)[(0, targets), (1, baselines)])
        {
            var name = side == 0 ? "target" : "baseline";
            foreach (var row in RowsOf(path, twoFiles: true, problems))
            {
                rows[side].Add(row);
                if (row.Side is not null && row.Side != name) problems.Add($"{row.At}: side is {ProblemList.Quote(row.Side)} in the file of the {name} items; expected {name} or nothing.");
            }
        }

        return Build($"{Path.GetFileName(targets)} against {Path.GetFileName(baselines)}", rows[0], rows[1], problems);
    }

    private static ContrastSet Build(string name, List<Row> targets, List<Row> baselines, ProblemList problems)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var prompts = new Dictionary<string, string>(StringComparer.Ordinal);
        var set = new ContrastSet(name, Items(targets, "target"), Items(baselines, "baseline"));
        if (targets.Count == 0) problems.Add($"{name}: there is no target item; expected at least one on either side.");
        if (baselines.Count == 0) problems.Add($"{name}: there is no baseline item; expected at least one on either side.");
        foreach (var (own, others, side) in ((List<Row>, List<Row>, string)[])[(targets, baselines, "baseline"), (baselines, targets, "target")])
        {
            var keys = others.Where(o => o.Pair is not null).Select(o => o.Pair!).ToHashSet(StringComparer.Ordinal);
            foreach (var row in own)
                if (row.Pair is not null && !keys.Contains(row.Pair)) problems.Add($"{row.At}: pair {ProblemList.Quote(row.Pair)} has no {side} item; a pair is one item of either side.");
        }

        problems.ThrowIfAny();
        return set;

        ImmutableArray<ContrastItem> Items(List<Row> rows, string side)
        {
            var items = ImmutableArray.CreateBuilder<ContrastItem>(rows.Count);
            var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var row in rows)
            {
                var id = row.Id ?? $"{side}/{items.Count:0000}";
                if (string.IsNullOrWhiteSpace(row.Prompt))
                {
                    problems.Add($"{row.At}: {(row.Prompt is null ? "there is no prompt" : "the prompt is empty")}; expected a text.");
                    continue;
                }

                if (row.Texts.FirstOrDefault(t => t.Text?.Contains('\0') ?? false).Name is { } field) problems.Add($"{row.At}: the {field} holds a NUL character; expected text.");
                if (!ids.TryAdd(id, row.At)) problems.Add($"{row.At}: the id {ProblemList.Quote(id)} stands in {ids[id]} already; ids are unique.");
                if (!prompts.TryAdd(row.Prompt, row.At)) problems.Add($"{row.At}: the prompt {ProblemList.Quote(row.Prompt)} stands in {prompts[row.Prompt]} already; each prompt stands once, on one side.");
                if (row.Pair is not null && !pairs.TryAdd(row.Pair, row.At)) problems.Add($"{row.At}: pair {ProblemList.Quote(row.Pair)} has a {side} item in {pairs[row.Pair]} already; a pair is one item of either side.");
                items.Add(new ContrastItem(id, row.Prompt) { Pair = row.Pair, Opening = row.Opening, Twin = row.Twin, Answer = row.Answer });
            }

            return items.ToImmutable();
        }
    }

    private static IEnumerable<Row> RowsOf(string path, bool twoFiles, ProblemList problems)
    {
        var name = Path.GetFileName(path);
        if (Text(path, name, problems) is not { } text) return [];
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".jsonl" or ".ndjson": return JsonRows(name, text, problems);
            case ".csv": return CsvRows(name, text, problems);
            case ".txt": return PlainRows(name, text, twoFiles);
            default:
                problems.Add($"{name}: the ending {ProblemList.Quote(Path.GetExtension(path))} is none that a contrast set has; expected .jsonl, .csv or .txt.");
                return [];
        }
    }

    private static string? Text(string path, string name, ProblemList problems)
    {
        if (path.Length == 0)
        {
            problems.Add("A path is empty; expected a file of prompts.");
            return null;
        }

        try
        {
            // A link's own length says nothing of what it leads to.
            var length = File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target.Length : new FileInfo(path).Length;
            if (length == 0)
            {
                // Not even opened: a pipe would wait for its other end, a device may never end. Both have no length.
                problems.Add($"{name}: the file is empty, or a pipe or a device, which are not read; expected a file of prompts.");
                return null;
            }

            if (length > MostBytes)
            {
                problems.Add($"{name}: the file has {length} bytes; expected at most {MostBytes}.");
                return null;
            }

            // No more than the file was said to have: it may grow, or be another by now.
            var bytes = new byte[length];
            using (var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0)) stream.ReadExactly(bytes);
            ReadOnlySpan<byte> content = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes;
            for (int line = 1, from = 0; from < content.Length; line++)
            {
                var end = content[from..].IndexOf((byte)'\n') is var at and >= 0 ? from + at + 1 : content.Length;
                if (!System.Text.Unicode.Utf8.IsValid(content[from..end]))
                {
                    problems.Add($"{name}, line {line}: the bytes are not UTF-8; expected UTF-8.");
                    return null;
                }

                from = end;
            }

            return Encoding.UTF8.GetString(content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problems.Add($"{path}: cannot be read ({e.Message}); expected a file of prompts.");
            return null;
        }
    }

    private static List<Row> JsonRows(string name, string text, ProblemList problems)
    {
        var rows = new List<Row>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            var at = $"{name}, line {number}";
            try
            {
                using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 });
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                {
                    problems.Add($"{at}: found {document.RootElement.ValueKind}; expected an object with a prompt.");
                    continue;
                }

                var values = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var property in document.RootElement.EnumerateObject())
                {
                    if (!Fields.Contains(property.Name)) problems.Add($"{at}: the key {ProblemList.Quote(property.Name)} is unknown; expected {string.Join(", ", Fields)}.");
                    else if (property.Value.ValueKind == JsonValueKind.Null) continue;
                    else if (property.Value.ValueKind != JsonValueKind.String) problems.Add($"{at}: {property.Name} is {property.Value.ValueKind}; expected a string.");
                    else if (!values.TryAdd(property.Name, property.Value.GetString()!)) problems.Add($"{at}: the key {property.Name} stands twice; expected it once.");
                }

                rows.Add(Row.Of(at, values));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                problems.Add($"{at}: not JSON ({e.Message}); expected one object a line.");
            }
        }

        return rows;
    }

    private static List<Row> CsvRows(string name, string text, ProblemList problems)
    {
        var records = CsvRecords.Read(name, text, problems);
        if (records.Count == 0)
        {
            problems.Add($"{name}, line 1: the file is empty; expected a header that names the columns.");
            return [];
        }

        var header = records[0].Fields;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in header)
        {
            if (!Fields.Contains(column)) problems.Add($"{name}, line 1: the column {ProblemList.Quote(column)} is unknown; expected {string.Join(", ", Fields)}.");
            else if (!seen.Add(column)) problems.Add($"{name}, line 1: the column {column} stands twice; expected it once.");
        }

        if (!seen.Contains("prompt")) problems.Add($"{name}, line 1: there is no column prompt; expected one.");
        var rows = new List<Row>();
        foreach (var (line, fields) in records.Skip(1))
        {
            if (fields.Count != header.Count)
            {
                problems.Add($"{name}, line {line}: {fields.Count} fields; expected {header.Count}, as many as the header has.");
                continue;
            }

            // An empty field is none, but of the prompt, whose emptiness is an error.
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            for (var i = 0; i < fields.Count; i++)
                if (fields[i].Length > 0 || header[i] == "prompt") values.TryAdd(header[i], fields[i]);
            rows.Add(Row.Of($"{name}, line {line}", values));
        }

        return rows;
    }

    private static IEnumerable<Row> PlainRows(string name, string text, bool twoFiles)
    {
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0) continue;
            var row = new Row($"{name}, line {number}") { Prompt = line };
            if (!twoFiles)
            {
                foreach (var side in (string[])["target", "baseline"])
                    if (line.StartsWith(side + ":", StringComparison.Ordinal)) row = row with { Side = side, Prompt = line[(side.Length + 1)..].Trim() };
            }

            yield return row;
        }
    }

    private sealed record Row(string At)
    {
        public string? Prompt { get; init; }

        public string? Side { get; init; }

        public string? Id { get; init; }

        public string? Pair { get; init; }

        public string? Opening { get; init; }

        public string? Twin { get; init; }

        public string? Answer { get; init; }

        public (string Name, string? Text)[] Texts => [("prompt", Prompt), ("id", Id), ("pair", Pair), ("opening", Opening), ("twin", Twin), ("answer", Answer)];

        public static Row Of(string at, Dictionary<string, string> values) => new(at)
        {
            Prompt = values.GetValueOrDefault("prompt"),
            Side = values.GetValueOrDefault("side"),
            Id = values.GetValueOrDefault("id"),
            Pair = values.GetValueOrDefault("pair"),
            Opening = values.GetValueOrDefault("opening"),
            Twin = values.GetValueOrDefault("twin"),
            Answer = values.GetValueOrDefault("answer"),
        };
    }
}
