using Assay.Checkpoints;
using Assay.Evaluation.Tasks;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Tasks;

public sealed class PublishedTasksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("arc", "choice/arc_easy.jsonl", 2376)]
    [InlineData("arc", "choice/arc_challenge.jsonl", 1172)]
    [InlineData("piqa", "choice/piqa.jsonl", 1838)]
    [InlineData("winogrande", "choice/winogrande.jsonl", 1267)]
    [InlineData("gsm8k", "gsm8k/test.jsonl", 1319)]
    public void The_published_files_are_read_whole(string kind, string file, int count)
    {
        if (GoldenFiles.Interop is null) Assert.Skip("$ASSAY_INTEROP is not set.");
        var path = Path.Combine(GoldenFiles.Interop, "corpora", file);
        var set = PublishedTasks.Read(kind, path);
        Assert.Equal(File.ReadLines(path).Count(), set.Prompts.Length + set.Choices.Length);
        Assert.Equal(count, set.Prompts.Length + set.Choices.Length);
        Assert.Equal(kind == "gsm8k", set.Choices.IsEmpty);
    }

    [Fact]
    public void Choices_of_one_form_or_the_other_are_the_same_questions()
    {
        var shipped = PublishedTasks.Read("arc", _folder.Write("a.jsonl", """{"query": "Question: Wet is?", "choices": ["sand", "water"], "gold": 1}"""));
        var original = PublishedTasks.Read("arc", _folder.Write("b.jsonl", """
            {"id": "arc/00000", "question": {"stem": "Wet is?", "choices": [{"text": "sand", "label": "1"}, {"text": "water", "label": "2"}]}, "answerKey": "2"}
            """));
        var columns = PublishedTasks.Read("arc", _folder.Write("c.jsonl", """
            {"id": "arc/00000", "question": "Wet is?", "choices": {"text": ["sand", "water"], "label": ["A", "B"]}, "answerKey": "B"}
            """));
        Assert.Equal(shipped.Hash, original.Hash);
        Assert.Equal(shipped.Hash, columns.Hash);
        Assert.Equal(new ChoiceOption("Question: Wet is?\nAnswer:", " water"), shipped.Choices[0].Options[1]);
        Assert.Equal(1, original.Choices[0].Right);

        var piqa = PublishedTasks.Read("piqa", _folder.Write("d.jsonl", """
            {"query": "Question: To sit down\n", "choices": ["use a chair", "use a spoon"], "gold": 0}
            """));
        var goal = PublishedTasks.Read("piqa", _folder.Write("e.jsonl", """
            {"goal": "To sit down", "sol1": "use a chair", "sol2": "use a spoon", "label": 0}
            """));
        Assert.Equal(piqa.Hash, goal.Hash);

        var winogrande = PublishedTasks.Read("winogrande", _folder.Write("f.jsonl", """
            {"context_options": ["The cup did not fit as the cup", "The cup did not fit as the box"], "continuation": "was too big.", "gold": 0}
            """));
        var gap = PublishedTasks.Read("winogrande", _folder.Write("g.jsonl", """
            {"qID": "winogrande/00000", "sentence": "The cup did not fit as the _ was too big.", "option1": "cup", "option2": "box", "answer": "1"}
            """));
        Assert.Equal(winogrande.Hash, gap.Hash);
        Assert.Equal(new ChoiceOption("The cup did not fit as the box", " was too big."), gap.Choices[0].Options[1]);
    }

    [Fact]
    public void The_final_number_of_a_worked_answer_is_the_answer()
    {
        const string Line = """{"question": "How much?", "answer": "It is 2*600=<<2*600=1200>>1,200.\n#### 1,200"}""";
        var set = PublishedTasks.Read("gsm8k", _folder.Write("a.jsonl", Line));
        Assert.Equal(("gsm8k/00000", "How much?", "1200"), (set.Prompts[0].Id, set.Prompts[0].Prompt, set.Prompts[0].Answer));
        Assert.EndsWith("#### 1,200", set.Prompts[0].WorkedAnswer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arc", """{"query": "q", "choices": ["a", "b"], "gold": 2}""", "'gold' is 2; expected 0 to 1")]
    [InlineData("arc", """{"query": "q", "choices": ["a", "b"], "gold": "1"}""", "'gold' is a text; expected a whole number")]
    [InlineData("arc", """{"query": "q", "choices": ["a", "b"]}""", "there is no 'gold'")]
    [InlineData("arc", """{"query": "q", "choices": "a", "gold": 0}""", "'choices' is a text; expected a list")]
    [InlineData("arc", """{"query": "q", "choices": ["a", 1], "gold": 0}""", "text 1 of 'choices' is a number")]
    [InlineData("arc", """{"query": "q", "choices": ["a"], "gold": 0}""", "'choices' has 1 texts")]
    [InlineData("arc", """{"query": "q", "choises": ["a", "b"], "gold": 0}""", "the key 'choises' is unknown; did you mean 'choices'?")]
    [InlineData("arc", """{"question": "q", "choices": {"text": ["a", "b"], "label": ["A", "B", "C"]}, "answerKey": "A"}""", "3 labels and 2 texts")]
    [InlineData("arc", """{"question": "q", "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "answerKey": "C"}""",
        "'answerKey' 'C' is not among the labels 'A', 'B'")]
    [InlineData("arc", """{"question": {"stem": "q", "choices": [{"text": "a"}, {"text": "b", "label": "B"}]}, "answerKey": "B"}""",
        "a choice has no 'label' and 'text'")]
    [InlineData("arc", """{"answerKey": "B"}""", "there is no 'question' and no 'query'")]
    [InlineData("piqa", """{"goal": "g", "sol1": "a", "sol2": "b"}""", "there is no 'label'. The labels are published in a file beside")]
    [InlineData("piqa", """{"goal": "g", "sol1": "a", "sol2": "b", "label": 2}""", "'label' is 2; expected 0 to 1")]
    [InlineData("winogrande", """{"sentence": "no gap", "option1": "a", "option2": "b", "answer": "1"}""", "does not have one gap '_'")]
    [InlineData("winogrande", """{"sentence": "a _ b", "option1": "a", "option2": "b", "answer": "3"}""", "'answer' is '3'; expected 1 or 2")]
    [InlineData("gsm8k", """{"question": "q", "answer": "5"}""", "'answer' has no '####'")]
    [InlineData("gsm8k", """{"question": "q", "answer": "#### five"}""", "after '####' stands 'five'; expected a number")]
    [InlineData("gsm8k", """{"question": "q"}""", "there is no 'answer'")]
    public void What_is_wrong_is_told_with_its_place(string kind, string line, string problem)
    {
        var told = Assert.Throws<InvalidInputException>(() => PublishedTasks.Read(kind, _folder.Write("x.jsonl", "\n" + line))).Problems;
        Assert.StartsWith($"{_folder["x.jsonl"]}, line 2: ", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains(problem, told[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"question": {"stem": "a", "choices": [{"\udc00": "x", "label": "A"}, {"text": "y", "label": "B"}]}, "answerKey": "B"}""",
        "a choice has no 'label'")]
    [InlineData("""{"question": {"\udc00": "a"}, "answerKey": "B"}""", "'question' is neither a text")]
    [InlineData("""{"question": "a", "choices": {"\udc00": 1, "label": ["A", "B"]}, "answerKey": "B"}""", "'question' is neither a text")]
    public void Half_of_a_surrogate_pair_in_a_name_within_the_line_is_a_problem(string line, string problem) =>
        Assert.Contains("line 1: " + problem,
            Assert.Throws<InvalidInputException>(() => PublishedTasks.Read("arc", _folder.Write("x.jsonl", line))).Message, StringComparison.Ordinal);

    [Fact]
    public void Ids_that_stand_twice_and_kinds_that_are_none_are_refused()
    {
        const string Line = """{"qID": "x", "sentence": "a _ b", "option1": "a", "option2": "b", "answer": "1"}""";
        Assert.Matches("line 2: the id 'x' stands in .* line 1 already",
            Assert.Throws<InvalidInputException>(() => PublishedTasks.Read("winogrande", _folder.Write("x.jsonl", Line + "\n" + Line))).Message);
        Assert.Contains("There is no published task 'mmlu'; expected arc, piqa, winogrande, gsm8k",
            Assert.Throws<InvalidInputException>(() => PublishedTasks.Read("mmlu", "x")).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such file; the published file of arc",
            Assert.Throws<InvalidInputException>(() => PublishedTasks.Read("arc", _folder["none"])).Message, StringComparison.Ordinal);
    }
}
