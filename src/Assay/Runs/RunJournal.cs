using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Assay.Checkpoints;
using Assay.Reports;

namespace Assay.Runs;

/// <summary><c>journal.jsonl</c>: one line for each finished unit of work, appended and flushed at once. What a cancelled or crashed run resumes from.</summary>
/// <remarks>The first line names the hash of the plan; a journal of another plan is refused, never mixed. A torn last line, which a
/// crash leaves behind, is dropped. Holds no times, paths or thread counts. Not safe for several writers: <see cref="RunFolder"/> keeps the others
/// out.</remarks>
public sealed class RunJournal : IDisposable
{
    private const int MostBytes = 1 << 30; // As one array, which is what is read.
    private const string Advice = "What is finished stays in the journal: make room, or allow writing there, and run the same command again.";
    private readonly string _path;
    private readonly string _planHash;
    private readonly OrderedDictionary<string, byte[]> _entries;
    private FileStream _file;

    private RunJournal(string path, string planHash, FileStream file, OrderedDictionary<string, byte[]> entries) =>
        (_path, _planHash, _file, _entries) = (path, planHash, file, entries);

    /// <summary>Finished units.</summary>
    public int Count => _entries.Count;

    /// <summary>Opens a journal, or begins one.</summary>
    /// <param name="path">File.</param>
    /// <param name="planHash">Hash of the resolved plan.</param>
    /// <param name="fresh">Whether an earlier journal is thrown away.</param>
    /// <exception cref="InvalidInputException">The journal is another plan's, or broken before its last line.</exception>
    public static RunJournal Open(string path, string planHash, bool fresh = false)
    {
        if (RegularFile.KindOf(path) is not FileKind.Missing) RegularFile.Require(path, "a journal");
        FileStream file = null!;
        AtomicFile.Guard(path, () => file = Open(path, fresh ? FileMode.Create : FileMode.OpenOrCreate), Advice);
        try
        {
            var entries = new OrderedDictionary<string, byte[]>(StringComparer.Ordinal);
            var end = Read(file, path, planHash, entries);
            var journal = new RunJournal(path, planHash, file, entries);
            AtomicFile.Guard(path, () =>
            {
                file.SetLength(end);
                file.Position = end;
            }, Advice);
            if (end == 0)
            {
                journal.Append([PlanLine(planHash)]);
                FolderSwap.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
            }

            return journal;
        }
        catch (IOException e)
        {
            file.Dispose();
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the journal of a finished run without changing it.</summary>
    /// <param name="path">File.</param>
    /// <param name="planHash">Hash that it has to name.</param>
    /// <exception cref="InvalidInputException">There is none, it is another plan's, or broken.</exception>
    public static RunJournal OpenForReading(string path, string planHash)
    {
        RegularFile.Require(path, "a journal");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }

        try
        {
            var entries = new OrderedDictionary<string, byte[]>(StringComparer.Ordinal);
            Read(file, path, planHash, entries);
            return new RunJournal(path, planHash, file, entries);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Keys of the finished units, in the order of the lines.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>The payload of a finished unit.</summary>
    public bool TryFind(string key, out JsonElement payload)
    {
        payload = default;
        if (!_entries.TryGetValue(key, out var text)) return false;
        using var parsed = JsonDocument.Parse(text);
        payload = parsed.RootElement.Clone();
        return true;
    }

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
        var lines = units.Select(unit => EntryLine(unit.Key, unit.Payload)).ToList();
        Append(lines);
        foreach (var (unit, line) in units.Zip(lines))
        {
            using var parsed = JsonDocument.Parse(line);
            _entries[unit.Key] = Raw(parsed.RootElement.GetProperty("value"));
        }
    }

    /// <summary>Puts the lines into an order that does not depend on when the units were finished: of a run that was interrupted the same bytes as of one that
    /// was not.</summary>
    /// <remarks>The file is written anew beside its place and renamed.</remarks>
    /// <param name="keys">The order; units that it does not name follow as they are.</param>
    public void Sort(IEnumerable<string> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        List<string> order = [.. keys.Where(_entries.ContainsKey).Concat(_entries.Keys).Distinct(StringComparer.Ordinal)];
        if (order.SequenceEqual(_entries.Keys, StringComparer.Ordinal)) return;
        _file.Dispose();
        AtomicFile.Write(_path, stream =>
        {
            stream.Write(PlanLine(_planHash));
            foreach (var key in order) stream.Write(EntryLine(key, json => json.WriteRawValue(_entries[key], skipInputValidation: true)));
        }, overwrite: true, advice: Advice);
        AtomicFile.Guard(_path, () =>
        {
            _file = Open(_path, FileMode.Open);
            _file.Position = _file.Length;
        }, Advice);
        // All anew: to move one entry takes a time that grows with their number.
        var sorted = order.ConvertAll(key => KeyValuePair.Create(key, _entries[key]));
        _entries.Clear();
        foreach (var (key, value) in sorted) _entries.Add(key, value);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // As text: a parsed value takes several times the memory, and a run has one for each item, set and yardstick.
    private static byte[] Raw(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).ToArray();

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.Read);

    private static byte[] PlanLine(string hash) => Line(json => json.WriteString("plan", hash));

    private static byte[] EntryLine(string key, Action<Utf8JsonWriter> payload) => Line(json =>
    {
        json.WriteString("key", key);
        json.WritePropertyName("value");
        payload(json);
    });

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

    private void Append(IReadOnlyList<byte[]> lines) => AtomicFile.Guard(_path, () =>
    {
        _file.Write([.. lines.SelectMany(l => l)]);
        _file.Flush(flushToDisk: true);
    }, Advice);

    // Returns where the last whole line ends.
    private static long Read(FileStream file, string path, string planHash, OrderedDictionary<string, byte[]> entries)
    {
        if (file.Length > MostBytes) throw new InvalidInputException(
            $"{path}: {file.Length} bytes; at most {MostBytes} are expected of a journal. Start anew with --fresh.");
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
                var plan = Text(line, "plan");
                if (plan != planHash)
                    throw new InvalidInputException($"{path}: the folder holds a run of another plan ({UntrustedText.Visible(plan ?? "unnamed")}, this one is {planHash}). Choose another --output, or start anew with --fresh.");
            }
            else if (Text(line, "key") is not { } key || !line.TryGetProperty("value", out var value))
                throw new InvalidInputException($"{path}, line {number}: expected \"key\" and \"value\". The file was damaged; start anew with --fresh.");
            else if (!entries.TryAdd(key, Raw(value)))
                throw new InvalidInputException(
                    $"{path}, line {number}: '{UntrustedText.Visible(key)}' is there for the second time; which one counts would be a guess. The file was " +
                    "damaged; start anew with --fresh.");
            at += length + 1;
        }

        return bytes.Length;
    }

    /// <summary>A member that is a string; null where it is none, or half of a surrogate pair.</summary>
    private static string? Text(JsonElement line, string name)
    {
        try
        {
            return line.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> text, out JsonElement line)
    {
        line = default;
        if (!Utf8.IsValid(text.Span)) return false;
        try
        {
            using var parsed = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            line = parsed.RootElement.Clone();
            return line.ValueKind == JsonValueKind.Object;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // The last two of a key that holds half of a surrogate pair.
            return false;
        }
    }
}
