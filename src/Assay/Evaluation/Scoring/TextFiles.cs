using System.Collections.Immutable;
using Assay.Checkpoints;

namespace Assay.Evaluation.Scoring;

/// <summary>The text files of a path: a file, or the <c>.txt</c> files of a folder and of those below it.</summary>
/// <param name="Paths">In ordinal order.</param>
/// <param name="LeftOut">Links to folders that were not followed: to one that is read already, or to none.</param>
public sealed record TextFiles(ImmutableArray<string> Paths, ImmutableArray<string> LeftOut)
{
    private const long MostBytes = 1 << 28;

    /// <summary>Lists the files. Links are followed; each folder is read once, by whichever way it is reached, so links in a circle come to an end.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <exception cref="InvalidInputException">Nothing is there, a folder cannot be read, or it holds no <c>.txt</c> file.</exception>
    public static TextFiles Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!Directory.Exists(path))
        {
            RegularFile.Require(path, "a text file, or a folder of text files,");
            return new TextFiles([path], []);
        }

        var (files, links, leftOut) = (new List<string>(), new Queue<string>(), new List<string>());
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Walk(path);
        // Links come after the folders themselves, so that the shorter way wins.
        while (links.TryDequeue(out var link))
            if (!Walk(link)) leftOut.Add(link);
        if (files.Count == 0) throw new InvalidInputException($"{path}: the folder holds no .txt file.");
        return new TextFiles([.. files.Order(StringComparer.Ordinal)], [.. leftOut.Order(StringComparer.Ordinal)]);

        bool Walk(string first)
        {
            if (!Directory.Exists(first) || !seen.Add(InputPaths.WithoutLinks(first))) return false;
            var folders = new Stack<string>([first]);
            while (folders.TryPop(out var folder))
            {
                try
                {
                    foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*",
                        new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
                        .OrderBy(e => e.Name, StringComparer.Ordinal))
                    {
                        var at = Path.Combine(folder, entry.Name);
                        if (entry is not DirectoryInfo)
                        {
                            if (entry.Name.EndsWith(".txt", StringComparison.Ordinal)) files.Add(at);
                        }
                        else if (entry.LinkTarget is not null) links.Enqueue(at);
                        else if (seen.Add(InputPaths.WithoutLinks(at))) folders.Push(at);
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new InvalidInputException($"{folder}: cannot be read: {e.Message} Allow reading it, or leave it out of the folder.", e);
                }
            }

            return true;
        }
    }

    /// <summary>Reads one of them.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">No regular file, not UTF-8, too long, or unreadable.</exception>
    public static string Read(string path) => RegularFile.ReadText(path, MostBytes, "a text file");
}
