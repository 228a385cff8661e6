using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public sealed class ThoughtMeasureTests
{
    private static MeasurementSet Compute(params (double[] Kl, int Thought)[] answers)
    {
        using var store = ScoreStore.Temporary();
        var set = VetDesign.BaseAnswers("benign");
        store.Declare(set, answers.Select((_, i) => $"{i}"));
        store.Add([.. answers.SelectMany((a, i) => new[]
        {
            (ScoreStore.ContextKey(set, $"{i}"), ScoreStore.Encode(new ContextItem($"{i}", "a", i, 0,
                [new Context(0, [0, .. a.Kl.Select(_ => 7)], 1, 1 + a.Thought, true)]))),
            (ScoreStore.ScoreKey(set, $"{i}"), ScoreStore.Encode([[.. a.Kl.Select(k => Token(k))]], ScoreColumns.All)),
        })]);
        return new MeasurementSet(new ThoughtMeasure().Compute(new MeasureInput(store, new Statistician(1),
            new VetDesign { Panels = ["benign"], Windows = [] })));
    }

    [Fact]
    public void Thought_and_answer_are_means_of_their_own_tokens()
    {
        // Thoughts of 2 tokens, of none, and of all: cut.
        var found = Compute(([1, 3, 10, 20], 2), ([6, 8], 0), ([4, 4, 7], 3));
        double Value(string id) => found.Estimate($"kld.benign.{id}")!.Value.Value;
        Assert.Equal(((1 + 3) / 2.0 + 5) / 2, Value("thought.mean"), 1e-14);
        Assert.Equal((15.0 + 7) / 2, Value("answer.mean"), 1e-14);
        Assert.Equal((10.0 + 6) / 2, Value("answer.first_token"), 1e-14);
        Assert.Equal((2 / 3.0, .5), (Value("thoughts.share"), Value("thoughts.cut")));
    }

    [Fact]
    public void Of_a_model_that_does_not_think_nothing_is_told() => Assert.Empty(Compute(([1, 2], 0), ([3], 0)).All);
}
