using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Prompts;

/// <summary>Reads reference text of the user's own (<c>--text</c>): one domain for each file, and for each folder within a folder.</summary>
/// <remarks>A <c>.jsonl</c> file holds a document a line, a string or an object with the key <c>text</c>; any other file is one document. The documents of a
/// folder within the folder named are all its <c>.txt</c> files, whatever their depth.</remarks>
public static class TextDomains
{
    private const long MostBytes = 1 << 28;
    private const int MostDocuments = 1_000_000;

    // Ids of measurements use them where a domain's name would stand.
    private static readonly string[] s_taken = ["all", "macro", "worst", .. ProseDomains.Names];

    /// <summary>Reads them all.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <returns>In the order of the paths; within a folder in ordinal order of names.</returns>
    /// <exception cref="InvalidInputException">Whatever cannot be read, is empty, or has a name that another domain has: all problems at once.</exception>
    public static ImmutableArray<TextDomain> Read(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var (domains, problems) = (new List<TextDomain>(), new List<string>());
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in paths)
            Try(() =>
            {
                foreach (var source in Sources(path)) Try(() => Add(source));
            });
        return problems.Count == 0 ? [.. domains] : throw new InvalidInputException(problems);

        void Add(string source)
        {
            var name = NameOf(source);
            if (s_taken.Contains(name)) throw new InvalidInputException(
                $"{source}: its domain would be named '{name}', which is another's name. Rename the file or folder.");
            if (sources.TryGetValue(name, out var other)) throw new InvalidInputException(
                $"{source}: its domain would be named '{name}', as {other}'s is. Rename one of them.");
            sources.Add(name, source);
            var documents = Documents(source).ToImmutableArray();
            if (documents.IsEmpty) throw new InvalidInputException($"{source}: holds no document; expected at least one.");
            domains.Add(new TextDomain(name, documents));
        }

        void Try(Action read)
        {
            try
            {
                read();
            }
            catch (InvalidInputException problem)
            {
                problems.AddRange(problem.Problems);
            }
        }
    }

    private static string[] Sources(string path)
    {
        if (!Directory.Exists(path)) return [path];
        try
        {
            string[] found = [.. Directory.GetFileSystemEntries(path).Where(e => Directory.Exists(e) || IsText(e)).Order(StringComparer.Ordinal)];
            return found.Length > 0 ? found
                : throw new InvalidInputException($"{path}: the folder holds no .txt or .jsonl file and no folder; expected one domain in each.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message} Allow reading it, or name its files.", e);
        }
    }

    private static bool IsText(string path) => path.EndsWith(".txt", StringComparison.Ordinal) || IsLines(path);

    private static bool IsLines(string path) => path.EndsWith(".jsonl", StringComparison.Ordinal);

    private static string NameOf(string source)
    {
        var name = Directory.Exists(source) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(source)) : Path.GetFileNameWithoutExtension(source);
        var text = new StringBuilder();
        foreach (var c in name.Take(64)) text.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? char.ToLowerInvariant(c) : '_');
        return text.Length == 0 ? "_" : text.ToString();
    }

    private static IEnumerable<string> Documents(string source)
    {
        if (Directory.Exists(source)) return TextFiles.Find(source).Paths.Select(TextFiles.Read).Where(d => d.Length > 0);
        var text = RegularFile.ReadText(source, MostBytes, "a text file, or a folder of text files");
        return IsLines(source) ? Lines(source, text) : text.Length == 0 ? [] : [text];
    }

    private static List<string> Lines(string source, string text)
    {
        var documents = new List<string>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsWhiteSpace()) continue;
            if (documents.Count == MostDocuments) throw new InvalidInputException($"{source}: has more than {MostDocuments} documents; expected no more.");
            documents.Add(Document(source, number, line.ToString()));
        }

        return documents;
    }

    private static string Document(string source, int number, string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var value = json.RootElement;
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("text", out var text)) value = text;
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } document) return document;
            throw new InvalidInputException(
                $"{source}, line {number}: expected a text, or an object with the text under the key \"text\"; found {value.ValueKind}.");
        }
        // GetString refuses half of a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidInputException($"{source}, line {number}: not JSON: {e.Message}", e);
        }
    }
}
