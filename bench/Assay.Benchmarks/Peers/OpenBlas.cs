using System.Runtime.InteropServices;

namespace Assay.Benchmarks.Peers;

/// <summary>OpenBLAS, where the machine has it.</summary>
internal sealed unsafe class OpenBlas
{
    private const int RowMajor = 101;
    private const int NotTransposed = 111;
    private const int Transposed = 112;
    private readonly delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> _sgemm;

    private OpenBlas(nint library, int threads)
    {
        _sgemm = (delegate* unmanaged[Cdecl]<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)NativeLibrary.GetExport(library, "cblas_sgemm");
        Config = Text(library, "openblas_get_config");
        Core = Text(library, "openblas_get_corename");
        if (Config.Contains("USE64BITINT", StringComparison.Ordinal)) throw new PeerUnavailableException("this OpenBLAS takes 64-bit integers; name one with 32-bit integers in OPENBLAS_LIB");
        ((delegate* unmanaged[Cdecl]<int, void>)NativeLibrary.GetExport(library, "openblas_set_num_threads"))(threads);
        Threads = ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(library, "openblas_get_num_threads"))();
    }

    /// <summary>Version and build options.</summary>
    public string Config { get; }

    /// <summary>The processor whose kernels it chose.</summary>
    public string Core { get; }

    /// <summary>Threads it says it uses.</summary>
    public int Threads { get; }

    /// <summary>Loads the library that OPENBLAS_LIB names, or the system's.</summary>
    /// <exception cref="PeerUnavailableException">There is none that serves.</exception>
    public static OpenBlas Load(int threads)
    {
        var named = Environment.GetEnvironmentVariable("OPENBLAS_LIB");
        string[] names = string.IsNullOrEmpty(named) ? ["libopenblas.so.0", "libopenblas.so"] : [named];
        foreach (var name in names)
        {
            if (!NativeLibrary.TryLoad(name, out var library)) continue;
            try
            {
                return new OpenBlas(library, threads);
            }
            catch (EntryPointNotFoundException e)
            {
                throw new PeerUnavailableException($"{name} is not a whole OpenBLAS: {e.Message}", e);
            }
        }

        throw new PeerUnavailableException($"{string.Join(", ", names)} cannot be loaded; install libopenblas0-pthread (Debian) or name a library in OPENBLAS_LIB");
    }

    /// <summary>y = x·Wᵀ, all row-major and dense.</summary>
    /// <param name="m">Rows of x (m, k) and y (m, n).</param>
    /// <param name="n">Rows of W (n, k).</param>
    /// <param name="k">Inputs.</param>
    /// <param name="x">(m, k).</param>
    /// <param name="weights">(n, k).</param>
    /// <param name="y">(m, n), overwritten.</param>
    public void Multiply(int m, int n, int k, float* x, float* weights, float* y) =>
        _sgemm(RowMajor, NotTransposed, Transposed, m, n, k, 1, x, k, weights, k, 0, y, n);

    private static string Text(nint library, string function) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(library, function))())?.Trim() ?? "";
}
