using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Assay.Benchmarks.Peers;

/// <summary>llama.cpp's own programs, where LLAMA_CPP_BIN points at their folder.</summary>
internal static class LlamaCpp
{
    /// <summary>The folder.</summary>
    /// <exception cref="PeerUnavailableException">None is named, or it has no llama-bench.</exception>
    public static string Folder() => Environment.GetEnvironmentVariable("LLAMA_CPP_BIN") is { Length: > 0 } folder && File.Exists(Path.Combine(folder, "llama-bench")) ? folder
        : throw new PeerUnavailableException("LLAMA_CPP_BIN names no folder with llama-bench; docs/how-to/benchmark-peers.md says how to build it");

    /// <summary>Quantises a file; false where the program is not there.</summary>
    public static bool Quantise(string from, string to, string type)
    {
        if (!File.Exists(Path.Combine(Folder(), "llama-quantize"))) return false;
        Run("llama-quantize", [from, to, type]);
        return File.Exists(to);
    }

    /// <summary>Tokens a second of one run.</summary>
    /// <param name="file">GGUF.</param>
    /// <param name="prompt">Tokens read.</param>
    /// <param name="generated">Tokens made.</param>
    /// <param name="threads">Threads.</param>
    /// <returns>Of reading and of making.</returns>
    public static (double Reading, double Making, string Version) Bench(string file, int prompt, int generated, int threads)
    {
        var (reading, making, version) = (0.0, 0.0, "");
        var text = Run("llama-bench", ["-m", file, "-p", Number(prompt), "-n", Number(generated), "-r", "1", "-t", Number(threads), "-o", "json"]);
        foreach (var row in JsonDocument.Parse(text[text.IndexOf('[', StringComparison.Ordinal)..]).RootElement.EnumerateArray())
        {
            version = row.GetProperty("build_commit").GetString() ?? "";
            if (row.GetProperty("n_gen").GetInt32() > 0) making = row.GetProperty("avg_ts").GetDouble();
            else reading = row.GetProperty("avg_ts").GetDouble();
        }

        return (reading, making, version);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Folder(), program)) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new PeerUnavailableException($"{program} did not start");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new PeerUnavailableException($"{program} ended with {process.ExitCode}: {errors.Result.Trim().Split('\n')[^1]}");
    }
}
