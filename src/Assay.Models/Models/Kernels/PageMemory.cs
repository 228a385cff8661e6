using System.Runtime.InteropServices;

namespace Assay.Models.Kernels;

/// <summary>Native memory in whole pages of the system, so that what is freed goes back to the system at once.</summary>
/// <remarks>On Linux large blocks are mapped by themselves: the C library's heap keeps freed blocks, and the process's peak would then depend on
/// the order in which buffers grew. Blocks of many megabytes ask for huge pages (<c>madvise</c>), which spares address translation; a system
/// without them ignores it. Elsewhere the C runtime's allocator serves.</remarks>
internal static unsafe partial class PageMemory
{
    /// <summary>Bytes from which a block is mapped by itself.</summary>
    private const long OwnMapping = 1 << 16;

    /// <summary>Bytes from which huge pages are worth their rounding.</summary>
    private const long HugeFrom = 4 << 20;

    private const long HugePage = 2 << 20;

    /// <summary>Allocates a block aligned to 64 bytes at least; not zeroed by contract.</summary>
    /// <param name="bytes">At least 1.</param>
    /// <exception cref="InsufficientMemoryException">The system refuses.</exception>
    public static void* Allocate(long bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < OwnMapping) return NativeMemory.AlignedAlloc(checked((nuint)bytes), 64);
        var block = Map(0, Length(bytes), protection: 3, flags: 0x22, -1, 0); // Readable and writable; private and anonymous.
        if (block == -1) throw new InsufficientMemoryException($"The system refused {bytes} bytes of memory.");
        if (bytes >= HugeFrom) _ = Advise(block, Length(bytes), 14); // MADV_HUGEPAGE; no harm where it is not known.
        return (void*)block;
    }

    /// <summary>Gives a block back.</summary>
    /// <param name="block">From <see cref="Allocate"/>.</param>
    /// <param name="bytes">As asked for there.</param>
    public static void Free(void* block, long bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < OwnMapping) NativeMemory.AlignedFree(block);
        else _ = Unmap((nint)block, Length(bytes));
    }

    /// <summary>Whole huge pages for large blocks: the system then aligns the mapping so that they fit.</summary>
    private static nuint Length(long bytes)
    {
        var unit = bytes >= HugeFrom ? HugePage : 4096;
        return checked((nuint)((bytes + unit - 1) / unit * unit));
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
