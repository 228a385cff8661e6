using Assay.Models;
using Assay.Models.Sampling;
using Assay.Tests.Golden;

namespace Assay.Tests.Models.Sampling;

/// <summary>Continuations drawn from the whole softmax at temperature 1, keyed by seed, item, sample and step.</summary>
public sealed class DrawKeyTests
{
    private static LanguageModel Open(string organism, int threads = 2, long memory = 0) =>
        LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"), new LanguageModelOptions { Threads = threads, MemoryBytes = memory });

    private static GenerationOptions Options(IEnumerable<DrawKey> keys, int length = 24, long seed = 7) =>
        new() { MaxNewTokens = length, Sampling = new SamplingOptions(), Seed = seed, Draws = [.. keys] };

    [Theory]
    [InlineData("llama"), InlineData("gemma2"), InlineData("gpt2"), InlineData("qwen3"), InlineData("qwen3_moe")]
    public void A_continuation_is_the_same_alone_in_any_batch_in_any_order_with_little_memory(string organism)
    {
        var random = new Random(9);
        // Several samples of one prompt, prompts with a common beginning, others.
        int[] stem = [.. Enumerable.Range(0, 40).Select(_ => random.Next(10, 1000))];
        var rows = Enumerable.Range(0, 12).Select(i => (Prompt: i < 4 ? stem : i < 8 ? [.. stem[..20], 50 + i] : [.. Enumerable.Range(0, 1 + random.Next(60)).Select(_ => random.Next(10, 1000))],
            Key: i < 4 ? new DrawKey(-5, i) : new DrawKey(long.MaxValue - i))).ToList();
        using var model = Open(organism);
        var want = model.Generate([.. rows.Select(r => r.Prompt)], Options(rows.Select(r => r.Key))).Select(c => c.Tokens).ToList();
        Assert.Equal(12, want.Select(t => string.Join(' ', t)).Distinct().Count());
        for (var i = 0; i < rows.Count; i += 3) Assert.Equal(want[i], model.Generate([rows[i].Prompt], Options([rows[i].Key]))[0].Tokens);
        foreach (var (threads, memory) in new[] { (1, 1L), (3, 1L << 20), (2, 0L) })
        {
            using var other = Open(organism, threads, memory);
            var order = Enumerable.Range(0, rows.Count).OrderBy(_ => random.Next()).Take(9).ToList();
            var got = other.Generate([.. order.Select(i => rows[i].Prompt)], Options(order.Select(i => rows[i].Key)));
            for (var k = 0; k < order.Count; k++) Assert.Equal(want[order[k]], got[k].Tokens);
        }

        // Another seed, another text.
        Assert.NotEqual(want[0], model.Generate([stem], Options([rows[0].Key], seed: 8))[0].Tokens);
    }

    [Fact]
    public void Without_keys_the_number_in_the_call_decides_as_before()
    {
        using var model = Open("llama");
        int[][] prompts = [[5, 6, 7], [5, 6, 7]];
        var plain = model.Generate(prompts, Options([]));
        var keyed = model.Generate(prompts, Options([new DrawKey(0), new DrawKey(1)]));
        Assert.Equal(plain.Select(c => c.Tokens), keyed.Select(c => c.Tokens));
        Assert.NotEqual(plain[0].Tokens, plain[1].Tokens);
        Assert.Throws<ArgumentException>(() => model.Generate(prompts, Options([new DrawKey(0)])));
    }

    /// <summary>First tokens of many samples of one prompt against the softmax of its logits, computed here in float64.</summary>
    [Theory]
    [InlineData("llama"), InlineData("gpt2")]
    public void Samples_follow_the_softmax(string organism)
    {
        const int Count = 6000;
        using var model = Open(organism);
        int[] prompt = [11, 300, 42];
        var logits = model.Logits(prompt).AsSpan((prompt.Length - 1) * model.Spec.VocabularySize, model.ValidVocabulary).ToArray();
        var weights = logits.Select(z => Math.Exp(z - (double)logits.Max())).ToArray();
        var sum = weights.Sum();
        var observed = new int[weights.Length];
        var keys = Enumerable.Range(0, Count).Select(s => new DrawKey(31, s));
        foreach (var c in model.Generate([.. Enumerable.Repeat(prompt, Count)], Options(keys, length: 1))) observed[c.Tokens[0]]++;
        Assert.True(observed.Count(o => o > 0) > 10);
        Assert.InRange(ChiSquared.PValue(observed, [.. weights.Select(w => w / sum * Count)]), 1e-3, 1);
    }

    [Fact]
    public void Draws_of_steps_samples_and_items_do_not_repeat_each_other()
    {
        var keys = from item in new[] { 0L, 1L, -1L, 1L << 32 } from sample in new[] { 0, 1, 5 } from step in Enumerable.Range(0, 50) select new DrawKey(item, sample).Uniform(3, step);
        Assert.Equal(600, keys.Distinct().Count());
    }

    /// <summary>SHA-256 of "abc" begins with ba7816bf8f01cfea (FIPS 180-4).</summary>
    [Fact]
    public void A_name_gives_its_hash() => Assert.Equal(new DrawKey(unchecked((long)0xeacf018fbf1678ba), 3), DrawKey.Of("abc", 3));
}
