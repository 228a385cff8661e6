using System.Globalization;
using System.Text;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Benchmarks;

/// <summary>Whole models: scoring, vetting a pair, decoding, and where the time goes.</summary>
internal static class ModelBenchmark
{
    /// <summary>A shape to run.</summary>
    /// <param name="Name">What to call it.</param>
    /// <param name="Base">Folder of the base.</param>
    /// <param name="Candidate">Folder of the candidate.</param>
    /// <param name="Texts">How many texts are scored together.</param>
    /// <param name="Length">Tokens of each, the last one only scored.</param>
    internal sealed record Shape(string Name, string Base, string Candidate, int Texts, int Length);

    /// <summary>135M parameters.</summary>
    internal static readonly (string Name, string Config) Small = ("135M Llama (30 × 576)", SyntheticCheckpoint.LlamaConfig(30, 576, 9, 3, 1536, 49152, tied: true));

    /// <summary>1.1B parameters.</summary>
    internal static readonly (string Name, string Config) Large = ("1.1B Llama (22 × 2048)", SyntheticCheckpoint.LlamaConfig(22, 2048, 32, 4, 5632, 32000));

    /// <summary>Writes the tables.</summary>
    /// <param name="report">Where to.</param>
    /// <param name="peak">GFLOP/s.</param>
    /// <param name="bandwidth">Bytes a second.</param>
    /// <param name="quick">The organism alone, one round.</param>
    /// <param name="keep">Folder in which the synthetic models are looked for and kept; null to write them anew.</param>
    public static void Run(StringBuilder report, double peak, double bandwidth, bool quick, string? keep)
    {
        var folder = keep ?? Directory.CreateTempSubdirectory("assay-bench-").FullName;
        try
        {
            var shapes = new List<Shape> { new("bundled organism (llama, d = 192)", Organism("aligned"), Organism("before"), 16, 129) };
            if (!quick)
            {
                shapes.Add(Synthetic(folder, Small));
                shapes.Add(Synthetic(folder, Large));
            }

            report.AppendLine("## Whole models, bf16 weights\n\nThe bound counts the multiply-adds of all matrices and of attention at the peak. Scoring is the log-probability of every token; a pair shares no layer here.\n");
            report.AppendLine("| shape | scoring, tokens/s | of the bound | pair, tokens/s | pair ÷ two scorings | decoding 1 row, tokens/s | reading probed beside it, GB/s | of that bound | 8 rows | × one row | 32 rows | peak private memory, MB |\n|---|---|---|---|---|---|---|---|---|---|---|---|");
            var stages = new StringBuilder();
            foreach (var shape in shapes) report.AppendLine(Measure(shape, peak, bandwidth, quick, stages));
            report.AppendLine("\n## Scoring by stage, share of the time\n");
            report.Append(stages);
        }
        finally
        {
            if (keep is null) Directory.Delete(folder, true);
        }
    }

