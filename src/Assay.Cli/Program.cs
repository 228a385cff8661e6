using System.Runtime.InteropServices;

namespace Assay.Cli;

internal static class Program
{
    private const int FileSizeExceeded = 25; // SIGXFSZ of Linux and macOS, which the framework has no name for.

    private static int Main(string[] args)
    {
        using var cancellation = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        // A file beyond the limit that the shell sets is then an error of the write, not the end of the process.
        using var fileSize = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create((PosixSignal)FileSizeExceeded, signal => signal.Cancel = true);
        return Application.Run(args, Terminal.OfProcess(), cancellation.Token);

        void Cancel(PosixSignalContext signal)
        {
            // The second signal ends the process at once.
            signal.Cancel = !cancellation.IsCancellationRequested;
            cancellation.Cancel();
        }
    }
}
