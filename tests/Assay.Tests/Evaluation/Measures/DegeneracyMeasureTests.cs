using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

public class DegeneracyMeasureTests
{
    [Fact]
    public void Answers_that_loop_are_cut_or_repeat_themselves_are_counted()
    {
        using var store = ScoreStore.Temporary();
        int[] good = [.. Enumerable.Range(10, 12)], loop = [1, 2, .. Enumerable.Repeat(7, 30)], cut = [.. Enumerable.Range(50, 20)];
        Put(store, VetDesign.BaseAnswers("benign"), [(good, true), (good, true), (cut, false), (good, true)]);
        Put(store, VetDesign.CandidateAnswers("benign"), [(loop, false), (good, true), (good, true), (cut, false)]);
        var found = new MeasurementSet(new DegeneracyMeasure().Compute(new MeasureInput(store, new Statistician(1), new VetDesign { Panels = ["benign"], Windows = [] })));
        double Value(string id) => found.Estimate($"answers.benign.{id}")!.Value.Value;
        Assert.Equal((0.0, .25, .25, .5), (Value("base.loops"), Value("candidate.loops"), Value("base.cut"), Value("candidate.cut")));
        Assert.Equal((.25, .25), (Value("loops_delta"), Value("cut_delta")));
        // 9, 9, 17 and 9 different 4-grams of as many; of the loop 1 2 7 7, 2 7 7 7 and 7 7 7 7 among 29.
        Assert.Equal(1, Value("base.distinct_4"));
        Assert.Equal((3 + 9 + 9 + 17) / (29.0 + 9 + 9 + 17), Value("candidate.distinct_4"), 1e-14);
        Assert.Equal(3 / 56.0, Value("base.eos_hazard"), 1e-14);
        Assert.Equal(Math.Log((32 + 12 + 12 + 20) / 56.0), Value("length_ratio"), 1e-14);
    }

    [Fact]
    public void Answers_under_several_templates_go_together_with_their_item()
    {
        using var store = ScoreStore.Temporary();
        var random = new Random(2);
        foreach (var set in new[] { VetDesign.BaseAnswers("benign"), VetDesign.CandidateAnswers("benign") })
        {
            store.Declare(set, Enumerable.Range(0, 60).Select(i => $"{i}"));
            // Whether an answer is cut is the item's doing: its two answers agree.
            store.Add([.. Enumerable.Range(0, 60).Select(i => (i, Cut: random.Next(3) == 0))
                .Select(x => (ScoreStore.ContextKey(set, $"{x.i}"), ScoreStore.Encode(
                new ContextItem($"{x.i}", "a", x.i, 0, [.. Enumerable.Range(0, 2).Select(k => new Context(k, [0, 5, 6, 7], 1, 1, !x.Cut))]))))]);
        }

        var found = new MeasurementSet(new DegeneracyMeasure().Compute(new MeasureInput(store, new Statistician(1),
            new VetDesign { Panels = ["benign"], Windows = [] })));
        var (cut, delta) = (found.Estimate("answers.benign.base.cut")!.Value, found.Estimate("answers.benign.cut_delta")!.Value);
        // As wide as 60 independent answers would have it, but for the clusters' m / (m − 1).
        var alone = WilsonInterval.Compute(cut.Value, 60.0, .95);
        Assert.Equal((60, 60), (cut.N, delta.N));
        Assert.Equal(alone.High - alone.Low, cut.High - cut.Low, .02 * (alone.High - alone.Low));
        Assert.Contains("design effect 2", cut.Method, StringComparison.Ordinal);
        Assert.Contains("design effect 2", delta.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_of_tokens_are_told_apart_by_every_token() => Assert.Equal(3, LoopDetector.DistinctGrams([1, 11, 1, 11, 11, 11], 4));

    private static void Put(ScoreStore store, ContextSet set, (int[] Ids, bool Stopped)[] answers)
    {
        store.Declare(set, answers.Select((_, i) => $"{i}"));
        store.Add([.. answers.Select((a, i) => (ScoreStore.ContextKey(set, $"{i}"),
            ScoreStore.Encode(new ContextItem($"{i}", "a", i, 0, [new Context(0, [0, .. a.Ids], 1, 1, a.Stopped)]))))]);
    }
}
