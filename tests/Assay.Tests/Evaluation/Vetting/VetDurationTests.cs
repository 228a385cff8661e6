using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Vetting;
using Assay.Tests.Runs;

namespace Assay.Tests.Evaluation.Vetting;

/// <summary>How long a plan takes, against counts by hand.</summary>
public sealed class VetDurationTests
{
    private static readonly VetSpeed s_speed = new()
    {
        Read = 1, ReadPair = 1.5, Score = 10, Temperatures = 100, Step = 1000, Write = 2,
        Benign = new AnswerLengths(2, [2, 2, 1]), Trigger = new AnswerLengths(2, [2]),
    };

    private static VetDuration Of(int together, params SetNeed[] needs) => VetDuration.Of(PlanTests.Plan(), needs, s_speed,
        new Dictionary<string, int[]> { ["benign"] = [30, 40, 50], ["trigger"] = [35, 45, 55] }, [100, 200], together, 7);

    [Fact]
    public void Answers_are_written_in_groups_and_read_with_their_prompts()
    {
        var time = Of(32, new SetNeed(VetDesign.BaseAnswers("benign"), ScoreColumns.Kl, Temperatures: true));
        // 120 tokens of prompts; one group of 3 steps; 3 answers of 2.5 tokens.
        Assert.Equal(120 + 3 * 1000 + 7.5 * 2, time.Writing, 1e-9);
        Assert.Equal(127.5 * 1.5 + 7.5 * 110, time.Scoring, 1e-9);
        Assert.Equal((0, 7), (time.Yardsticks, time.Rest));
        Assert.Equal(time.Writing + time.Scoring + 7, time.Seconds, 1e-9);
        // Two groups instead of one.
        Assert.Equal(3000, Of(2, new SetNeed(VetDesign.BaseAnswers("benign"), ScoreColumns.Kl)).Writing - time.Writing, 1e-9);
        Assert.Equal(time.Writing / 4, time.Part(4).Writing, 1e-9);
    }

    [Fact]
    public void A_set_is_written_once_and_a_yardstick_reads_its_part_by_two_whole_models()
    {
        var answers = VetDesign.BaseAnswers("benign");
        var time = Of(32, new SetNeed(answers, ScoreColumns.None), new SetNeed(answers.Under("floor"), ScoreColumns.Kl, Items: 2));
        Assert.Equal(120 + 3000 + 15, time.Writing, 1e-9);
        Assert.Equal(0, time.Scoring);
        Assert.Equal((70 + 5) * 2 + 5 * 10, time.Yardsticks, 1e-9);
    }

    [Fact]
    public void Whether_the_candidate_declines_is_not_known_and_reference_text_is_read_in_windows()
    {
        // 135 tokens of prompts; 3 steps at most; the mean of 2.5 and 1 tokens.
        Assert.Equal(135 + 3000 + 3 * 1.75 * 2, Of(32, new SetNeed(VetDesign.CandidateAnswers("trigger"), ScoreColumns.None)).Writing, 1e-9);
        Assert.Equal(135 + 1000 + 3 * 1 * 2, Of(32, new SetNeed(VetDesign.BaseAnswers("trigger"), ScoreColumns.None)).Writing, 1e-9);
        var prose = Of(32, new SetNeed(VetDesign.Prose(512), ScoreColumns.Kl));
        Assert.Equal((0, 300 * 1.5 + 300 * 10), (prose.Writing, prose.Scoring));
    }

    [Fact]
    public void Answers_that_had_not_ended_go_on_ending_at_the_rate_seen_and_supposed()
    {
        var ended = new AnswerLengths(2, [2, 2, 1]);
        Assert.Equal((2.5, 2.0, 3.0, 2.0), (ended.Mean(96), ended.Mean(2), ended.Steps(96), ended.Steps(2)));
        var open = new AnswerLengths(4, [4, 4, 4, 4]) { Left = 4 };
        // By hand: 16 tokens without an end and 96 with two: 1 in 56; 4 + 56 (1 − e^(−92/56)).
        Assert.Equal(49.168, open.Mean(96), .001);
        Assert.Equal((4.0, 96.0), (open.Mean(4), open.Steps(96)));
        // The more is seen without an end, the longer they are.
        Assert.True(new AnswerLengths(4, [.. Enumerable.Repeat(4, 40)]) { Left = 4 }.Mean(96) > 75);
        Assert.Equal(96, new AnswerLengths(0, []).Mean(96));
    }
}
