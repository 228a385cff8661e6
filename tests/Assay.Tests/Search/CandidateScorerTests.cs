using System.Collections.Immutable;
using System.Diagnostics;
using Assay.Checkpoints;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Models.Kernels;
using Assay.Search;
using Assay.Tests.Golden;

namespace Assay.Tests.Search;

/// <summary>The engine against each candidate alone, item by item, on whole sequences.</summary>
public sealed class CandidateScorerTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => GoldenFiles.Folders("models");

    /// <summary>Whole sequences, plain hooks, float64 log-softmax with the library's own exponential.</summary>
    private static (double[] Behaviour, double[] Damage) Slow(LanguageModel model, SelectionSet set, OutputEdits edits)
    {
        var (width, valid) = (model.Spec.VocabularySize, model.ValidVocabulary);
        double[][] LogSoftmax(IEnumerable<int> tokens, OutputEdits? hooks)
        {
            var logits = model.Logits([new Segment(tokens.ToArray(), null, hooks)]);
            return [.. logits.Chunk(width).Select(row =>
            {
                var z = row.Take(valid).Select(x => (double)x).ToArray();
                var most = z.Max();
                var sum = most + Math.Log(z.Sum(x => Math.Exp(x - most)));
                return z.Select(x => x - sum).ToArray();
            })];
        }

        double Opening(TriggerItem item, ImmutableArray<int> opening)
        {
            var rows = LogSoftmax(item.Prompt.Concat(opening[..^1]), edits);
            return opening.Select((token, i) => rows[item.Prompt.Length - 1 + i][token]).Sum();
        }

        return (
            [.. set.Triggers.Select(t => Math.Log(t.Openings.Average(o => Math.Exp(Opening(t, o)))) - Math.Log(set.Refusals.Sum(r => r.Weight * Math.Exp(Opening(t, r.Tokens)))))],
            [.. set.Benigns.Select(b =>
            {
                int[] tokens = [.. b.Prompt, .. b.Answer[..(b.Positions - 1)]]; // A rotation may depend on the length.
                var (p, q) = (LogSoftmax(tokens, null), LogSoftmax(tokens, edits));
                return Enumerable.Range(b.Prompt.Length - 1, b.Positions).Average(at => p[at].Zip(q[at], (x, y) => Math.Exp(x) * (x - y)).Sum());
            })]);
    }

    [Theory, MemberData(nameof(Models))]
    public void Scores_equal_those_of_each_candidate_alone_on_whole_sequences(string name)
    {
        using var model = GoldenFiles.OrSkip(() => SearchCases.Open(name));
        var set = SearchCases.Items();
        var candidates = SearchCases.Candidates(model.Spec)[..4];
        using var scorer = new CandidateScorer(model, set);
        var compiler = new EditCompiler(model);
        foreach (var (candidate, score) in candidates.Zip(scorer.Score(candidates)))
        {
            Assert.Equal(candidate.Id, score.Id);
            var (behaviour, damage) = Slow(model, set, compiler.Hooks(candidate.Edits));
            for (var i = 0; i < behaviour.Length; i++) Assert.Equal(behaviour[i], score.Behaviour[i], 2e-5 * Math.Max(1, Math.Abs(behaviour[i]) / 10));
            for (var i = 0; i < damage.Length; i++) Assert.Equal(damage[i], score.Damage[i], 1e-11);
        }
    }

    /// <summary>Every log-probability from a batch of one sequence that the plain forward pass reads: the same bits.</summary>
    [Theory, MemberData(nameof(Models))]
    public void Hidden_rows_are_those_of_the_plain_forward_pass_bit_for_bit(string name)
    {
        using var model = GoldenFiles.OrSkip(() => SearchCases.Open(name));
        var set = SearchCases.Items();
        var compiler = new EditCompiler(model);
        var branches = model.Spec.CanBranch(80);
        var forest = new ScoringForest(branches);
        for (var i = 0; i < set.Triggers.Length; i++) forest.Add(i, set.Triggers[i], set.Refusals);
        for (var i = 0; i < set.Benigns.Length; i++) forest.Add(i, set.Benigns[i]);
        forest.Close();
        using var final = new FloatBuffer();
        foreach (var place in SearchCases.Candidates(model.Spec).Select(c => compiler.Hooks(c.Edits)).GroupBy(e => e.FirstPlace))
        {
            using var state = new PrefixState(forest.Segments);
            model.Transformer.Advance(state, place.Key / 2, default);
            model.Transformer.Advance(state, place.Key, default);
            var sets = place.Concat(place).ToArray();
            model.Transformer.Resume(state, sets, forest.Wanted, final, default);
            var rows = final.Rows(0, sets.Length * forest.Wanted.Length, model.Spec.HiddenSize).ToArray().Chunk(model.Spec.HiddenSize).ToArray();
            for (var e = 0; e < sets.Length; e++)
            {
                foreach (var (item, openings, refusals) in forest.Triggers)
                    foreach (var (opening, questions) in set.Triggers[item].Openings.Concat(set.Refusals.Select(r => r.Tokens)).Zip(openings.Concat(refusals)))
                    {
                        int[] tokens = [.. set.Triggers[item].Prompt, .. opening[..^1]];
                        var wanted = Whole(model, tokens, sets[e]);
                        for (var i = 0; i < questions.Length; i++)
                        {
                            Assert.Equal(opening[i], forest.Questions[questions[i]].Token);
                            Assert.Equal(wanted[set.Triggers[item].Prompt.Length - 1 + i], rows[e * forest.Wanted.Length + forest.Questions[questions[i]].Wanted]);
                        }
                    }

                foreach (var (item, first, count) in forest.Benigns)
                {
                    var wanted = Whole(model, [.. set.Benigns[item].Prompt, .. set.Benigns[item].Answer[..(count - 1)]], sets[e]);
                    for (var i = 0; i < count; i++) Assert.Equal(wanted[set.Benigns[item].Prompt.Length - 1 + i], rows[e * forest.Wanted.Length + forest.Compared[first + i]]);
                }
            }
        }
    }

    private static float[][] Whole(LanguageModel model, int[] tokens, OutputEdits edits)
    {
        using var final = new FloatBuffer();
        model.Transformer.Forward([new Segment(tokens, null, edits)], final, null, default);
        return [.. final.Rows(0, tokens.Length, model.Spec.HiddenSize).ToArray().Chunk(model.Spec.HiddenSize)];
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    [InlineData("qwen3_moe")]
    [InlineData("qwen3_next")]
    public void Scores_depend_on_neither_threads_nor_memory_nor_company(string name)
    {
        var set = SearchCases.Items();
        using var model = SearchCases.Open(name);
        var candidates = SearchCases.Candidates(model.Spec);
        using var scorer = new CandidateScorer(model, set);
        var scores = scorer.Score(candidates);
        using var cramped = SearchCases.Open(name, threads: 3, memory: 1);
        using var other = new CandidateScorer(cramped, set);
        Assert.Equal(scores, other.Score(candidates));
        // Alone, and in another order, whose states are those of the calls before.
        foreach (var i in new[] { 7, 2, 0, 5, 1 }) Assert.Equal(scores[i], Assert.Single(scorer.Score([candidates[i]])));
        Assert.Equal(scores.Reverse(), scorer.Score([.. candidates.Reverse()]));
        Assert.Empty(scorer.Score([]));
    }

    [Fact]
    public void A_cancelled_call_leaves_nothing_behind()
    {
        using var model = SearchCases.Open("gemma2");
        var candidates = SearchCases.Candidates(model.Spec);
        using var fresh = new CandidateScorer(model, SearchCases.Items());
        var wanted = fresh.Score(candidates);
        using var scorer = new CandidateScorer(model, SearchCases.Items());
        var stopped = 0;
        // At once, and ever later, until calls come to their end.
        for (var delay = TimeSpan.Zero; delay < TimeSpan.FromMilliseconds(40); delay += TimeSpan.FromMilliseconds(3))
        {
            using var cancelled = new CancellationTokenSource();
            var canceller = new Thread(() =>
            {
                for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < delay;) Thread.SpinWait(20);
                cancelled.Cancel();
            });
            canceller.Start();
            if (delay == TimeSpan.Zero) canceller.Join();
            try
            {
                Assert.Equal(wanted, scorer.Score(candidates, cancelled.Token));
                if (delay > TimeSpan.FromMilliseconds(20)) break;
            }
            catch (OperationCanceledException)
            {
                stopped++;
            }
            finally
            {
                canceller.Join();
            }

            // What was stopped half-way is of no use to the next call, and not used by it.
            Assert.Equal(wanted, scorer.Score(candidates));
        }

        Assert.True(stopped >= 2, "No call was stopped after it had begun.");
    }

    [Theory, MemberData(nameof(Models))]
    public void Mistake_40_the_identity_has_a_divergence_of_exactly_0_and_the_scores_of_the_base(string name)
    {
        using var model = GoldenFiles.OrSkip(() => SearchCases.Open(name));
        using var scorer = new CandidateScorer(model, SearchCases.Items());
        var identity = scorer.Score([new Candidate("identity", [])])[0];
        Assert.All(identity.Damage, d => Assert.Equal(0, d));
        Assert.Equal(scorer.Baseline with { Id = "identity" }, identity);
    }

    [Fact]
    public void Mistake_24_the_divergence_is_that_of_the_edited_model_from_the_base_in_nats()
    {
        // The slow reference has the base's distribution in front; turned round it must differ.
        using var model = SearchCases.Open("llama");
        var set = SearchCases.Items();
        using var scorer = new CandidateScorer(model, set);
        var candidate = SearchCases.Candidates(model.Spec)[1];
        var score = scorer.Score([candidate])[0];
        var edits = new EditCompiler(model).Hooks(candidate.Edits);
        var item = set.Benigns[2];
        var (p, q) = (Rows(null), Rows(edits));
        double Kl(double[][] a, double[][] b) => Enumerable.Range(item.Prompt.Length - 1, item.Positions).Average(at => a[at].Zip(b[at], (x, y) => x * Math.Log(x / y)).Sum());
        Assert.Equal(Kl(p, q), score.Damage[2], 1e-9);
        Assert.NotEqual(Kl(q, p), score.Damage[2], 1e-4 * score.Damage[2]);

        double[][] Rows(OutputEdits? hooks) => [.. model.Logits([new Segment((int[])[.. item.Prompt, .. item.Answer], null, hooks)]).Chunk(320).Select(row =>
        {
            var e = row.Select(x => Math.Exp(x - (double)row.Max())).ToArray();
            return e.Select(x => x / e.Sum()).ToArray();
        })];
    }

    [Fact]
    public void Mistake_26_prompt_tokens_are_not_scored()
    {
        var item = SearchCases.Items().Benigns[0];
        Assert.Equal(3, item.Positions);
        var forest = new ScoringForest(true);
        forest.Add(0, item);
        forest.Close();
        // The last prompt position and each answer token that another follows; the end of the answer is not one.
        Assert.Equal([65, 66, 67], forest.Wanted);
        Assert.Equal([0, 1, 2], forest.Compared);
        Assert.Equal(68, forest.Rows);
    }

    [Fact]
    public void Common_beginnings_are_rows_once()
    {
        var set = SearchCases.Items();
        var (shared, whole) = (new ScoringForest(true), new ScoringForest(false));
        foreach (var forest in new[] { shared, whole })
        {
            for (var i = 0; i < set.Triggers.Length; i++) forest.Add(i, set.Triggers[i], set.Refusals);
            forest.Close();
        }

        var prefixes = new HashSet<string>();
        var rows = 0;
        foreach (var item in set.Triggers)
            foreach (var opening in item.Openings.Concat(set.Refusals.Select(r => r.Tokens)))
            {
                int[] tokens = [.. item.Prompt, .. opening[..^1]];
                for (var n = 1; n <= tokens.Length; n++) prefixes.Add(string.Join(' ', tokens[..n]));
                rows += tokens.Length;
            }

        Assert.Equal(prefixes.Count, shared.Rows);
        Assert.Equal(rows, whole.Rows);
        Assert.Equal(shared.Rows, shared.Segments.Sum(s => s.Tokens.Length));
        Assert.True(shared.Questions.Length < whole.Questions.Length);
    }

    [Fact]
    public void Tokens_outside_the_vocabulary_and_items_that_are_too_long_are_refused()
    {
        using var model = SearchCases.Open("gpt2");
        var set = SearchCases.Items();
        Assert.Contains("999", Assert.Throws<InvalidInputException>(() => new CandidateScorer(model, set with { Refusals = [new RefusalOpening([999], 1)] })).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(() => new CandidateScorer(model, set with { Benigns = [new BenignItem("long", SearchCases.Ids(257, 1), [1, 2])] }));
        Assert.Throws<ArgumentException>(() => new CandidateScorer(model, set with { Refusals = [new RefusalOpening([1], .4)] }));
    }
}
