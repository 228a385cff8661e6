using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>The thinking organism: every reply opens with a thought.</summary>
public sealed class ThoughtLimitTests : IDisposable
{
    private static readonly DateTimeOffset s_clock = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly LanguageModel _model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "qwen3", "aligned"));
    private readonly int _start, _end;

    public ThoughtLimitTests() => (_start, _end) = (_model.RequireTokenizer().Vocabulary["<think>"], _model.RequireTokenizer().Vocabulary["</think>"]);

    public void Dispose() => _model.Dispose();

    private int[] Reply(int most, int thought, string question = "Tom has 12 apples and buys 7 more. How many apples does Tom have now?") =>
        [.. _model.Generate([_model.EncodeChat(question, s_clock)],
            _model.Generation.GreedyReply(most) with { Thought = thought < 0 ? null : new ThoughtLimit(new ThoughtMarks(_start, _end), thought) })[0].Tokens];

    [Fact]
    public void A_thought_takes_none_of_the_answers_tokens()
    {
        var whole = Reply(120, -1);
        var behind = Array.IndexOf(whole, _end) + 1;
        Assert.InRange(behind, 8, 100);
        Assert.Equal(_start, whole[0]);
        // Counted together, three tokens are three of the thought; counted apart, they are three of the answer.
        Assert.Equal(whole[..3], Reply(3, -1));
        Assert.Equal(whole[..(behind + 3)], Reply(3, 100));
        Assert.Equal(whole, Reply(120, 100));
    }

    [Fact]
    public void A_thought_that_is_too_long_is_cut_and_has_no_answer()
    {
        var whole = Reply(120, -1);
        Assert.Equal(whole[..6], Reply(3, 6));
        // It may take the answer's tokens where it has fewer of its own.
        Assert.Equal(whole[..5], Reply(5, 2));
        Assert.DoesNotContain(_end, Reply(3, 6));
    }

    [Fact]
    public void Alone_and_among_others_an_answer_is_the_same()
    {
        string[] questions = ["What is 3 plus 4?", "Name the colour of grass.", "Tom has 12 apples and buys 7 more. How many apples does Tom have now?"];
        var options = _model.Generation.GreedyReply(4) with { Thought = new ThoughtLimit(new ThoughtMarks(_start, _end), 60) };
        var together = _model.Generate([.. questions.Select(q => _model.EncodeChat(q, s_clock))], options);
        foreach (var (question, answer) in questions.Zip(together)) Assert.Equal(Reply(4, 60, question), answer.Tokens);
    }
}
