using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Directions.Edits;

namespace Assay.Tests.Golden.Ablation;

/// <summary>Logits after a direction is removed from everything that writes to the residual stream, as PyTorch hooks give them.</summary>
public sealed class AblationTests
{
    public static IEnumerable<TheoryDataRow<string>> Names => GoldenFiles.Files("ablation", ".safetensors");

    [Theory, MemberData(nameof(Names))]
    public void Hooks_reproduce_the_logits(string name)
    {
        using var golden = SafetensorsFile.Open(GoldenFiles.Require("ablation", name + ".safetensors"));
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(GoldenFiles.Require("models", name)));
        Close(golden, model, new EditCompiler(model).Hooks([Removal(golden, model.Spec)]));
    }

    [Theory, MemberData(nameof(Names))]
    public void Edited_weights_reproduce_the_logits(string name)
    {
        using var golden = SafetensorsFile.Open(GoldenFiles.Require("ablation", name + ".safetensors"));
        using var folder = new TemporaryFolder();
        // In float32: rounded to bf16 the weights would be others.
        var copy = GoldenFiles.OrSkip(() => ModelCopy.As(DType.F32, GoldenFiles.Require("models", name), folder));
        using (var source = EditableModel.Open(copy))
            MergedCheckpoint.Write(source, [Removal(golden, source.Config.Spec)], folder["edited"]);
        using var model = LanguageModel.Open(folder["edited"]);
        Assert.False(model.Config.TiedHead);
        Close(golden, model, null);
    }

    internal static WeightEdit Removal(SafetensorsFile golden, TransformerSpec spec) =>
        new(new Direction { Estimator = "given", Vectors = [.. GoldenTensors.Floats(golden, "v")] }, EditPlaces.All(spec));

    /// <summary>Logits within 1e-4, and |v · residual| within 1e-5 at every block's input and output, the last one's among them.</summary>
    internal static void Close(SafetensorsFile golden, LanguageModel model, OutputEdits? edits)
    {
        var ids = GoldenTensors.Ints(golden, "ids.0");
        var v = GoldenTensors.Floats(golden, "v");
        var sites = Enumerable.Range(0, model.Spec.Layers.Length).SelectMany(l => new[] { new Site(l, SitePoint.ResidPre), new Site(l, SitePoint.ResidPost) }).ToArray();
        var cache = new ActivationCache(sites);
        var logits = model.Logits([new Segment(ids, null, edits)], new ForwardOptions { Capture = cache });
        var expected = GoldenTensors.Floats(golden, "logits.0");
        Assert.Equal(expected.Length, logits.Length);
        var worst = logits.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max();
        Assert.True(worst <= 1e-4, $"largest difference of a logit: {worst:e2}");
        foreach (var site in sites)
        {
            var rows = cache[site];
            for (var at = 0; at < rows.Length; at += v.Length)
            {
                var dot = 0.0;
                for (var i = 0; i < v.Length; i++) dot += (double)rows[at + i] * v[i];
                Assert.True(Math.Abs(dot) <= 1e-5, $"{site}, position {at / v.Length}: {dot:e2}");
            }
        }
    }
}
