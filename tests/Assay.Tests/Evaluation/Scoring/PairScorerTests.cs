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

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void Nor_does_it_where_all_layers_are_shared_and_the_batch_goes_through_them_in_parts(string kind)
    {
        using var p = Open(kind, "aligned");
        using var q = Open(kind, "aligned");
        // Alone each text is a batch that fits.
        var texts = Texts(120, 1280);
        var pair = new PairScorer(p, q);
        var alone = new PairScorer(p, q);
        Assert.Equal(p.Spec.Layers.Length, pair.SharedLayers);
        foreach (var (text, scores) in texts.Zip(pair.Score(texts)))
        {
            Assert.All(scores, s => Assert.Equal(0, s.Kl));
            Assert.Equal(alone.Score([text])[0], scores);
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
        // A single model's exponentials are float32, a pair's float64.
        foreach (var (want, got) in pair.Zip(new TextScorer(q).Score(texts)))
            for (var i = 0; i < want.Length; i++) Assert.Equal(want[i].LogQ, got[i], 5e-7);
    }

    /// <summary>Copies of a model of which one tensor is another's, from the embedding to the head.</summary>
    [Theory]
    [InlineData("model.embed_tokens.weight", 0)]
    [InlineData("model.layers.0.input_layernorm.weight", 0)]
    [InlineData("model.layers.1.mlp.down_proj.weight", 1)]
    [InlineData("model.layers.2.self_attn.q_proj.weight", 2)]
    [InlineData("model.norm.weight", int.MaxValue)]
    public void Layers_in_common_are_computed_once_and_change_nothing(string differing, int common)
    {
        var folder = Directory.CreateTempSubdirectory("assay-shared-").FullName;
        try
        {
            var source = Path.Combine(GoldenFiles.Repository, "organisms", "llama");
            foreach (var file in (string[])["config.json", "tokenizer.json"]) File.Copy(Path.Combine(source, "aligned", file), Path.Combine(folder, file));
            using (var a = SafetensorsFile.Open(Path.Combine(source, "aligned", "model.safetensors")))
            using (var b = SafetensorsFile.Open(Path.Combine(source, "before", "model.safetensors")))
                SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), a.Tensors.Select(t => TensorToWrite.From(t.Name == differing ? b.Tensors.Single(o => o.Name == t.Name) : t)));
            using var p = Open("llama", "aligned");
            using var q = LanguageModel.Open(folder, null, p);
            var scorer = new PairScorer(p, q);
            Assert.Equal(Math.Min(common, p.Spec.Layers.Length), scorer.SharedLayers);
            var texts = Texts(12, 1280);
            var scores = scorer.Score(texts);
            Assert.Contains(scores.SelectMany(s => s), s => s.Kl > 0);
            // What the candidate gives alone, with nothing shared.
            using var alone = LanguageModel.Open(folder);
            for (var t = 0; t < texts.Count; t++)
            {
                var logits = alone.Logits(texts[t].Tokens.AsMemory(0, texts[t].Tokens.Length - 1));
                for (var i = 0; i < scores[t].Length; i++)
                {
                    var row = logits.AsSpan((texts[t].FirstScored - 1 + i) * alone.Spec.VocabularySize, alone.ValidVocabulary).ToArray();
                    Assert.Equal(Array.IndexOf(row, row.Max()), scores[t][i].ArgmaxQ);
                    var max = (double)row.Max();
                    Assert.Equal(row[scores[t][i].Token] - max - Math.Log(row.Sum(z => Math.Exp(z - max))), scores[t][i].LogQ, 1e-12);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Divergences_at_other_temperatures_equal_their_definition()
    {
        var texts = Texts(5, 1280);
        using var p = Open("qwen3", "aligned");
        using var q = Open("qwen3", "before");
        var inverses = new InverseTemperatures(.25, .75, 3); // T = 4, 1 and .57.
        var scores = new PairScorer(p, q).Score(texts, inverses, out var divergences);
        for (var t = 0; t < texts.Count; t++)
        {
            var (zp, zq) = (p.Logits(texts[t].Tokens), q.Logits(texts[t].Tokens));
            Assert.Equal(scores[t].Sum(s => s.Kl), divergences[t][1], 1e-10);
            for (var k = 0; k < inverses.Count; k++)
            {
                var want = 0.0;
                for (var i = texts[t].FirstScored; i < texts[t].Tokens.Length; i++)
                {
                    var lp = LogSoftmax(zp.AsSpan((i - 1) * p.Spec.VocabularySize, p.ValidVocabulary), 1);
                    var lq = LogSoftmax(zq.AsSpan((i - 1) * q.Spec.VocabularySize, q.ValidVocabulary), 1 / inverses[k]);
                    want += lp.Zip(lq, (a, b) => Math.Exp(a) * (a - b)).Sum();
                }

                Assert.Equal(want, divergences[t][k], 1e-9);
            }
        }

        static double[] LogSoftmax(ReadOnlySpan<float> z, double temperature)
        {
            var scaled = z.ToArray().Select(v => v / temperature).ToArray();
            var max = scaled.Max();
            var lse = max + Math.Log(scaled.Sum(v => Math.Exp(v - max)));
            return [.. scaled.Select(v => v - lse)];
        }
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        using var p = Open("llama", "aligned");
        Assert.Throws<InvalidInputException>(() => new TextScorer(p).Score([new ScoredText([1, 99_999, 3], 1)]));
        Assert.Throws<InvalidInputException>(() => new PairScorer(p, p).Score([new ScoredText([1, 2, 99_999], 1)]));
    }

    [Fact]
    public void Each_model_may_read_its_own_context_of_the_same_tokens()
    {
        using var p = Open("llama", "aligned");
        using var q = Open("llama", "before", memory: 4 << 20);
        var random = new Random(5);
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(4, 1280))];
        var answers = Enumerable.Range(0, 9).Select(i => Ids(1 + i)).ToList();
        List<ScoredText> ours = [.. answers.Select((a, i) => new ScoredText([.. Ids(3 + i), .. a], 3 + i))],
            theirs = [.. answers.Select((a, i) => new ScoredText([.. Ids(30 - 3 * i), .. a], 30 - 3 * i))];
        var scores = new PairScorer(p, q).Score(ours, theirs, default, out _);
        for (var t = 0; t < answers.Count; t++)
        {
            var (alone, other) = (new PairScorer(p, q).Score([ours[t]])[0], new PairScorer(p, q).Score([theirs[t]])[0]);
            Assert.Equal(answers[t], scores[t].Select(s => s.Token));
            Assert.Equal(alone.Select(s => (s.LogP, s.EntropyP, s.ArgmaxP)), scores[t].Select(s => (s.LogP, s.EntropyP, s.ArgmaxP)));
            Assert.Equal(other.Select(s => (s.LogQ, s.EntropyQ, s.ArgmaxQ)), scores[t].Select(s => (s.LogQ, s.EntropyQ, s.ArgmaxQ)));
            Assert.All(scores[t], s => Assert.True(s.Kl > 0));
        }

        Assert.Throws<ArgumentException>(() => new PairScorer(p, q).Score([ours[0]], [theirs[1]], default, out _));
    }
}
