using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Assay.Checkpoints;

/// <summary>Reads whole files that others have made: regular ones only, looked at before they are opened, and no more bytes than a stated bound.</summary>
public static partial class RegularFile
{
    private const int CopyBlock = 1 << 20;
    private const int KindBits = 0xF000, RegularBits = 0x8000, FolderBits = 0x4000;
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    /// <summary>What stands at a path, links followed. Nothing is opened.</summary>
    internal static FileKind KindOf(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return FileKind.Missing;
        if (OperatingSystem.IsLinux() && Mode(path) is { } mode) return (mode & KindBits) switch { RegularBits => FileKind.Regular,
            FolderBits => FileKind.Folder, _ => FileKind.Other };
        if (Directory.Exists(path)) return FileKind.Folder;
        if (!File.Exists(path)) return FileKind.Missing;
        // Where the system is not asked: pipes and devices have no length. An empty file loses nothing by being one of them.
        try
        {
            return (File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo end ? end.Length : new FileInfo(path).Length) > 0
                || OperatingSystem.IsWindows() ? FileKind.Regular : FileKind.Other;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FileKind.Missing;
        }
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <param name="what">What is expected, for messages: <c>a text file</c>.</param>
    /// <exception cref="InvalidInputException">Missing, no regular file, too long, or unreadable.</exception>
    public static byte[] ReadAllBytes(string path, long most, string what)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            Require(path, what);
            // Others may be writing or reading it: that is no reason not to read it.
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(handle);
            if (length > most) throw new InvalidInputException($"{path}: {length} bytes; at most {most} are expected of {what}.");
            var bytes = new byte[length];
            var read = 0;
            // It may be shortened meanwhile.
            while (read < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(read), read) is > 0 and var count) read += count;
            return read == bytes.Length ? bytes : bytes[..read];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A file as strict UTF-8.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadText(string path, long most, string what)
    {
        try
        {
            return StrictUtf8.GetString(ReadAllBytes(path, most, what));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"{path}: byte {e.Index} is not UTF-8, which is expected of all text. Convert the file, or fetch it again.", e);
        }
    }

    /// <summary>Opens a file to be copied or hashed in blocks.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="what">What is expected, for messages.</param>
    /// <exception cref="InvalidInputException">Missing, or no regular file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    internal static FileStream OpenRead(string path, string what)
    {
        Require(path, what);
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>Copies a file into a stream, block by block.</summary>
    /// <param name="path">The file; links are followed.</param>
    /// <param name="stream">Where its bytes go.</param>
    /// <param name="written">Told the bytes of each block.</param>
    /// <param name="cancellation">Cancels between blocks.</param>
    /// <exception cref="InvalidInputException">Missing, or no regular file.</exception>
    /// <exception cref="IOException">It cannot be read, or the stream not written.</exception>
    internal static void CopyTo(string path, Stream stream, Action<long> written, CancellationToken cancellation)
    {
        using var source = OpenRead(path, "a file of the model");
        var block = ArrayPool<byte>.Shared.Rent(CopyBlock);
        try
        {
            while (source.Read(block, 0, CopyBlock) is > 0 and var count)
            {
                cancellation.ThrowIfCancellationRequested();
                stream.Write(block, 0, count);
                written(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Refuses a target that is there, unless it is a file that may be replaced, and one in a folder that is not there.</summary>
    /// <param name="path">The file to be.</param>
    /// <param name="overwrite">Whether a regular file is replaced; a folder, a pipe or a device never is.</param>
    /// <exception cref="InvalidInputException">It cannot be written.</exception>
    public static void RequireTarget(string path, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw new InvalidInputException("The path of a file that is to be written is empty; expected a file.");
        var kind = KindOf(path);
        if (kind == FileKind.Folder) throw new InvalidInputException($"{path}: exists already; a folder is never replaced by a file. Choose another target.");
        if (kind == FileKind.Other) throw new InvalidInputException($"{path}: is a pipe or a device; a file is expected. Choose another target.");
        if (kind == FileKind.Regular && !overwrite) throw new InvalidInputException(
            $"{path}: exists already; nothing is overwritten unless asked for (--overwrite). Choose another target.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder
            && !Directory.Exists(folder)) throw new InvalidInputException(
            $"{path}: cannot be written: there is no folder {folder}. Make it, or choose another target.");
    }

    /// <summary>Refuses what is no regular file.</summary>
    /// <exception cref="InvalidInputException">It is none, or missing.</exception>
    internal static void Require(string path, string what)
    {
        var problem = KindOf(path) switch
        {
            FileKind.Regular => null,
            FileKind.Folder => "is a folder",
            FileKind.Other => "is a pipe or a device, or has no bytes",
            _ => new FileInfo(path).LinkTarget is null ? "there is no such file" : "is a link to a file that is not there",
        };
        if (problem is not null) throw new InvalidInputException($"{path}: {problem}; {what} is expected.");
    }

    /// <summary>The mode of what a path leads to; null where there is nothing or the system cannot say.</summary>
    private static unsafe int? Mode(string path)
    {
        // struct statx of Linux, the same on every processor: stx_mode stands at byte 28.
        var result = stackalloc byte[256];
        try
        {
            return Status(-100, path, 0, 1, result) == 0 ? *(ushort*)(result + 28) : null; // AT_FDCWD, links followed, STATX_TYPE.
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Status(int folder, string path, int flags, uint mask, byte* result);
}
