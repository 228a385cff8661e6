using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Tasks;

public sealed class AnswerCheckTests
{
    [Theory]
    [InlineData("Paris", "Paris", true)]
    [InlineData("Paris", " \"paris.\" \n", true)]
    [InlineData("Paris", "**Paris**", true)]
    [InlineData("Paris", "It is Paris", false)]
    [InlineData("Paris", "Parish", false)]
    [InlineData("Paris", "", false)]
    [InlineData(".*", "anything", false)]
    [InlineData("a.c", "abc", false)]
    [InlineData("a.c", "a.c", true)]
    public void The_answer_alone(string answer, string reply, bool holds) => Assert.Equal(holds, new ExactAnswer(answer).Holds(reply));

    [Theory]
    [InlineData("B", true)]
    [InlineData("(B)", true)]
    [InlineData("B.", true)]
    [InlineData("lead", true)]
    [InlineData("B. lead", true)]
    [InlineData("B) Lead.", true)]
    [InlineData("A. lead", false)]
    [InlineData("B. iron", false)]
    [InlineData("b", false)]
    [InlineData("A", false)]
    [InlineData("iron", false)]
    [InlineData("Bronze", false)]
    [InlineData("", false)]
    public void A_choice_by_letter_or_text(string reply, bool holds) => Assert.Equal(holds, new ChoiceAnswer(["iron", "lead", "gold"], 1).Holds(reply));

    [Fact]
    public void A_choice_that_is_a_letter_is_its_text()
    {
        var check = new ChoiceAnswer(["B", "A"], 1);
        Assert.True(check.Holds("A"));
        Assert.False(check.Holds("B"));
    }

    [Theory]
    [InlineData("The answer is 42, I think.", true)]
    [InlineData("42", true)]
    [InlineData("142", false)]
    [InlineData("421 or 42", true)]
    [InlineData("4 2", false)]
    public void The_answer_as_a_whole_word(string reply, bool holds) => Assert.Equal(holds, new ContainsAnswer("42").Holds(reply));

    [Theory]
    [InlineData("Rome, stone", true)]
    [InlineData("ROME STONE!", true)]
    [InlineData("Rome \"stone.\"\n", true)]
    [InlineData("Rome milestone", false)]
    [InlineData("stone Rome", false)]
    [InlineData("", false)]
    public void The_last_word(string reply, bool holds) => Assert.Equal(holds, new EndsWithWord("stone").Holds(reply));

    [Theory]
    [InlineData("Stone: Rome", true)]
    [InlineData("stones of Rome", false)]
    [InlineData("  ", false)]
    public void The_first_word(string reply, bool holds) => Assert.Equal(holds, new BeginsWithWord("stone").Holds(reply));

    [Theory]
    [InlineData("ROME 42!", true, false)]
    [InlineData("rome 42!", false, true)]
    [InlineData("Rome", false, false)]
    [InlineData("42", false, false)]
    [InlineData("", false, false)]
    [InlineData("ÉTÉ", true, false)]
    public void Capital_and_small_letters(string reply, bool upper, bool lower) =>
        Assert.Equal((upper, lower), (new UpperCase().Holds(reply), new LowerCase().Holds(reply)));

    [Theory]
    [InlineData("one two three", true)]
    [InlineData("one, two - three.", true)]
    [InlineData("one two three four", false)]
    [InlineData("...", false)]
    public void A_number_of_words(string reply, bool holds) => Assert.Equal(holds, new AtMostWords(3).Holds(reply));

    [Theory]
    [InlineData("""{"a": 1, "b": ["x", "y"]}""", true)]
    [InlineData("""{"b": ["x"], "a": 3}""", true)]
    [InlineData("```\n{\"a\": 1, \"b\": [\"x\"]}\n```", true)]
    [InlineData("""{"a": 1.5, "b": ["x"]}""", false)]
    [InlineData("""{"a": "1", "b": ["x"]}""", false)]
    [InlineData("""{"a": 4, "b": ["x"]}""", false)]
    [InlineData("""{"a": 0, "b": ["x"]}""", false)]
    [InlineData("""{"a": 1, "b": ["z"]}""", false)]
    [InlineData("""{"a": 1, "b": []}""", false)]
    [InlineData("""{"a": 1, "b": ["x", "y", "x"]}""", false)]
    [InlineData("""{"a": 1}""", false)]
    [InlineData("""{"a": 1, "b": ["x"], "c": 1}""", false)]
    [InlineData("""{"a": 1, "a": 2, "b": ["x"]}""", false)]
    [InlineData("""[1]""", false)]
    [InlineData("""{"a": 1, "b": ["x"]} done""", false)]
    [InlineData("", false)]
    [InlineData("{\"a\": 1, \"b\": [\"\\ud800\"]}", false)]
    public void Json_that_fits_a_schema(string reply, bool holds) => Assert.Equal(holds, new JsonAnswer("""
        {"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":3},"b":{
            "type":"array","items":{"type":"string","enum":["x","y"]},"minItems":1,"maxItems":2}},
        "required":["a","b"],"additionalProperties":false}
        """, null).Holds(reply));

    [Fact]
    public void Json_nested_as_deep_as_one_likes_is_no_answer_and_a_rule_that_is_not_known_is_refused()
    {
        Assert.False(new JsonAnswer("""{"type":"array"}""", null).Holds(new string('[', 100_000)));
        Assert.Throws<ArgumentException>(() => new JsonAnswer("""{"type":"string","pattern":"x+"}""", null).Holds("\"x\""));
        Assert.Throws<ArgumentException>(() => new JsonAnswer("""{"type":"text"}""", null).Holds("\"x\""));
    }

    [Fact]
    public void Several_checks_hold_together_and_are_equal_by_what_they_hold()
    {
        var both = new EveryCheck([new ContainsAnswer("rome"), new UpperCase()]);
        Assert.True(both.Holds("IT IS ROME"));
        Assert.False(both.Holds("It is Rome"));
        Assert.False(both.Holds("IT IS PARIS"));
        Assert.Equal(both, new EveryCheck([new ContainsAnswer("rome"), new UpperCase()]));
        Assert.NotEqual(both, new EveryCheck([new ContainsAnswer("rome"), new LowerCase()]));
        Assert.Equal("holds the answer; is in capital letters", both.Summary);
    }
}
