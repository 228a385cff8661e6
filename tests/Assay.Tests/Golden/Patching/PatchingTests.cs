using System.Text.Json;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Tests.Golden.Patching;

/// <summary>Interventions on parts of an organism against PyTorch hooks (patching_golden.py): log-probabilities at the last position of three prompts.</summary>
public sealed class PatchingTests
{
    public static IEnumerable<TheoryDataRow<string>> Organisms() => GoldenFiles.Files("patching", ".json");

    [Theory, MemberData(nameof(Organisms))]
    public void Every_intervention_gives_the_log_probabilities_of_pytorch(string organism)
    {
        using var golden = SafetensorsFile.Open(GoldenFiles.Require("patching", organism + ".safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("patching", organism + ".json")));
        using var model = LanguageModel.Open(Organism("aligned"), new LanguageModelOptions { Threads = 2 });
        using var other = LanguageModel.Open(Organism("before"), new LanguageModelOptions { Threads = 2 }, model);
        var (scored, donors) = (Batch(golden, "ids"), Batch(golden, "reference_and_donors"));
        var parts = Enumerable.Range(0, model.Spec.Layers.Length).SelectMany(l => new[] { new Component(ComponentKind.Attention, l), new Component(ComponentKind.Mlp, l), new Component(ComponentKind.Heads, l) }).ToList();
        var seen = new ComponentCache(model.Spec, parts);
        model.Logits(donors, new ForwardOptions { ComponentHooks = [.. seen.Hooks] });
        Near("none", LogProbabilities(model, scored, null));
        var cases = 0;
        foreach (var item in json.RootElement.GetProperty("cases").EnumerateArray())
        {
            var (name, kind, how, layer) = (item.GetProperty("name").GetString()!, item.GetProperty("component").GetString(), item.GetProperty("intervention").GetString(), item.GetProperty("layer").GetInt32());
            var index = item.GetProperty("index").ValueKind == JsonValueKind.Number ? item.GetProperty("index").GetInt32() : 0;
            cases++;
            if (how == "swap")
            {
                // The other model's MLP at the same input is its weights in this one's place.
                var theirs = other.Checkpoint.Tensors.Where(t => t.Name.Contains($".{layer}.mlp.", StringComparison.Ordinal)).ToList();
                Assert.NotEmpty(theirs);
                using var swapped = LanguageModel.Of(model.Checkpoint.With(name, theirs), null, model);
                Near(name, LogProbabilities(swapped, scored, null));
                continue;
            }

            var component = new Component(kind switch { "attention" => ComponentKind.Attention, "mlp" => ComponentKind.Mlp, "head" => ComponentKind.Heads, "expert" => ComponentKind.Experts, _ => default }, layer, index);
            var change = new Interventions(model.Spec);
            _ = (kind, how) switch
            {
                ("block", "skip") => change.Skip(layer),
                (_, "zero") => change.Zero(component),
                (_, "mean") => change.Set(component, seen.Mean(component)),
                (_, "resample") => change.SetRows(component, seen.Rows(component)),
                _ => throw new NotSupportedException(name),
            };
            var got = LogProbabilities(model, scored, change.Options);
            Near(name, got);
            if (cases % 5 != 0) continue;
            // Sequence by sequence, as with little memory.
            model.Transformer.RowsTogether = 1;
            Assert.Equal(got, LogProbabilities(model, scored, change.Options));
            model.Transformer.RowsTogether = int.MaxValue;
        }

        Assert.True(cases > 30);

        void Near(string name, double[] got)
        {
            var want = GoldenTensors.Floats(golden, name);
            Assert.Equal(want.Length, got.Length);
            for (var i = 0; i < want.Length; i++)
                Assert.True(Math.Abs(want[i] - got[i]) <= 1e-5 + 1e-4 * Math.Abs(want[i]), $"{name}, entry {i}: {want[i]} expected, {got[i]} found");
        }

        string Organism(string stage) => Path.Combine(GoldenFiles.Repository, "organisms", organism, stage);
    }

    private static List<Segment> Batch(SafetensorsFile golden, string name)
    {
        var ids = GoldenTensors.Ints(golden, name);
        var length = (int)golden.Tensors.Single(t => t.Name == name).Shape[1];
        return [.. Enumerable.Range(0, ids.Length / length).Select(s => new Segment(ids.AsMemory(s * length, length)))];
    }

    private static double[] LogProbabilities(LanguageModel model, List<Segment> batch, ForwardOptions? options)
    {
        var (logits, width, length) = (model.Logits(batch, options), model.Spec.VocabularySize, batch[0].Tokens.Length);
        var result = new List<double>();
        for (var s = 0; s < batch.Count; s++)
        {
            var row = logits.AsSpan(((s + 1) * length - 1) * width, width).ToArray();
            var max = (double)row.Max();
            var normaliser = max + Math.Log(row.Sum(z => Math.Exp(z - max)));
            result.AddRange(row.Select(z => z - normaliser));
        }

        return [.. result];
    }
}
