using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Sampling;
using Assay.Tests.Golden;

namespace Assay.Tests.Models.Sampling;

/// <summary>Which tokens may come, by hand and against the definition in transformers' words.</summary>
public sealed class TokenRulesTests
{
    private const float Gone = float.NegativeInfinity;

    private static float[] Apply(TokenRules rules, int[] sequence, int made, int most)
    {
        float[] logits = [0, 1, 2, 3, 4, 5];
        rules.Apply(logits, sequence, made, most);
        return logits;
    }

    [Fact]
    public void Suppressed_tokens_never_come_and_ids_outside_the_vocabulary_do_nothing()
    {
        var rules = new TokenRules { SuppressTokens = [1, 5, 99] };
        foreach (var made in (int[])[0, 1, 7]) Assert.Equal([0, Gone, 2, 3, 4, Gone], Apply(rules, [1, 1], made, 8));
    }

    [Fact]
    public void Tokens_suppressed_at_the_beginning_may_come_later()
    {
        var rules = new TokenRules { BeginSuppressTokens = [0, 2] };
        Assert.Equal([Gone, 1, Gone, 3, 4, 5], Apply(rules, [3], 0, 8));
        Assert.Equal([0, 1, 2, 3, 4, 5], Apply(rules, [3, 4], 1, 8));
    }

    [Fact]
    public void A_bad_word_is_stopped_at_its_last_token()
    {
        var rules = new TokenRules { BadWords = [[4], [1, 2, 3]] };
        Assert.Equal([0, 1, 2, 3, Gone, 5], Apply(rules, [1, 1], 0, 8));
        Assert.Equal([0, 1, 2, Gone, Gone, 5], Apply(rules, [0, 1, 2], 1, 8));
        // transformers looks only at words that are no longer than what is there.
        Assert.Equal([0, 1, 2, 3, Gone, 5], Apply(rules, [1, 2], 1, 8));
    }

    [Fact]
    public void The_forced_end_comes_last_and_no_earlier()
    {
        var rules = new TokenRules { ForcedEosTokenIds = [2, 3] };
        Assert.Equal([0, 1, 2, 3, 4, 5], Apply(rules, [1], 6, 8));
        Assert.Equal([Gone, Gone, 0, 0, Gone, Gone], Apply(rules, [1], 7, 8));
        // In transformers' order what is suppressed is taken out of it afterwards.
        Assert.Equal([Gone, Gone, Gone, 0, Gone, Gone], Apply(rules with { SuppressTokens = [2] }, [1], 7, 8));
    }

    [Fact]
    public void Lists_that_leave_no_token_are_refused() =>
        Assert.Contains("suppress_tokens", Assert.Throws<InvalidInputException>(() => Apply(new TokenRules { SuppressTokens = [0, 1, 2, 3, 4, 5] }, [1], 0, 8))
            .Message, StringComparison.Ordinal);

    /// <summary>Random lists against the definition, written as transformers' processors are: one after another, over all of the vocabulary.</summary>
    [Fact]
    public void Random_lists_do_what_the_definition_says()
    {
        var random = new Random(5);
        for (var round = 0; round < 2000; round++)
        {
            ImmutableArray<int> Ids(int most) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => random.Next(8))];
            var rules = new TokenRules
            {
                SuppressTokens = Ids(3), BeginSuppressTokens = Ids(3), ForcedEosTokenIds = random.Next(3) == 0 ? [random.Next(8)] : [],
                BadWords = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (ImmutableArray<int>)[random.Next(8), .. Ids(3)])],
            };
            var sequence = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(8)).ToArray();
            var (made, most) = (random.Next(3), random.Next(3, 5));
            var logits = Enumerable.Range(0, 8).Select(_ => random.NextSingle()).ToArray();
            var expected = logits.ToArray();
            for (var id = 0; id < 8; id++)
            {
                foreach (var word in rules.BadWords)
                    if (word[^1] == id && (word.Length == 1 || word.Length <= sequence.Length
                        && sequence[^(word.Length - 1)..].SequenceEqual(word[..^1]))) expected[id] = Gone;
                if (rules.ForcedEosTokenIds.Length > 0 && made == most - 1) expected[id] = rules.ForcedEosTokenIds.Contains(id) ? 0 : Gone;
                if (rules.SuppressTokens.Contains(id)) expected[id] = Gone;
                if (made == 0 && rules.BeginSuppressTokens.Contains(id)) expected[id] = Gone;
            }

            if (Array.TrueForAll(expected, float.IsNegativeInfinity)) Assert.Throws<InvalidInputException>(() => rules.Apply(logits, sequence, made, most));
            else
            {
                rules.Apply(logits, sequence, made, most);
                Assert.Equal(expected, logits);
            }
        }
    }

    /// <summary>The generator hands over the right sequence, count and limit: a model's own answers show it.</summary>
    [Fact]
    public void An_organisms_answers_follow_the_lists()
    {
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned"));
        var prompt = model.EncodeChat("What is 2 plus 3?", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var plain = model.Generation.Greedy(6);
        int[] Answer(TokenRules rules) => [.. model.Generate([prompt, prompt], plain with { Rules = rules })[1].Tokens];
        var free = Answer(TokenRules.None);
        Assert.True(free.Length >= 3, "The case needs an answer of three tokens.");
        Assert.DoesNotContain(free[1], Answer(new TokenRules { SuppressTokens = [free[1]] }));
        Assert.NotEqual(free[0], Answer(new TokenRules { BeginSuppressTokens = [free[0]] })[0]);
        Assert.Equal(free, Answer(new TokenRules { BeginSuppressTokens = [free[1]] }));
        var banned = Answer(new TokenRules { BadWords = [[free[0], free[1]]] });
        Assert.Equal(free[0], banned[0]);
        Assert.NotEqual(free[1], banned[1]);
        Assert.Equal([.. free[..1], 777], [.. model.Generate([prompt], plain with { MaxNewTokens = 2, Rules = new TokenRules { ForcedEosTokenIds = [777] } })[
            0].Tokens]);
        // Drawn tokens obey too.
        var drawn = model.Generate([.. Enumerable.Repeat(prompt, 20)],
            plain with { Sampling = new SamplingOptions { Temperature = 1.5 }, Rules = new TokenRules { SuppressTokens = [free[0]] } });
        Assert.All(drawn, d => Assert.DoesNotContain(free[0], d.Tokens));
    }
}
