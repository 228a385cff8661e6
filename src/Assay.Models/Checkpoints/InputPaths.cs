namespace Assay.Checkpoints;

/// <summary>Keeps what is written away from what is read.</summary>
internal static class InputPaths
{
    /// <summary>Refuses a target that is what is read, lies in it or around it, by whatever links.</summary>
    /// <param name="target">File or folder to be.</param>
    /// <param name="sources">Files and folders that are read.</param>
    /// <exception cref="InvalidInputException">It is.</exception>
    public static void RequireApart(string target, IReadOnlyList<string> sources)
    {
        var to = WithoutLinks(target);
        // A link is read, and what it leads to.
        foreach (var source in sources.SelectMany(s => (string[])[Path.TrimEndingDirectorySeparator(Path.GetFullPath(s)), WithoutLinks(s)]))
            if (IsIn(to, source) || IsIn(source, to)) throw new InvalidInputException($"{target}: is the model that is edited, or lies in it or around it; that is never overwritten. Choose a target apart from it.");
    }

    /// <summary>The path without links, as far as it exists.</summary>
    public static string WithoutLinks(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var at = Path.GetPathRoot(full)!;
        foreach (var part in full[at.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            at = Path.Combine(at, part);
            FileSystemInfo here = Directory.Exists(at) ? new DirectoryInfo(at) : new FileInfo(at);
            if (here.LinkTarget is not null && here.ResolveLinkTarget(returnFinalTarget: true) is { } end) at = WithoutLinks(end.FullName);
        }

        return at;
    }

    private static bool IsIn(string path, string folder) => path == folder || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
