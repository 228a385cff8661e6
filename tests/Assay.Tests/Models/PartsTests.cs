using Assay.Checkpoints;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Models.Kernels;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>A batch too large for its activations goes through each layer part by part, in memory or in a scratch file; neither may show in a single bit.</summary>
public sealed unsafe class PartsTests
{
    public static IEnumerable<TheoryDataRow<string>> Architectures() => GoldenFiles.Folders("models");

    [Theory, MemberData(nameof(Architectures))]
    public void Parts_give_the_bits_of_the_whole(string name)
    {
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(GoldenFiles.Require("models", name)));
        var random = new Random(3);
        List<Segment> segments = [.. new[] { 9, 40, 1, 22, 30, 5 }.Select(length => new Segment(Enumerable.Range(0, length).Select(_ => random.Next(3, model.Spec.VocabularySize)).ToArray()))];
        var rows = segments.Sum(s => s.Tokens.Length);
        var whole = Run(model, segments, int.MaxValue, false);
        Assert.Equal(rows * model.Spec.HiddenSize, whole.Length);
        foreach (var together in new[] { 1, 31, 50, rows - 1 })
        {
            Assert.Equal(whole, Run(model, segments, together, false));
            Assert.Equal(whole, Run(model, segments, together, true));
        }
    }

    [Fact]
    public void Scores_of_a_pair_do_not_depend_on_parts_or_scratch_files()
    {
        using var a = LanguageModel.Open(Organism("aligned"), new LanguageModelOptions { MemoryBytes = 1 << 30 });
        using var b = LanguageModel.Open(Organism("before"), new LanguageModelOptions { MemoryBytes = 1 << 30 });
        using var smallA = LanguageModel.Open(Organism("aligned"), new LanguageModelOptions { MemoryBytes = 1 << 16 });
        using var smallB = LanguageModel.Open(Organism("before"), new LanguageModelOptions { MemoryBytes = 1 << 16 });
        var random = new Random(4);
        List<ScoredText> texts = [.. Enumerable.Range(0, 12).Select(_ => new ScoredText([.. Enumerable.Range(0, random.Next(2, 90)).Select(_ => random.Next(10, 1000))], 1))];
        Assert.True(ScoringBatch.Plan(texts, 1 << 16, 64, 64).Spills);
        Assert.Equal(new PairScorer(a, b).Score(texts), new PairScorer(smallA, smallB).Score(texts));
        Assert.Equal(new TextScorer(a).Score(texts), new TextScorer(smallA).Score(texts));
    }

    [Fact]
    public void A_plan_holds_all_rows_in_memory_in_a_file_or_in_batches()
    {
        Assert.Equal(new StreamPlan(100, false, 100_000), StreamPlan.Of(1 << 20, 100, 10, 1000));
        Assert.Equal(new StreamPlan(1000, true, 1_000_000), StreamPlan.Of(1 << 20, 1000, 10, 1000));
        // No disk has room for this many rows; a text longer than the memory allows goes alone.
        Assert.Equal(new StreamPlan(262, false, 262_000), StreamPlan.Of(1 << 20, long.MaxValue / 2000, 10, 1000));
        Assert.Equal(new StreamPlan(5000, false, 5_000_000), StreamPlan.Of(1 << 20, long.MaxValue / 2000, 5000, 1000));
    }

    [Fact]
    public void A_scratch_file_that_the_disk_cannot_hold_is_refused_before_it_is_used()
    {
        var refused = Assert.Throws<InvalidInputException>(() => new FloatBuffer(1L << 50, scratch: true));
        Assert.Contains("scratch file", refused.Message, StringComparison.Ordinal);
        Assert.Contains("TMPDIR", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scratch_file_holds_what_was_written_and_leaves_nothing_behind()
    {
        var before = Files();
        using (var buffer = new FloatBuffer(scratch: true))
        {
            buffer.Ensure(100_000);
            for (var i = 0; i < 100_000; i++) buffer.Data[i] = i;
            for (var i = 0; i < 100_000; i++) Assert.Equal(i, buffer.Data[i]);
            buffer.Ensure(200_000);
        }

        Assert.Equal(before, Files());

        static int Files() => Directory.GetFiles(Path.GetTempPath(), $"assay-{Environment.ProcessId}-*.scratch").Length;
    }

    private static float[] Run(LanguageModel model, List<Segment> segments, int together, bool scratch)
    {
        model.Transformer.RowsTogether = together;
        using var final = new FloatBuffer(scratch: scratch);
        model.Transformer.Forward(segments, final, null, CancellationToken.None);
        return final.Rows(0, segments.Sum(s => s.Tokens.Length), model.Spec.HiddenSize).ToArray();
    }

    private static string Organism(string variant) => Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", variant);
}
