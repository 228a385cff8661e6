namespace Assay.Models;

/// <summary>Samples the process's private memory and keeps the peak: anonymous resident pages and those swapped out; mapped files do not count.</summary>
/// <remarks>engine.md, Memory. Linux tells it in /proc/self/status (RssAnon + VmSwap); elsewhere the process's private bytes stand in.</remarks>
public sealed class PrivateMemory : IDisposable
{
    private readonly Timer _timer;
    private long _peak;

    /// <summary>Starts sampling.</summary>
    /// <param name="interval">Between samples; 50 ms where null.</param>
    public PrivateMemory(TimeSpan? interval = null)
    {
        Sample();
        var every = interval ?? TimeSpan.FromMilliseconds(50);
        _timer = new Timer(_ => Sample(), null, every, every);
    }

    /// <summary>Largest sample so far, in bytes.</summary>
    public long PeakBytes => Interlocked.Read(ref _peak);

    /// <summary>Private memory now, in bytes.</summary>
    public static long NowBytes()
    {
        try
        {
            long kilobytes = 0;
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if ((line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("VmSwap:", StringComparison.Ordinal)) && long.TryParse(line.AsSpan(line.IndexOf(':') + 1).Trim().TrimEnd("kB").Trim(), out var value))
                    kilobytes += value;
            }

            if (kilobytes > 0) return kilobytes * 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No such file on this system.
        }

        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PrivateMemorySize64;
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Sample()
    {
        var now = NowBytes();
        for (var seen = Interlocked.Read(ref _peak); now > seen; seen = Interlocked.Read(ref _peak))
            if (Interlocked.CompareExchange(ref _peak, now, seen) == seen) return;
    }
}
