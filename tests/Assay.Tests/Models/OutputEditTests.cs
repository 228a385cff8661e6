using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>Edits of what writers hand on: each sequence its own, whatever else is in the batch.</summary>
public sealed class OutputEditTests
{
    private static readonly int[] Ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

    public static IEnumerable<TheoryDataRow<string>> Names => GoldenFiles.Folders("models");

    private static OutputEdits Removal(LanguageModel model, float strength, int seed)
    {
        var random = new Random(seed);
        var v = Enumerable.Range(0, model.Spec.HiddenSize).Select(_ => random.NextSingle() - .5f).ToArray();
        var norm = MathF.Sqrt(v.Sum(x => x * x));
        for (var i = 0; i < v.Length; i++) v[i] /= norm;
        return new OutputEdits(model.Spec, Enumerable.Range(0, model.Spec.Layers.Length).SelectMany(l => new[] { ResidualWriter.Attention, ResidualWriter.Mlp }.Select(w => new OutputEdit(l, w, [.. v.Select(x => strength * x)], [.. v])))
            .Prepend(new OutputEdit(-1, ResidualWriter.Embedding, [.. v.Select(x => strength * x)], [.. v])));
    }

    [Theory, MemberData(nameof(Names))]
    public void Sequences_with_other_edits_do_not_touch_each_other(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name));
        var (a, b) = (Removal(model, 1, 1), Removal(model, .5f, 2));
        var plain = model.Logits(Ids);
        var ofA = model.Logits([new Segment(Ids, null, a)]);
        var ofB = model.Logits([new Segment(Ids, null, b)]);
        Assert.NotEqual(plain, ofA);
        Assert.NotEqual(ofA, ofB);
        Assert.Equal([.. ofB, .. plain, .. ofA], model.Logits([new Segment(Ids, null, b), new Segment(Ids), new Segment(Ids, null, a)]));
        Assert.Equal(plain, model.Logits([new Segment(Ids, null, Removal(model, 0, 1))]));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    public void Removing_a_direction_from_all_writers_removes_it_from_the_stream(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name));
        var random = new Random(4);
        var v = Enumerable.Range(0, model.Spec.HiddenSize).Select(_ => random.NextSingle() - .5f).ToArray();
        var norm = MathF.Sqrt(v.Sum(x => x * x));
        float[] unit = [.. v.Select(x => x / norm)];
        var edits = new OutputEdits(model.Spec, Enumerable.Range(0, model.Spec.Layers.Length).SelectMany(l => new[] { ResidualWriter.Attention, ResidualWriter.Mlp }.Select(w => new OutputEdit(l, w, [.. unit], [.. unit])))
            .Prepend(new OutputEdit(-1, ResidualWriter.Embedding, [.. unit], [.. unit])));
        var cache = new ActivationCache(Enumerable.Range(0, model.Spec.Layers.Length).Select(l => new Site(l, SitePoint.ResidPost)));
        model.Logits([new Segment(Ids, null, edits)], new ForwardOptions { Capture = cache });
        for (var l = 0; l < model.Spec.Layers.Length; l++)
        {
            var rows = cache[new Site(l, SitePoint.ResidPost)];
            for (var t = 0; t < Ids.Length; t++)
            {
                var row = rows.Slice(t * unit.Length, unit.Length);
                double dot = 0, size = 0;
                for (var i = 0; i < unit.Length; i++) (dot, size) = (dot + (double)row[i] * unit[i], size + (double)row[i] * row[i]);
                Assert.True(Math.Abs(dot) <= 1e-5 * Math.Sqrt(size), $"layer {l}, position {t}: {dot}");
            }
        }
    }

    [Fact]
    public void Shapes_and_places_are_checked()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", "llama"));
        Assert.Throws<ArgumentException>(() => new OutputEdits(model.Spec, [new OutputEdit(0, ResidualWriter.Mlp, [1, 2], [1, 2])]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OutputEdits(model.Spec, [new OutputEdit(99, ResidualWriter.Mlp, [], [])]));
        Assert.Equal(model.Spec.Layers.Length, new OutputEdits(model.Spec, []).FirstLayer);
        var one = new float[model.Spec.HiddenSize];
        Assert.Equal(1, new OutputEdits(model.Spec, [new OutputEdit(1, ResidualWriter.Attention, [.. one], [.. one])]).FirstLayer);
        Assert.Equal(-1, new OutputEdits(model.Spec, [new OutputEdit(0, ResidualWriter.Embedding, [.. one], [.. one]), new OutputEdit(1, ResidualWriter.Mlp, [.. one], [.. one])]).FirstLayer);
    }
}
