using Assay.Models;
using Assay.Models.Kernels;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>Hooks and captures in batches that go through the layers in parts.</summary>
public sealed unsafe class HookTests
{
    private static List<Segment> Batch(LanguageModel model, int count)
    {
        var random = new Random(6);
        return [.. Enumerable.Range(0, count).Select(_ => new Segment(Enumerable.Range(0, random.Next(0, 70)).Select(_ => random.Next(3, Math.Min(300, model.Spec.VocabularySize))).ToArray()))];
    }

    /// <summary>Every site of two blocks changed in a way that depends on the row's place in the batch.</summary>
    private static (float[] Final, Dictionary<Site, float[]> Captured, int Calls) Run(LanguageModel model, List<Segment> segments)
    {
        var calls = 0;
        var sites = new[] { 0, model.Spec.Layers.Length - 1 }.Distinct().SelectMany(l => Enum.GetValues<SitePoint>().Select(p => new Site(l, p))).ToList();
        void Change(Site site, Span<float> rows, int width, long first)
        {
            calls++;
            for (var i = 0; i < rows.Length / width; i++)
                if ((first + i) % 5 == (int)site.Point) rows[(i * width)..((i + 1) * width)].Reverse();
                else rows[i * width] += (first + i) % 7 / 8f;
        }

        var cache = new ActivationCache(sites);
        using var final = new FloatBuffer();
        model.Transformer.Forward(segments, final, new ForwardOptions { Capture = cache, Hooks = [.. sites.Select(s => (s, (SiteHook)Change))] }, CancellationToken.None);
        return (final.Rows(0, segments.Sum(s => s.Tokens.Length), model.Spec.HiddenSize).ToArray(), sites.ToDictionary(s => s, s => cache[s].ToArray()), calls / sites.Count);
    }

    [Theory]
    [InlineData("llama"), InlineData("gemma2"), InlineData("gpt2"), InlineData("qwen3"), InlineData("qwen3_moe")]
    public void Little_memory_shows_in_no_bit_of_an_organism(string organism)
    {
        LanguageModel Open(long memory) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"), new LanguageModelOptions { Threads = 2, MemoryBytes = memory });
        using var model = Open(1L << 33);
        var segments = Batch(model, 40);
        var (final, captured, calls) = Run(model, segments);
        Assert.Equal(1, calls);
        foreach (var megabytes in new[] { 1, 2, 4 })
        {
            using var small = Open((long)megabytes << 20);
            var (its, seen, parts) = Run(small, segments);
            Assert.True(parts > 1, $"{megabytes} MB: {parts} part");
            Assert.Equal(final, its);
            foreach (var (site, rows) in captured) Assert.Equal(rows, seen[site]);
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void Nor_does_it_in_any_kind_of_block(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var segments = Batch(model, 7);
        var (final, captured, _) = Run(model, segments);
        foreach (var together in new[] { 1, 50, 120 })
        {
            model.Transformer.RowsTogether = together;
            var (its, seen, parts) = Run(model, segments);
            Assert.True(parts > 1);
            Assert.Equal(final, its);
            foreach (var (site, rows) in captured) Assert.Equal(rows, seen[site]);
        }
    }

    public static IEnumerable<TheoryDataRow<string>> Architectures() => GoldenFiles.Folders("models");

    [Theory]
    [InlineData("llama"), InlineData("gpt2")]
    public void Edits_of_single_sequences_obey_the_memory_too(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name));
        var random = new Random(8);
        float[] direction = [.. Enumerable.Range(0, model.Spec.HiddenSize).Select(_ => (random.NextSingle() - .5f) / 4)];
        var edits = new OutputEdits(model.Spec, Enumerable.Range(0, model.Spec.Layers.Length).Select(l => new OutputEdit(l, ResidualWriter.Mlp, [.. direction], [.. direction])));
        List<Segment> segments = [.. Batch(model, 7).Select((s, i) => s with { Edits = i % 2 == 0 ? edits : null })];
        var whole = Run(model, segments);
        model.Transformer.RowsTogether = 40;
        Assert.Equal(whole.Final, Run(model, segments).Final);
        Assert.NotEqual(whole.Final, Run(model, [.. segments.Select(s => s with { Edits = null })]).Final);
    }

    /// <summary>Sequences that grow out of others of the batch stay together, however many rows.</summary>
    [Fact]
    public void A_tree_is_not_cut()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", "llama"));
        List<Segment> segments = [new Segment(new[] { 3, 1, 4 }), new Segment(new[] { 1, 5 }, Parent: 0), new Segment(new[] { 9, 2, 6 }, Parent: 0)];
        var whole = Run(model, segments).Final;
        model.Transformer.RowsTogether = 2;
        Assert.Equal(whole, Run(model, segments).Final);
    }

    [Fact]
    public void Layers_taken_over_from_another_model_have_no_hooks()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", "llama"));
        using var final = new FloatBuffer();
        using var shared = new SharedLayers(1);
        Assert.Throws<ArgumentException>(() => model.Transformer.Forward([new Segment(new[] { 3, 1 })], final, new ForwardOptions(), CancellationToken.None, shared));
    }
}
