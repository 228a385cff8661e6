using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Tests.Golden.Models;

/// <summary>Logits, hidden states and greedy continuations of tiny checkpoints, as transformers computes them in float32 (golden/make/models.py).</summary>
public sealed class ForwardTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases() => GoldenFiles.Folders("models");

    public static IEnumerable<TheoryDataRow<string>> LongCases() => GoldenFiles.Folders("long");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_pass_equals_transformers(string name) => Check(name, "config.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_pass_equals_transformers_under_the_older_spelling(string name) => Check(name, "config-4.57.json");

    [Theory]
    [MemberData(nameof(LongCases))]
    public void Long_sequence_equals_transformers(string name)
    {
        var folder = GoldenFiles.Require("long", name);
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(folder));
        using var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        var positions = GoldenTensors.Ints(golden, "positions");
        var (want, got) = (GoldenTensors.Floats(golden, "logits"), model.Logits(GoldenTensors.Ints(golden, "ids")));
        var width = model.Spec.VocabularySize;
        for (var i = 0; i < positions.Length; i++)
            for (var v = 0; v < width; v++)
                Assert.True(Math.Abs(want[i * width + v] - got[positions[i] * width + v]) <= 1e-4, $"position {positions[i]}, entry {v}: {got[positions[i] * width + v]} instead of {want[i * width + v]}");
    }

    private static void Check(string name, string config)
    {
        var folder = GoldenFiles.Require("models", name);
        if (!File.Exists(Path.Combine(folder, config))) Assert.Skip($"{name} has no {config}.");
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(folder, null, null, config));
        using var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        var (width, vocabulary, layers) = (model.Spec.HiddenSize, model.Spec.VocabularySize, model.Spec.Layers.Length);
        // Two forms of the same recurrence: transformers computes it in chunks.
        var tolerance = model.Spec.Architecture == "qwen3_next" ? 1e-3 : 1e-4;
        var cases = 0;
        for (var i = 0; golden.Tensors.Any(t => t.Name == $"ids.{i}"); i++, cases++)
        {
            var ids = GoldenTensors.Ints(golden, $"ids.{i}");
            if (GoldenTensors.Has(golden, $"logits.{i}")) Near(GoldenTensors.Floats(golden, $"logits.{i}"), model.Logits(ids), tolerance, $"logits.{i}");
            if (GoldenTensors.Has(golden, $"hidden.{i}"))
            {
                var cache = new ActivationCache(Enumerable.Range(0, layers).Select(l => new Site(l, SitePoint.ResidPre)));
                var final = model.FinalHidden(ids, new ForwardOptions { Capture = cache });
                var want = GoldenTensors.Floats(golden, $"hidden.{i}");
                var size = ids.Length * width;
                for (var l = 0; l <= layers; l++)
                {
                    var state = want.AsSpan(l * size, size).ToArray();
                    Near(state, l < layers ? cache[new Site(l, SitePoint.ResidPre)].ToArray() : final, tolerance * Math.Max(1, state.Max(Math.Abs)), $"hidden.{i}[{l}]");
                }
            }

            if (GoldenTensors.Has(golden, $"greedy.{i}") && GoldenTensors.Has(golden, $"margin.{i}"))
            {
                var (greedy, margins) = (GoldenTensors.Ints(golden, $"greedy.{i}"), GoldenTensors.Floats(golden, $"margin.{i}"));
                var got = model.Generate([ids], new GenerationOptions { MaxNewTokens = greedy.Length })[0].Tokens;
                // After a token whose lead was too small to be sure of, the contexts may differ.
                for (var k = 0; k < greedy.Length && (got[k] == greedy[k] || margins[k] > 2e-4); k++) Assert.Equal(greedy[k], got[k]);
            }
        }

        Assert.True(cases > 0, "The golden file has no ids.0.");
        Assert.Equal(vocabulary, model.Spec.VocabularySize);
    }

    private static void Near(float[] want, float[] got, double tolerance, string what)
    {
        Assert.Equal(want.Length, got.Length);
        var worst = 0;
        for (var i = 0; i < want.Length; i++)
            if (Math.Abs(want[i] - got[i]) > Math.Abs(want[worst] - got[worst]) || float.IsNaN(got[i])) worst = i;
        Assert.True(Math.Abs(want[worst] - got[worst]) <= tolerance, $"{what}: entry {worst} is {got[worst]:r}, transformers has {want[worst]:r}");
    }
}
