using System.IO.MemoryMappedFiles;
using Assay.Checkpoints;

namespace Assay.Models.Kernels;

/// <summary>Memory that a temporary file stands for: the system writes it out where it needs the room. The file goes when the memory does, or the process.</summary>
internal sealed unsafe class ScratchFile : IDisposable
{
    private readonly FileStream _file;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;

    /// <param name="bytes">Length.</param>
    /// <exception cref="InvalidInputException">The folder for temporary files cannot hold it.</exception>
    public ScratchFile(long bytes)
    {
        var path = Path.Combine(Path.GetTempPath(), $"assay-{Environment.ProcessId}-{Guid.NewGuid():N}.scratch");
        try
        {
            // All blocks at once: a mapped file that the disk cannot hold would end the process in the middle of the work.
            _file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.DeleteOnClose, PreallocationSize = bytes, BufferSize = 0,
            });
            _file.SetLength(bytes);
            _mapping = MemoryMappedFile.CreateFromFile(_file, null, bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            _view = _mapping.CreateViewAccessor(0, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _mapping?.Dispose();
            _file?.Dispose();
            throw new InvalidInputException($"{path}: a scratch file of {bytes} bytes cannot be made: {e.Message} Free some room, let TMPDIR name another folder, or allow more memory with --memory.", e);
        }

        byte* data = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref data);
        Data = data;
    }

    /// <summary>First byte; aligned to a page.</summary>
    public byte* Data { get; }

    /// <summary>Bytes that a file for temporary data could have; 0 where that is not known.</summary>
    public static long Room()
    {
        try
        {
            return new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return 0;
        }
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
        _file.Dispose();
    }
}
