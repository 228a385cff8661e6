using Assay.Checkpoints;
using Assay.Evaluation.Contexts;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Contexts;

public sealed class ThoughtTests
{
    private static readonly DateTimeOffset s_clock = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static LanguageModel Open(string organism) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"));

    [Theory]
    [InlineData(new[] { 5 }, new[] { 1, 7, 7, 2, 8, 9 }, 4)] // Opened and closed by the answer.
    [InlineData(new[] { 5, 1 }, new[] { 7, 2, 8 }, 2)] // Opened by the prompt.
    [InlineData(new[] { 5, 1, 2 }, new[] { 7, 8 }, 0)] // Closed by the prompt: thinking is off.
    [InlineData(new[] { 5, 1 }, new[] { 7, 8 }, 2)] // Never closed.
    [InlineData(new[] { 5 }, new[] { 7, 8 }, 0)]
    [InlineData(new[] { 5 }, new[] { 1, 2, 8, 1, 7 }, 5)] // Thinks again, and is cut.
    [InlineData(new[] { 5 }, new int[0], 0)]
    public void A_thought_reaches_to_the_token_that_closes_it(int[] prompt, int[] answer, int length) =>
        Assert.Equal(length, new ThoughtMarks(1, 2).Length(prompt, answer));

    [Fact]
    public void Only_a_tokenizer_that_has_both_marks_as_tokens_has_them()
    {
        using var thinker = Open("qwen3");
        using var other = Open("llama");
        Assert.Equal(new ThoughtMarks(thinker.Tokenizer!.Vocabulary["<think>"], thinker.Tokenizer.Vocabulary["</think>"]), ThoughtMarks.Of(thinker));
        Assert.Null(ThoughtMarks.Of(other));
    }

    [Fact]
    public void The_switch_is_the_one_that_the_template_reads()
    {
        using var thinker = Open("qwen3");
        using var other = Open("llama");
        var off = ThinkingSwitch.Find(thinker, false, s_clock);
        Assert.Equal(new ThinkingSwitch("enable_thinking", false), off);
        var marks = ThoughtMarks.Of(thinker)!;
        int[] with = thinker.EncodeChat("Hello", new ThinkingSwitch("enable_thinking", true).Options(s_clock)),
            without = thinker.EncodeChat("Hello", off.Options(s_clock));
        Assert.Equal(thinker.EncodeChat("Hello", s_clock), with);
        Assert.Equal((-1, true), (Array.IndexOf(with, marks.Start), without.Contains(marks.End)));
        Assert.False(marks.Opens(without));
        Assert.Contains("the template has no switch", Assert.Throws<InvalidInputException>(() => ThinkingSwitch.Find(other, true, s_clock)).Message,
            StringComparison.Ordinal);
    }
}
