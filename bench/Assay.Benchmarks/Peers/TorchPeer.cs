using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Assay.Benchmarks.Peers;

/// <summary>PyTorch in a process of its own that stays alive, so that rounds can take turns.</summary>
internal sealed class TorchPeer : IDisposable
{
    private readonly Process _process;

    /// <summary>Loads a model.</summary>
    /// <param name="folder">Llama checkpoint in one safetensors file.</param>
    /// <param name="dtype">float32 or bfloat16.</param>
    /// <param name="threads">Threads.</param>
    /// <exception cref="PeerUnavailableException">No Python with torch.</exception>
    public TorchPeer(string folder, string dtype, int threads)
    {
        var python = Environment.GetEnvironmentVariable("ASSAY_PYTHON") ?? (File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3");
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Peers", "torch_peer.py"));
        try
        {
            _process = Process.Start(start) ?? throw new PeerUnavailableException($"{python} did not start");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new PeerUnavailableException($"{python} did not start; install Python with torch (Debian: python3-torch) or name one in ASSAY_PYTHON", e);
        }

        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        Version = Ask(new Dictionary<string, object> { ["load"] = Path.GetFullPath(folder), ["dtype"] = dtype, ["threads"] = threads }).GetProperty("version").GetString() ?? "";
    }

    /// <summary>Of torch.</summary>
    public string Version { get; }

    /// <summary>Mean negative log-likelihood of all tokens but each text's first, at the last call.</summary>
    public double NegativeLogLikelihood { get; private set; }

    /// <summary>Scores texts of one length.</summary>
    /// <returns>Tokens read a second.</returns>
    public double Score(IReadOnlyList<int[]> texts)
    {
        var answer = Ask(new Dictionary<string, object> { ["score"] = texts });
        NegativeLogLikelihood = answer.GetProperty("nll").GetDouble();
        return texts.Sum(t => t.Length - 1) / answer.GetProperty("seconds").GetDouble();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private JsonElement Ask(Dictionary<string, object> request)
    {
        try
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(request));
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; the missing answer says so.
        }

        return _process.StandardOutput.ReadLine() is { } line ? JsonDocument.Parse(line).RootElement
            : throw new PeerUnavailableException(string.Create(CultureInfo.InvariantCulture, $"{_process.StartInfo.FileName} ended without an answer: torch is missing or too old (Debian: python3-torch; or name a Python in ASSAY_PYTHON)"));
    }
}
