namespace Assay.Checkpoints;

/// <summary>Writes a file whole or not at all: in a scratch folder beside its place, flushed to disk with its folder, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Writes bytes.</summary>
    /// <inheritdoc cref="Write(string, Action{FileStream}, bool, Action{string}?, Action{string}?, string?)"/>
    public static void Write(string path, byte[] content, bool overwrite = false, string? advice = null) =>
        Write(path, stream => stream.Write(content), overwrite, advice: advice);

    /// <summary>Writes content piece by piece.</summary>
    /// <param name="path">The file to be; its folder must exist.</param>
    /// <param name="fill">Writes the content.</param>
    /// <param name="overwrite">Whether an existing file is replaced; a folder, a pipe or a device never is.</param>
    /// <param name="check">Looks at the scratch file before it gets its name.</param>
    /// <param name="step">Called before each step with its name; a test's way to fail or look there.</param>
    /// <param name="advice">What to do where the disk refuses; null for the usual sentence.</param>
    /// <exception cref="InvalidInputException">The file exists, the disk is full or the file cannot be written; an older file of the name is untouched, and
    /// nothing else is left.</exception>
    public static void Write(string path, Action<FileStream> fill, bool overwrite = false, Action<string>? check = null, Action<string>? step = null,
        string? advice = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Guard(path, () =>
        {
            RegularFile.RequireTarget(path, overwrite);
            var full = Path.GetFullPath(path);
            var (folder, name) = (Path.GetDirectoryName(full) ?? throw new IOException("It names a folder."), Path.GetFileName(full));
            if (name.Length == 0) throw new IOException("It names a folder.");
            using var scratch = ScratchFolder.Create(folder, name);
            var next = Path.Combine(scratch.Path, name);
            step?.Invoke("write");
            using (var stream = new FileStream(next, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0))
            {
                fill(stream);
                step?.Invoke("flush");
                stream.Flush(flushToDisk: true);
            }

            step?.Invoke("check");
            check?.Invoke(next);
            step?.Invoke("commit");
            File.Move(next, full, overwrite);
            FolderSwap.Flush(folder);
        }, advice ?? (overwrite ? "An older file is as it was, and nothing was left behind." : "Nothing was left behind."));
    }

    /// <summary>Whether an exception is the system's word on a file. The framework tells a file beyond the allowed size (EFBIG) as an argument out of
    /// range.</summary>
    public static bool IsRefusal(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>Runs work on files; what the disk refuses becomes an error that says what to do.</summary>
    /// <param name="path">The file or folder that the error names.</param>
    /// <param name="work">The work.</param>
    /// <param name="advice">What to do.</param>
    public static void Guard(string path, Action work, string advice)
    {
        try
        {
            work();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            throw new InvalidInputException($"{path}: cannot be written: {e.Message} {advice}", e);
        }
    }
}
