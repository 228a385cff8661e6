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

    /// <summary>40 answers of either model, all with a gap. The reader fills those that it has read; of the other model's it finds the base's in 30 and the
    /// candidate's in 10; without reading it fills so many as are said.</summary>
    private static MeasurementSet Read(int guessed)
    {
        PanelItem[] items = [.. Enumerable.Range(0, 42).Select(i => new PanelItem($"{i}", "add", i, "How many?") { Answer = new ExpectedAnswer("12") })];
        using var store = ScoreStore.Temporary();
        Scores.Put(store, VetDesign.Reader(VetDesign.BenignCores), [.. items.Select((item, i) =>
        {
            // About each answer: after itself, after the other, after nothing.
            bool[] right = [true, i < 30, i < guessed, true, i < 10, i < guessed];
            return new ItemScores(item.Item, item.Stratum, [.. right.SelectMany(r => new[] { Scores.Token(0) with { Token = 1 },
                Scores.Token(0) with { Token = r ? 1 : 7 } })]) { Contexts = [2, 2, 2, 2, 2, 2] };
        })]);
        return MeasureCatalogue.Compute([new PreservationMeasure()], new MeasureInput(store, new Statistician(1), new VetDesign { Cores = 42 })
        {
            // Two are declined by one of the models: nothing is asked of those.
            Answers = set => set.Template == "paraphrase" ? [] : [.. items.Select((item, i) =>
                (item, Reply(i == 40 && set.Policy == Policy.Base || i == 41 && set.Policy != Policy.Base ? "I can't help with that." : "It is 12.", item)))],
        });
    }

    [Fact]
    public void A_reader_tells_of_an_answer_what_the_other_models_says_too()
    {
        var found = Read(guessed: 4);
        foreach (var (whose, other) in new[] { ("base", 30), ("candidate", 10) })
        {
            Assert.Equal((1, 40), Of($"preserved.reader.{whose}.same"));
            Assert.Equal((other / 40.0, 40), Of($"preserved.reader.{whose}.other"));
            Assert.Equal((.1, 40), Of($"preserved.reader.{whose}.nothing"));
            Assert.Equal((other / 40.0 - 1, 40), Of($"preserved.reader.{whose}.delta"));
        }

        Assert.Equal(new Described(1, 80), found.Find("preserved.reader.coverage")!.Value);

        (double, long) Of(string id) => (found.Estimate(id)!.Value.Value, found.Estimate(id)!.Value.N);
    }

    [Fact]
    public void A_reader_that_only_guesses_tells_nothing() =>
        Assert.IsType<NotMeasurable>(Read(guessed: 40).Find("preserved.reader.base.delta")!.Value);
}
