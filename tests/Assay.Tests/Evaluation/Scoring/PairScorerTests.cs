using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Scoring;

public sealed class PairScorerTests
{
    private static LanguageModel Open(string kind, string stage, int threads = 2, long memory = 0) =>
        LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", kind, stage), new LanguageModelOptions { Threads = threads, MemoryBytes = memory });

    private static List<ScoredText> Texts(int count, int vocabulary)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, count).Select(i => new ScoredText([.. Enumerable.Range(0, 2 + i * 7 % 90).Select(_ => random.Next(4, vocabulary))], 1 + i % 2))];
    }

    [Theory]
    [InlineData("gemma2")]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("qwen3")]
    [InlineData("qwen3_moe")]
    public void A_model_diverges_from_itself_by_exactly_nothing(string kind)
    {
        using var p = Open(kind, "aligned");
        using var q = Open(kind, "aligned", threads: 1);
        foreach (var score in new PairScorer(p, q).Score(Texts(12, 1280)).SelectMany(s => s))
        {
            Assert.Equal((0d, 0d, 0d), (score.Kl, score.ReverseKl, score.Jsd));
            Assert.Equal(score.LogP, score.LogQ);
        }
    }

    [Fact]
    public void Scores_do_not_depend_on_threads_memory_or_the_order_of_texts()
    {
        var texts = Texts(20, 1280);
        List<TokenScore[]> Run(int threads, long memory, IEnumerable<int> order)
        {
            using var p = Open("llama", "aligned", threads, memory);
            using var q = Open("llama", "before", threads, memory);
            var indices = order.ToList();
            var scores = new PairScorer(p, q).Score([.. indices.Select(i => texts[i])]);
            return [.. Enumerable.Range(0, texts.Count).Select(i => scores[indices.IndexOf(i)])];
        }

        var want = Run(2, 0, Enumerable.Range(0, texts.Count));
        Assert.Contains(want.SelectMany(s => s), s => s.Kl > .01);
        Assert.Equal(want, Run(1, 1, Enumerable.Range(0, texts.Count)));
        Assert.Equal(want, Run(3, 0, Enumerable.Range(0, texts.Count).Reverse()));
    }

    [Fact]
    public void Log_probabilities_of_one_model_are_those_of_the_pair()
    {
        var texts = Texts(9, 1280);
        using var p = Open("gpt2", "aligned");
        using var q = Open("gpt2", "before");
        var pair = new PairScorer(p, q).Score(texts);
        Assert.Equal(pair.Select(s => s.Select(t => t.LogQ).ToArray()), new TextScorer(q).Score(texts));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        using var p = Open("llama", "aligned");
        Assert.Throws<InvalidInputException>(() => new TextScorer(p).Score([new ScoredText([1, 99_999, 3], 1)]));
        Assert.Throws<InvalidInputException>(() => new PairScorer(p, p).Score([new ScoredText([1, 2, 99_999], 1)]));
    }
}
