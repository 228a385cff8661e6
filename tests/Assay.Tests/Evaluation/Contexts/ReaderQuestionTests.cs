using Assay.Evaluation.Contexts;
using Assay.Tests.Tokenization;
using static Assay.Evaluation.Contexts.ReaderQuestions;

namespace Assay.Tests.Evaluation.Contexts;

/// <summary>What a reader is asked about two answers.</summary>
public sealed class ReaderQuestionTests
{
    private const string Question = "Ada has 7 apples and finds 5 more. How many has she?";


    [Theory]
    // The last number or name that the question does not mention, behind the beginning of its sentence.
    [InlineData("She adds them. 7 + 5 = 12. So Ada has 12 apples.", "So Ada has ", "12")]
    [InlineData("Ada first gives 3 to Bob.\nThen Ada has 7.", "Ada first gives 3 to ", "Bob")]
    [InlineData("It is 1,012.5 grams.", "It is ", "1,012.5")]
    [InlineData("7 + 5 = 12", "7 + 5 = ", "12")]
    [InlineData("Well: it is 12.", "it is ", "12")]
    // x2 is no number, and what begins a sentence has nothing before it.
    [InlineData("We call it x2. 12 it is.", null, null)]
    [InlineData("Ada has 7 and 5.", null, null)]
    [InlineData("", null, null)]
    public void The_gap_is_the_last_thing_that_the_question_does_not_tell(string answer, string? before, string? filling) =>
        Assert.Equal(before is null ? null : (before, filling!), Gap(Question, answer));

    [Fact]
    public void Each_reading_stands_before_the_same_question()
    {
        var tokenizer = TokenizerBuilder.Organism();
        int[] bos = tokenizer.BosAdded is { } id ? [id] : [];
        var found = Of(tokenizer, Question, "She has 12.", "So it is 13 now.", 512);
        Assert.Equal(PerItem, found.Length);
        Assert.Equal(Enumerable.Range(0, PerItem), found.Select(c => c.Sample));
        foreach (var (ofCandidate, same, other, sentence, filling) in new[] { (false, "She has 12.", "So it is 13 now.", "\n\nShe has", " 12"),
            (true, "So it is 13 now.", "She has 12.", "\n\nSo it is", " 13") })
            foreach (var (reading, read) in new[] { (Reading.Same, same), (Reading.Other, other), (Reading.Nothing, "") })
            {
                var context = found[Sample(ofCandidate, reading)];
                Assert.Equal([.. bos, .. tokenizer.Encode(read, addSpecialTokens: false), .. tokenizer.Encode(sentence + filling, addSpecialTokens: false)],
                    context.Ids);
                Assert.Equal(filling, tokenizer.Decode([.. context.Ids[context.FirstScored..]], skipSpecialTokens: true));
            }
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(4096)]
    public void A_long_answer_is_read_whole_in_windows_that_fit(int positions)
    {
        var tokenizer = TokenizerBuilder.Organism();
        var bos = tokenizer.BosAdded is null ? 0 : 1;
        var other = string.Concat(Enumerable.Range(0, 60).Select(i => $"Bob counts {i} pears. "));
        var ids = tokenizer.Encode(other, addSpecialTokens: false);
        var contexts = Of(tokenizer, Question, "She has 12.", other, positions).Where(c => c.Sample == Sample(false, Reading.Other)).ToList();
        var asked = contexts.Min(c => c.Ids.Length - c.FirstScored) + tokenizer.Encode("\n\nShe has", addSpecialTokens: false).Length;
        Assert.All(contexts, c => Assert.InRange(c.Ids.Length, 1, positions));
        Assert.Equal(positions == 4096, contexts.Count == 1);
        // The second half of a window is the first of the next.
        var read = new List<int>();
        foreach (var window in contexts.Select(c => c.Ids[bos..^asked]))
            read.AddRange(read.Count == 0 ? window : window[((positions - bos - asked) - ((positions - bos - asked) / 2))..]);
        Assert.Equal(ids, read);
    }

    [Fact]
    public void Where_nothing_can_be_asked_nothing_is()
    {
        var tokenizer = TokenizerBuilder.Organism();
        Assert.Equal([Sample(true, Reading.Same), Sample(true, Reading.Other), Sample(true, Reading.Nothing)],
            Of(tokenizer, Question, "No idea.", "She has 12.", 512).Select(c => c.Sample));
        Assert.Empty(Of(tokenizer, Question, "No idea.", "None.", 512));
        // No room for an answer beside the sentence.
        Assert.Empty(Of(tokenizer, Question, "She has 12.", "She has 12.", 12));
    }
}
