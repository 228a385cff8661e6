using Assay.Evaluation.Behaviour;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>Numbers and names of answers, by hand.</summary>
public sealed class AnswerContentTests
{
    [Theory]
    [InlineData("7 + 5 = 12. The answer is 12.", "12 = 5 + 7.", 1)]
    [InlineData("7 + 5 = 12.", "7 + 5 = 13.", 2 * 2 / 6.0)]
    [InlineData("1,000 g", "1000.0 grams", 1)]
    [InlineData("twelve", "12", 1)]
    [InlineData("12", "none of them", 0)]
    public void Numbers_are_compared_as_numbers(string first, string second, double expected) =>
        Assert.Equal(expected, AnswerContent.Overlap(AnswerContent.Numbers(first), AnswerContent.Numbers(second)));

    [Theory]
    [InlineData("Ada has more than Ben-Ami. So Ada's share is larger.", "Who has more?", "Ada,Ben-Ami")]
    [InlineData("The youngest is Kira. Then comes Jack.", "Who?", "Jack,Kira")]
    [InlineData("Apples are left.", "How many apples are left?", "")] // It stands in the question in lower case.
    [InlineData("Bread costs 4. The bread is dear.", "", "")]
    [InlineData("I don't know O'Neill. A B C", "", "")] // What is left of O'Neill is one letter.
    [InlineData("Zoë lives in Łódź.", "", "Zoë,Łódź")]
    [InlineData("", "", "")]
    public void Names_begin_with_a_capital_and_are_no_other_word(string answer, string question, string expected) =>
        Assert.Equal(expected, string.Join(',', AnswerContent.Names(answer, question).Order(StringComparer.Ordinal)));

    [Fact]
    public void Of_two_answers_that_mention_nothing_there_is_no_overlap() =>
        Assert.Null(AnswerContent.Overlap(AnswerContent.Names("so it is", ""), AnswerContent.Names("it is", "")));
}
