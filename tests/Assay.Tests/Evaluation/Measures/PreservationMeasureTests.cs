using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>M10 from replies and likelihoods by hand.</summary>
public sealed class PreservationMeasureTests
{
    private static JudgedReply Reply(string text, PanelItem item, bool ended = true) =>
        new(item.Text, text, 9, ReplyClassifier.Classify(text, [1, 2, 3], ended, item.Answer));

    /// <summary>40 questions whose answer is 12. The base says 12 in both wordings, but in other words 13 at the first 4; the candidate says 11 in both at the
    /// first 10, 12 and in other words 13 at the next 10, declines the 20th and runs on in other words at the 21st.</summary>
    private static string Say(bool isBase, bool paraphrase, int i) => isBase ? paraphrase && i < 4 ? "Ada: 7 + 5 = 13." : "Ada: 7 + 5 = 12."
        : i < 10 ? "Bob: 7 + 5 = 11." : i < 20 && paraphrase ? "Ada: 13." : i == 20 ? "I can't help with that." : "Ada: 7 + 5 = 12.";

    private static MeasurementSet Measured()
    {
        PanelItem[] items = [.. Enumerable.Range(0, 40).Select(i => new PanelItem($"{i}", "add", i, "Ada has 7 apples and finds 5 more. How many?", "Count?")
        {
            Answer = new ExpectedAnswer("12"),
        })];
        using var store = ScoreStore.Temporary();
        return MeasureCatalogue.Compute([new PreservationMeasure()], new MeasureInput(store, new Statistician(1), new VetDesign { Cores = 40 })
        {
            Answers = set =>
            {
                var paraphrase = set.Template == "paraphrase";
                var isBase = set.Policy == Policy.Base;
                return [.. items.Take(paraphrase ? 30 : 40).Select((item, i) =>
                    (item, Reply(Say(isBase, paraphrase, i), item, isBase || !paraphrase || i != 21)))];
            },
        });
    }

    [Theory]
    // 39 are answered by both; the first 10 otherwise.
    [InlineData("preserved.answers", 29 / 39.0, 39)]
    // {7, 5, 12} and {7, 5, 11} share two of three, the others all.
    [InlineData("preserved.numbers", (10 * 2 / 3.0 + 29) / 39, 39)]
    [InlineData("preserved.names", 29 / 39.0, 39)]
    [InlineData("preserved.paraphrase.base", 26 / 30.0, 30)]
    // 10 alike though wrong, 10 not alike, one declined in both, one cut off, 8 alike.
    [InlineData("preserved.paraphrase.candidate", 18 / 30.0, 30)]
    [InlineData("preserved.paraphrase.delta", -8 / 30.0, 30)]
    public void Every_figure_is_what_counting_gives(string id, double expected, long n)
    {
        var found = Measured().Estimate(id)!.Value;
        Assert.Equal(expected, found.Value, 1e-12);
        Assert.Equal(n, found.N);
        Assert.True(found.HasInterval);
    }

    [Fact]
    public void The_other_wording_is_asked_of_few_cores_and_nothing_where_none_are()
    {
        var needs = new PreservationMeasure().NeedsOf(new VetDesign { Cores = 200 });
        Assert.Equal([PreservationMeasure.Paraphrased, PreservationMeasure.Paraphrased],
            needs.Sets.Where(n => n.Set.Template == "paraphrase").Select(n => n.Items!.Value));
        Assert.Empty(new PreservationMeasure().NeedsOf(new VetDesign()).Sets);
    }

    [Fact]
    public void The_plausibility_gap_leaves_loops_out()
    {
        static ItemScores Item(int i, double[][] logs, bool loops) => new($"{i}", "a", [.. logs.SelectMany(answer => answer.Select(v => Scores.Token(0, logP: v)
            with { Token = loops ? 7 : 7 + i }))]) { Contexts = [.. logs.Select(a => a.Length)], Stopped = !loops };
        // Answers of two tokens: the base's −1 and −2 a token, the candidate's −4 and −3; in the last item the candidate repeats one token 30 times.
        ItemScores[] mine = [.. Enumerable.Range(0, 31).Select(i => Item(i, [[-1, -1], [-2, -2]], false))];
        ItemScores[] theirs = [.. Enumerable.Range(0, 31).Select(i => i < 30 ? Item(i, [[-4, -4], [-3, -3]], false)
            : Item(i, [[.. Enumerable.Repeat(-.01, 30)]], true))];
        var found = Scores.Measure(new VetDesign { Panels = [VetDesign.Benign], Samples = 2 }, [new PreservationMeasure()],
            (VetDesign.BaseAnswers(VetDesign.Benign, 1), mine), (VetDesign.CandidateAnswers(VetDesign.Benign, 1), theirs))
            .Estimate("preserved.benign.plausibility_gap")!.Value;
        Assert.Equal((-2, 30), (found.Value, found.N));
    }
}
