using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Assay.Checkpoints;

/// <summary>An exclusive lock on a folder among programs that ask for it. The system takes it back when the process ends, however it ends.</summary>
/// <remarks>On Linux and macOS an advisory lock on the folder itself, which leaves no file behind and goes with the folder when it is renamed. Where the file
/// system has none for folders, and on Windows, a file named <see cref="FileName"/> in it that is held open.</remarks>
internal sealed partial class FolderLock : IDisposable
{
    /// <summary>Of the file that stands for the lock where folders cannot be locked.</summary>
    public const string FileName = ".lock";

    private const int ExclusiveAtOnce = 2 | 4; // LOCK_EX | LOCK_NB.
    private readonly SafeFileHandle? _folder;
    private readonly FileStream? _file;

    private FolderLock(SafeFileHandle? folder, FileStream? file) => (_folder, _file) = (folder, file);

    /// <summary>Whether a file in the folder stands for the lock: it must go before the folder is renamed.</summary>
    public bool IsFile => _file is not null;

    /// <summary>Locks a folder that exists; null where another holds the lock.</summary>
    /// <exception cref="IOException">The folder is not there or cannot be opened.</exception>
    public static FolderLock? TryTake(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            // Not inherited by child processes, which would hold the lock beyond the end of this one.
            var opened = Open(folder, OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000); // O_RDONLY | O_CLOEXEC.
            if (opened < 0) throw new IOException($"The folder {folder} cannot be opened: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
            var handle = new SafeFileHandle(opened, ownsHandle: true);
            if (Lock(opened, ExclusiveAtOnce) == 0) return new FolderLock(handle, null);
            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            if (error == (OperatingSystem.IsMacOS() ? 35 : 11)) return null; // EWOULDBLOCK: another has it. Other errors: no such locks here.
        }

        try
        {
            return new FolderLock(null, new FileStream(Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1,
                FileOptions.DeleteOnClose));
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, FileName)))
        {
            return null;
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        _folder?.Dispose();
        _file?.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Lock(int file, int operation);
}
