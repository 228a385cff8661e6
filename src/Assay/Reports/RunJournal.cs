using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Reports;

/// <summary><c>journal.jsonl</c>: one line for each finished unit of work, appended and flushed at once. What a cancelled or crashed run resumes from.</summary>
/// <remarks>The first line names the hash of the plan; a journal of another plan is refused, never mixed. A torn last line, which a
/// crash leaves behind, is dropped. Holds no times, paths or thread counts. Not safe for several writers.</remarks>
public sealed class RunJournal : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, JsonElement> _entries;

    private RunJournal(FileStream file, Dictionary<string, JsonElement> entries)
    {
        _file = file;
        _entries = entries;
    }

    /// <summary>Finished units.</summary>
    public int Count => _entries.Count;

    /// <summary>Opens a journal, or begins one.</summary>
    /// <param name="path">File.</param>
    /// <param name="planHash">Hash of the resolved plan.</param>
    /// <param name="fresh">Whether an earlier journal is thrown away.</param>
    /// <exception cref="InvalidInputException">The journal is another plan's, or broken before its last line.</exception>
    public static RunJournal Open(string path, string planHash, bool fresh = false)
    {
        FileStream file = null!;
        AtomicFile.Guard(path, () => file = new FileStream(path, fresh ? FileMode.Create : FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        try
        {
            var entries = new Dictionary<string, JsonElement>();
            var end = Read(file, path, planHash, entries);
            file.SetLength(end);
            file.Position = end;
            var journal = new RunJournal(file, entries);
            if (end == 0) journal.Append([Line(json => json.WriteString("plan", planHash))]);
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The payload of a finished unit.</summary>
    public bool TryFind(string key, out JsonElement payload) => _entries.TryGetValue(key, out payload);

    /// <summary>Keeps a finished unit: on disk before this returns.</summary>
    /// <param name="key">Stable within the plan; a key that is there already is an error of the caller.</param>
    /// <param name="payload">Writes one JSON value.</param>
    public void Add(string key, Action<Utf8JsonWriter> payload) => Add([(key, payload)]);

    /// <summary>Keeps finished units, a line each, all on disk before this returns. A crash meanwhile keeps the first of them or none.</summary>
    /// <param name="units">As one alone; keys differ.</param>
    public void Add(IReadOnlyList<(string Key, Action<Utf8JsonWriter> Payload)> units)
    {
        foreach (var (key, _) in units)
            if (_entries.ContainsKey(key)) throw new ArgumentException($"'{key}' is in the journal already.", nameof(units));
        var lines = units.Select(unit => Line(json =>
        {
            json.WriteString("key", unit.Key);
            json.WritePropertyName("value");
            unit.Payload(json);
        })).ToList();
        Append(lines);
        foreach (var (unit, line) in units.Zip(lines))
        {
            using var parsed = JsonDocument.Parse(line);
            _entries[unit.Key] = parsed.RootElement.GetProperty("value").Clone();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static byte[] Line(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private void Append(IReadOnlyList<byte[]> lines) => AtomicFile.Guard(_file.Name, () =>
    {
        _file.Write([.. lines.SelectMany(l => l)]);
        _file.Flush(flushToDisk: true);
    });

    // Returns where the last whole line ends.
    private static long Read(FileStream file, string path, string planHash, Dictionary<string, JsonElement> entries)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var number = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var length = bytes.AsSpan(at).IndexOf((byte)'\n');
            if (length < 0) return at;
            number++;
            var last = at + length + 1 == bytes.Length;
            if (!TryParse(bytes.AsMemory(at, length), out var line))
                return last ? at : throw new InvalidInputException($"{path}, line {number}: not a line of a journal. The file was damaged; start anew with --fresh.");
            if (number == 1)
            {
                var plan = line.TryGetProperty("plan", out var hash) && hash.ValueKind == JsonValueKind.String ? hash.GetString() : null;
                if (plan != planHash)
                    throw new InvalidInputException($"{path}: the folder holds a run of another plan ({UntrustedText.Visible(plan ?? "unnamed")}, this one is {planHash}). Choose another --output, or start anew with --fresh.");
            }
            else if (line.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String && line.TryGetProperty("value", out var value)) entries[key.GetString()!] = value;
            else throw new InvalidInputException($"{path}, line {number}: expected \"key\" and \"value\". The file was damaged; start anew with --fresh.");
            at += length + 1;
        }

        return bytes.Length;
    }

    private static bool TryParse(ReadOnlyMemory<byte> text, out JsonElement line)
    {
        line = default;
        try
        {
            using var parsed = JsonDocument.Parse(text);
            line = parsed.RootElement.Clone();
            return line.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
