using Assay.Checkpoints;

namespace Assay.Reports;

/// <summary>Writes a file whole or not at all: a temporary neighbour, flushed to disk, then renamed.</summary>
internal static class AtomicFile
{
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var bytes = content.ToArray();
        Write(path, stream => stream.Write(bytes));
    }

    /// <summary>The same for content that is written piece by piece.</summary>
    /// <exception cref="InvalidInputException">The disk is full, or the file cannot be written; an older file of the name is untouched.</exception>
    public static void Write(string path, Action<Stream> content) => Guard(path, () =>
    {
        var temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(temporary);
            throw;
        }
    });

    /// <summary>Runs work on a file of the run; what the disk refuses becomes an error that says what to do.</summary>
    public static void Guard(string path, Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be written: {e.Message} What is finished stays in the journal: make room, or allow writing there, and run the same command again.", e);
        }
    }
}
