using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public sealed class PackagingMeasureTests
{
    private static readonly ContextSet s_base = VetDesign.BaseAnswers("benign"), s_candidate = VetDesign.CandidateAnswers("benign"),
        s_prose = VetDesign.Prose(64);
    private static readonly VetDesign s_design = new() { Panels = ["benign"], Windows = [64], OwnPackaging = true };

    private static void Put(ScoreStore store, ContextSet set, params (int[] Ids, bool Stopped, TokenScore[] Scores)[] items)
    {
        store.Declare(set, items.Select((_, i) => $"{i}"));
        store.Add([.. items.SelectMany((a, i) => new[]
        {
            (ScoreStore.ContextKey(set, $"{i}"), ScoreStore.Encode(new ContextItem($"{i}", set.Policy == Policy.Reference ? "own" : "add", i, 10,
                [new Context(0, [.. a.Ids], 1, 1, a.Stopped)]))),
            (ScoreStore.ScoreKey(set, $"{i}"), ScoreStore.Encode([a.Scores], a.Scores.Length == 0 ? ScoreColumns.None : ScoreColumns.All)),
        })]);
    }

    private static TokenScore Of(double kl, double p, double q) => Token(kl, logP: p, logQ: q);

    [Fact]
    public void Packaging_is_what_its_own_adds_to_the_weights()
    {
        using var store = ScoreStore.Temporary();
        int[] answer = [0, 8, 9];
        Put(store, s_base, (answer, true, [Of(1, -1, -2), Of(3, -1, -2)]), (answer, true, [Of(2, -1, -1), Of(2, -1, -1)]));
        Put(store, s_base with { Own = true }, (answer, true, [Of(4, -1, -3), Of(4, -1, -5)]), (answer, true, [Of(1, -1, -1), Of(1, -1, -2)]));
        Put(store, s_candidate, (answer, true, []), (answer, false, []));
        Put(store, s_candidate with { Own = true }, (answer, false, []), ([0, 8], true, []));
        // BOS is id 5 in the base's tokenizer and missing in the candidate's: the first token, 7, is scored by the one alone.
        Put(store, s_prose, ([5, 7, 8, 9], false, [Of(0, -9, -9), Of(0, -1, -2), Of(0, -1, -2)]));
        Put(store, s_prose with { Own = true }, ([7, 8, 9], false, [Of(0, 0, -4), Of(0, 0, -4)]));
        var found = new MeasurementSet(new PackagingMeasure().Compute(new MeasureInput(store, new Statistician(1), s_design)));
        double[] Parts(string id) => [.. new[] { "total", "weights", "packaging" }.Select(part => found.Estimate($"packaging.{id}.{part}")!.Value.Value)];
        Assert.Equal([2.5, 2, .5], Parts("benign.kld"));
        // NLL, candidate less base: 3 and 1/2 against 1 and 0.
        Assert.Equal([1.75, .5, 1.25], Parts("benign.nll"));
        // Base: both of use. Candidate on the base's ids: the second does not end. In its own: the first does not, the second is its end alone.
        Assert.Equal([1, .5, .5], Parts("benign.unusable"));
        Assert.Equal([3.0, 1.0, 2.0], Parts("prose.own.delta_nll"));
    }

    [Fact]
    public void Of_equal_weights_all_is_packaging()
    {
        using var store = ScoreStore.Temporary();
        Put(store, s_base, ([0, 8, 9], true, []));
        Put(store, s_base with { Own = true }, ([0, 8, 9], true, [Of(1, -1, -3), Of(2, -1, -3)]));
        Put(store, s_candidate with { Own = true }, ([0, 8, 9], true, []));
        var found = new MeasurementSet(new PackagingMeasure().Compute(new MeasureInput(store, new Statistician(1),
            s_design with { WeightsEqual = true, Windows = [] })));
        Assert.DoesNotContain(found.All, m => m.Id.EndsWith(".weights", StringComparison.Ordinal));
        foreach (var (id, value) in new[] { ("kld", 1.5), ("nll", 2), ("unusable", 0) })
            Assert.Equal((value, value), (found.Estimate($"packaging.benign.{id}.total")!.Value.Value,
                found.Estimate($"packaging.benign.{id}.packaging")!.Value.Value));
    }

    [Fact]
    public void Needs_are_there_only_where_the_packaging_differs()
    {
        Assert.Empty(new PackagingMeasure().NeedsOf(new VetDesign()).Sets);
        Assert.Empty(new PackagingMeasure().NeedsOf(s_design with { OwnPackagingRefused = "no tokenizer" }).Sets);
        var equal = new PackagingMeasure().NeedsOf(s_design with { WeightsEqual = true }).Sets;
        Assert.DoesNotContain(equal, n => n.Set == s_candidate);
        Assert.Contains(equal, n => n.Set == s_candidate with { Own = true });
    }

    [Theory]
    [InlineData(new[] { 5, 7, 8 }, new[] { 7, 8, 9 }, 1, 0)] // The base opens with a token of its own.
    [InlineData(new[] { 7, 8, 9 }, new[] { 5, 7, 8 }, 0, 1)] // The candidate does.
    [InlineData(new[] { 5, 7, 8 }, new[] { 5, 7, 8 }, 0, 0)]
    [InlineData(new[] { 5, 7, 8 }, new[] { 5, 70, 8 }, 0, 0)]
    [InlineData(new[] { 7 }, new[] { 7 }, 0, 0)]
    public void Only_a_token_in_front_leaves_one_unpaired(int[] identical, int[] own, int first, int second)
    {
        Context Of(int[] ids) => new(0, [.. ids], 1, 1, false);
        Assert.Equal((first, second), PackagingMeasure.Unpaired(Of(identical), Of(own)));
    }
}
