namespace Assay.Checkpoints;

/// <summary>A hidden folder beside a target, in which it is written until it is whole. Its name is used once, and a lock says that its owner lives.</summary>
/// <remarks>Whoever writes into the same folder next removes what a killed process has left: a scratch folder that nobody holds the lock of.</remarks>
internal sealed class ScratchFolder : IDisposable
{
    private const string Mark = ".partial-";

    // A name has 255 bytes at most, and a character up to four of UTF-8.
    private const int LongestName = 48;

    // What makes a folder a model is removed first.
    private static readonly string[] ModelMarks = ["config.json", "adapter_config.json"];
    private FolderLock? _lock;

    private ScratchFolder(string path, FolderLock taken) => (Path, _lock) = (path, taken);

    /// <summary>The folder.</summary>
    public string Path { get; private set; }

    /// <summary>Makes one, after removing those that no living process owns.</summary>
    /// <param name="parent">An existing folder.</param>
    /// <param name="target">Name of what is to be written.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static ScratchFolder Create(string parent, string target)
    {
        if (!Directory.Exists(parent)) throw new DirectoryNotFoundException($"There is no folder {parent}.");
        RemoveAbandoned(parent);
        var name = target.Length <= LongestName ? target : target[..LongestName];
        for (var attempt = 0; ; attempt++)
        {
            var path = System.IO.Path.Combine(parent, $".{name}{Mark}{Guid.NewGuid():n}");
            Directory.CreateDirectory(path);
            try
            {
                // Another process may have removed it before it was locked.
                if (FolderLock.TryTake(path) is { } taken)
                {
                    if (Directory.Exists(path)) return new ScratchFolder(path, taken);
                    taken.Dispose();
                }
            }
            catch (IOException) when (attempt < 8 && !Directory.Exists(path))
            {
                continue;
            }

            if (attempt == 8) throw new IOException($"The folder {path} for unfinished files cannot be locked.");
        }
    }

    /// <summary>Whether an entry of a folder is what this type makes.</summary>
    public static bool IsOne(string name) =>
        name.StartsWith('.') && name.Length > Mark.Length + 33 && name[^32..].All(char.IsAsciiHexDigitLower)
            && name[..^32].EndsWith(Mark, StringComparison.Ordinal);

    /// <summary>Removes the scratch folders that no living process owns.</summary>
    public static void RemoveAbandoned(string parent)
    {
        try
        {
            foreach (var folder in new DirectoryInfo(parent).EnumerateDirectories($".*{Mark}*").Where(d => IsOne(d.Name) && d.LinkTarget is null).ToList())
            {
                using var taken = FolderLock.TryTake(folder.FullName);
                if (taken is not null) Remove(folder.FullName);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process was quicker, or may do here what this one may not.
        }
    }

    /// <summary>Gives up a lock that a file in the folder stands for: the folder is about to be renamed.</summary>
    public void BeforeRename()
    {
        if (_lock is not { IsFile: true }) return;
        _lock.Dispose();
        _lock = null;
    }

    /// <summary>From now on another folder is the one to be removed: what was replaced.</summary>
    public void Becomes(string path) => Path = path;

    /// <summary>Removes the folder and what is in it.</summary>
    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Path)) Remove(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What could not be removed is no model; the error that led here, if any, is the one to tell.
        }

        _lock?.Dispose();
    }

    private static void Remove(string folder)
    {
        foreach (var mark in ModelMarks) File.Delete(System.IO.Path.Combine(folder, mark));
        Directory.Delete(folder, recursive: true);
    }
}
