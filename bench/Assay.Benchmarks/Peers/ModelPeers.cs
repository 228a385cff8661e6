using System.Diagnostics;
using System.Globalization;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Benchmarks.Peers;

/// <summary>Whole models: scoring and decoding, ours, PyTorch's and llama.cpp's on the same weights.</summary>
internal static class ModelPeers
{
    /// <summary>Writes the section.</summary>
    /// <param name="report">Where to.</param>
    /// <param name="team">Threads.</param>
    /// <param name="quick">The organism and the smaller shape, one round.</param>
    /// <param name="keep">Folder of the synthetic models; null to write them anew.</param>
    public static void Run(PeersReport report, WorkTeam team, bool quick, string? keep)
    {
        var folder = keep ?? Directory.CreateTempSubdirectory("assay-peers-").FullName;
        try
        {
            report.Line("## Scoring, tokens/s, median (min–max)\n");
            report.Line("| model | who | reading T = 512 (organism: 16 × 128) | ours ÷ theirs | making one row | mean NLL |\n|---|---|---|---|---|---|");
            Rows(report, team, "bundled organism", ModelBenchmark.Organism("aligned"), folder, quick ? 1 : 5, 16, 129, torchOnly: true);
            Rows(report, team, "135M Llama", ModelBenchmark.Synthetic(folder, ModelBenchmark.Small).Base, folder, quick ? 1 : 5, 1, 513);
            if (!quick) Rows(report, team, "1.1B Llama", ModelBenchmark.Synthetic(folder, ModelBenchmark.Large).Base, folder, 3, 1, 513);
            report.Line("");
        }
        finally
        {
            if (keep is null) Directory.Delete(folder, true);
        }
    }

    private static void Rows(PeersReport report, WorkTeam team, string name, string path, string folder, int rounds, int texts, int length, bool torchOnly = false)
    {
        using var model = LanguageModel.Open(path);
        var valid = model.ValidVocabulary;
        var ids = Enumerable.Range(0, texts).Select(t => Enumerable.Range(0, length).Select(i => 3 + (i * 7919 + t * 31) % (valid - 3)).ToArray()).ToList();
        var scored = ids.Select(i => new ScoredText(i, 1)).ToArray();
        var scorer = new TextScorer(model);
        var nll = new Dictionary<string, double>(StringComparer.Ordinal);
        var making = new Dictionary<string, double>(StringComparer.Ordinal);
        var torch = new List<TorchPeer>();
        var missing = new List<string>();
        var contestants = new List<Contestant>
        {
            new("Assay", () =>
            {
                var watch = Stopwatch.StartNew();
                var scores = scorer.Score(scored);
                var rate = texts * (length - 1) / watch.Elapsed.TotalSeconds;
                nll["Assay"] = -scores.SelectMany(s => s).Average();
                return rate;
            }),
        };
        making["Assay"] = ModelBenchmark.Decode(model, 1, 3);
        try
        {
            foreach (var dtype in (string[])["float32", "bfloat16"])
            {
                var peer = new TorchPeer(path, dtype, team.Threads);
                torch.Add(peer);
                report.VersionOnce("PyTorch", peer.Version);
                contestants.Add(new($"PyTorch {dtype}", () =>
                {
                    var rate = peer.Score(ids);
                    nll[$"PyTorch {dtype}"] = peer.NegativeLogLikelihood;
                    return rate;
                }));
            }
        }
        catch (PeerUnavailableException e)
        {
            missing.Add($"PyTorch: *not measured: {e.Message}*");
        }

        if (!torchOnly)
        {
            try
            {
                _ = LlamaCpp.Folder();
                foreach (var type in (string[])["F32", "F16", "BF16", "Q8_0"])
                {
                    var file = Path.Combine(folder, $"{Path.GetFileName(path)}-{type}.gguf");
                    if (!File.Exists(file))
                    {
                        if (type == "Q8_0" && !LlamaCpp.Quantise(Path.Combine(folder, $"{Path.GetFileName(path)}-BF16.gguf"), file, type)) continue;
                        if (type != "Q8_0") GgufFile.Write(model, type, file);
                    }

                    contestants.Add(new($"llama.cpp {type}", () =>
                    {
                        var (reading, made, version) = LlamaCpp.Bench(file, length - 1, 16, team.Threads);
                        report.VersionOnce("llama.cpp", version);
                        making[$"llama.cpp {type}"] = made;
                        return reading;
                    }, WarmsItself: true));
                }
            }
            catch (PeerUnavailableException e)
            {
                missing.Add($"llama.cpp: *not measured: {e.Message}*");
            }
        }

        var results = new Contest(1, rounds).Run(contestants);
        foreach (var peer in torch) peer.Dispose();
        foreach (var result in results)
        {
            report.Line(result.Failure is not null ? $"| {name} | {result.Name} | *not measured: {result.Failure}* | – | – | – |" : string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {result.Name} | {PeersReport.Spread(result)} | {results[0].Median / result.Median:0.00} | {(making.TryGetValue(result.Name, out var made) ? made.ToString("0.0", CultureInfo.InvariantCulture) : "–")} | {(nll.TryGetValue(result.Name, out var value) ? value.ToString("0.00000", CultureInfo.InvariantCulture) : "–")} |"));
        }

        foreach (var line in missing) report.Line($"| {name} | {line} | – | – | – | – |");
    }
}