    /// <summary>A stage of the bundled Llama organism.</summary>
    internal static string Organism(string stage)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "organisms", "llama", stage);
            if (File.Exists(Path.Combine(path, "config.json"))) return path;
        }

        throw new DirectoryNotFoundException("The bundled organisms are not above the benchmark's folder: run it from the repository.");
    }

    /// <summary>Writes a pair of synthetic models where they are not there yet.</summary>
    internal static Shape Synthetic(string folder, (string Name, string Config) shape)
    {
        var (name, config) = shape;
        var (p, q) = (Path.Combine(folder, name[..4] + "p"), Path.Combine(folder, name[..4] + "q"));
        if (!File.Exists(Path.Combine(p, "model.safetensors"))) SyntheticCheckpoint.Write(p, config, 1);
        if (!File.Exists(Path.Combine(q, "model.safetensors"))) SyntheticCheckpoint.Write(q, config, 2);
        return new Shape(name, p, q, 1, 513);
    }

    private static string Measure(Shape shape, double peak, double bandwidth, bool quick, StringBuilder stages)
    {
        var rounds = quick ? 1 : shape.Texts > 1 ? 5 : 3;
        using var memory = new PrivateMemory();
        using var p = LanguageModel.Open(shape.Base);
        using var q = LanguageModel.Open(shape.Candidate, null, p);
        var valid = p.ValidVocabulary;
        var texts = Enumerable.Range(0, shape.Texts).Select(t => new ScoredText([.. Enumerable.Range(0, shape.Length).Select(i => 3 + (i * 7919 + t * 31) % (valid - 3))], 1)).ToArray();
        double tokens = shape.Texts * (shape.Length - 1);
        var (single, pair) = (new TextScorer(p), new PairScorer(p, q));
        var scoring = tokens / ProductBenchmark.Median(() => single.Score(texts), rounds);
        p.Transformer.Clock = new StageClock();
        single.Score(texts);
        p.Transformer.Clock.Clear();
        single.Score(texts);
        p.Transformer.Clock.Mark("head");
        var total = p.Transformer.Clock.Stages.Sum(s => s.Seconds);
        stages.AppendLine(CultureInfo.InvariantCulture, $"- {shape.Name}: {string.Join(", ", p.Transformer.Clock.Stages.OrderByDescending(s => s.Seconds).Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Stage} {s.Seconds / total:p1}")))}");
        p.Transformer.Clock = null;
        var both = tokens / ProductBenchmark.Median(() => pair.Score(texts), rounds);
        var bound = peak * 1e9 / (2 * (Weights(p.Spec) + AttentionMacs(p.Spec, shape.Length - 1)));
        // What memory gives differs from minute to minute on shared machines: the bound is probed on both sides of what it bounds.
        bandwidth = Math.Max(bandwidth, MachineProbe.ReadBandwidth(p.Team, quick ? 256L << 20 : 1L << 30));
        var one = Decode(p, 1, rounds);
        bandwidth = Math.Max(bandwidth, MachineProbe.ReadBandwidth(p.Team, quick ? 256L << 20 : 1L << 30));
        var eight = Decode(p, 8, rounds);
        var many = Decode(p, 32, rounds);
        var byteBound = bandwidth / (Weights(p.Spec) * Bytes(p));
        return string.Create(CultureInfo.InvariantCulture,
            $"| {shape.Name} | {scoring:0} | {scoring / bound:p0} | {both:0} | {scoring / both / 2:0.00} | {one:0.0} | {bandwidth / 1e9:0.0} | {one / byteBound:p0} | {eight:0.0} | {eight / one:0.0} | {many:0.0} | {memory.PeakBytes / 1e6:0} |");
    }

    /// <summary>Elements of all matrices that a token is multiplied by; every expert that it takes counted.</summary>
    private static double Weights(TransformerSpec spec) => (double)spec.VocabularySize * spec.HiddenSize + spec.Layers.Sum(l =>
        Size(l.Attention.Query) + Size(l.Attention.Key) + Size(l.Attention.Value) + Size(l.Attention.Output)
        + (l.Mlp switch { DenseMlpSpec d => Size(d.Gate) + Size(d.Up) + Size(d.Down), RoutedMlpSpec r => Size(r.Router) + r.PerToken * (Size(r.Experts[0].Gate) + Size(r.Experts[0].Up) + Size(r.Experts[0].Down)), _ => 0 }));

    private static double Size(LinearSpec? linear) => linear is null ? 0 : (double)linear.Outputs * linear.Inputs;

    /// <summary>Multiply-adds of scores and mixtures for a token, on average over a text: half of the keys are seen.</summary>
    private static double AttentionMacs(TransformerSpec spec, int length) => spec.Layers.Sum(l => l.Attention.Heads * (l.Attention.HeadSize + l.Attention.ValueSize) * (length + 1) / 2.0);

    private static double Bytes(LanguageModel model) => model.TensorType(model.Spec.Layers[0].Attention.Query.Weight) == Checkpoints.DType.F32 ? 4 : 2;

    /// <summary>Tokens a second of the whole batch: a longer run less a shorter one, so that reading the prompts does not count.</summary>
    internal static double Decode(LanguageModel model, int rows, int rounds)
    {
        const int more = 16;
        var prompts = Enumerable.Range(0, rows).Select(i => Enumerable.Range(0, 16).Select(t => 3 + (i * 17 + t * 5) % (model.ValidVocabulary - 3)).ToArray()).ToArray();
        var few = ProductBenchmark.Median(() => model.Generate(prompts, new GenerationOptions { MaxNewTokens = 2 }), rounds);
        var many = ProductBenchmark.Median(() => model.Generate(prompts, new GenerationOptions { MaxNewTokens = 2 + more }), rounds);
        return rows * more / (many - few);
    }
}
