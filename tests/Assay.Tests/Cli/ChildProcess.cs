using System.Diagnostics;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>Runs a program to its end, with a limit on time.</summary>
internal static class ChildProcess
{
#if DEBUG
    public const string Configuration = "Debug";
#else
    public const string Configuration = "Release";
#endif

    public static (int Code, string Out, string Error) Run(string program, string[] args, int seconds = 300,
        params (string Name, string Value)[] environment) =>
        RunIn(GoldenFiles.Repository, program, args, seconds, environment);

    public static (int Code, string Out, string Error) RunIn(string folder, string program, string[] args, int seconds = 300,
        params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, args) { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardOutput = true,
            RedirectStandardError = true, RedirectStandardInput = true };

        // Build servers would outlive the child and hold its streams open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', args)} took longer than {seconds} s.");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>The path of the SDK that runs the tests.</summary>
    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
}
