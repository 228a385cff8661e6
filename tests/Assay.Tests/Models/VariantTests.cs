using Assay.Checkpoints;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Models.Kernels;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>Models of computed checkpoints, and views of a model.</summary>
public sealed class VariantTests
{
    private static readonly int[] Ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

    public static IEnumerable<TheoryDataRow<string>> Architectures() => GoldenFiles.Folders("models");

    /// <summary>Every stored tensor computed anew as what it is.</summary>
    private static Checkpoint Copy(Checkpoint checkpoint) => checkpoint.With("copy", checkpoint.Tensors.Where(t => t.DType is DType.F32 or DType.BF16 or DType.F16)
        .ToDictionary(t => t.Name, t => (TensorValues)((start, into) => t.Read(start, into)), StringComparer.Ordinal));

    private static float Nearest(float value)
    {
        if (float.IsNaN(value) || float.IsInfinity(value)) return value;
        var below = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
        var (low, high) = (BitConverter.UInt32BitsToSingle(below), BitConverter.UInt32BitsToSingle(below + 0x10000));
        var (toLow, toHigh) = (Math.Abs((double)value - low), Math.Abs((double)high - value));
        return toLow < toHigh || toLow == toHigh && (below & 0x10000) == 0 ? low : high;
    }

    [Theory, MemberData(nameof(Architectures))]
    public void A_computed_copy_gives_the_bits_of_the_files(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var want = model.Logits(Ids);
        using (var copy = LanguageModel.Of(Copy(model.Checkpoint), null, model))
        {
            Assert.Equal("copy", copy.Checkpoint.Name);
            Assert.Same(model.Config, copy.Config);
            Assert.Same(model.Team, copy.Team);
            Assert.Equal(model.MemoryBytes, copy.MemoryBytes);
            Assert.Equal(want, copy.Logits(Ids));
            Assert.Equal(want, copy.Logits(Ids));
        }

        using var alone = LanguageModel.Of(Copy(model.Checkpoint), new LanguageModelOptions { Threads = 3 });
        Assert.Equal(want, alone.Logits(Ids));
        Assert.Equal(want, model.Logits(Ids));
    }

    [Fact]
    public void A_variant_gives_its_packed_weights_back_and_leaves_those_it_shared()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", "llama"));
        for (var i = 0; i < 2; i++) model.Logits(Ids);
        var cache = model.Panels;
        var before = cache.Used;
        Assert.True(before > 0);
        using (var copy = LanguageModel.Of(Copy(model.Checkpoint), null, model))
        {
            for (var i = 0; i < 2; i++) copy.Logits(Ids);
            // What is computed is packed as float32, the files' bf16 as bf16.
            Assert.Equal(3 * before, cache.Used);
        }

        Assert.Equal(before, cache.Used);
        using (var view = model.WithRoundedStream())
        {
            for (var i = 0; i < 2; i++) view.Logits(Ids);
            Assert.Equal(before, cache.Used);
        }

        Assert.Equal(before, cache.Used);
    }

    [Fact]
    public void A_checkpoint_that_is_refused_is_closed_and_what_it_is_computed_from_is_not()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.Require("models", "gpt2"));
        var broken = Copy(checkpoint).With("broken", [new Tensor(checkpoint.Tensors[0].Name, DType.I64, checkpoint.Tensors[0].Shape, new DelegatedValues(checkpoint.Tensors[0], (_, _) => { }))]);
        Assert.Throws<InvalidInputException>(() => LanguageModel.Of(broken));
        checkpoint.Tensors[0].Read(0, new float[1]);
    }

    [Theory, MemberData(nameof(Architectures))]
    public void A_rounded_stream_is_what_a_hook_after_every_block_makes_of_it(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var hooks = new ForwardOptions
        {
            Hooks = [.. Enumerable.Range(0, model.Spec.Layers.Length).Select(l => (new Site(l, SitePoint.ResidPost), (SiteHook)((_, rows, _, _) =>
            {
                foreach (ref var value in rows) value = Nearest(value);
            })))],
        };
        var want = model.Logits(Ids, hooks);
        using var view = model.WithRoundedStream();
        Assert.True(view.RoundsStream);
        Assert.False(model.RoundsStream);
        Assert.Equal(want, view.Logits(Ids));
        // Where somebody looks on, the same.
        var last = new Site(model.Spec.Layers.Length - 1, SitePoint.ResidPost);
        var cache = new ActivationCache([last]);
        Assert.Equal(want, view.Logits(Ids, new ForwardOptions { Capture = cache }));
        Assert.All(cache[last].ToArray(), v => Assert.Equal(Nearest(v), v));
        Assert.NotEqual(want, model.Logits(Ids));
    }

    [Theory]
    [InlineData("llama"), InlineData("gemma2"), InlineData("gpt2"), InlineData("qwen3"), InlineData("qwen3_moe")]
    public void A_model_is_scored_against_its_rounded_view_the_same_with_little_memory(string organism)
    {
        var random = new Random(4);
        List<ScoredText> texts = [.. Enumerable.Range(0, 12).Select(_ => new ScoredText([.. Enumerable.Range(0, random.Next(2, 90)).Select(_ => random.Next(10, 1000))], 1))];
        var runs = new[] { 1L << 30, 1L << 16, 1L << 20 }.Select(memory =>
        {
            using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"), new LanguageModelOptions { Threads = 2, MemoryBytes = memory });
            using var view = model.WithRoundedStream();
            var scorer = new PairScorer(model, view);
            Assert.Equal(0, scorer.SharedLayers);
            return scorer.Score(texts);
        }).ToList();
        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(runs[0], runs[2]);
        var mean = runs[0].SelectMany(s => s).Average(s => s.Kl);
        Assert.InRange(mean, 1e-9, 1e-3);
    }

    /// <summary>Numbers of every size, halves between neighbours among them.</summary>
    [Fact]
    public unsafe void Rounding_a_row_is_rounding_each_number()
    {
        var random = new Random(5);
        var values = Enumerable.Range(0, 10_007).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).ToArray();
        for (var i = 0; i < values.Length; i += 3) values[i] = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(values[i]) & 0xFFFF0000) | 0x8000);
        (values[0], values[1], values[2]) = (float.NaN, float.PositiveInfinity, float.MaxValue);
        var want = values.Select(v => v == float.MaxValue ? float.PositiveInfinity : Nearest(v)).ToArray();
        fixed (float* data = values) BFloat16Rounding.Round(data, values.Length);
        Assert.Equal(want, values);
    }
}
