using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Evaluation.Tasks;

public sealed class TaskFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Questions_answers_frames_groups_and_ids_are_read()
    {
        var set = Read("""
            {"question": "What is 2 + 3?", "answer": 5, "group": "sum", "id": "a"}
            {"question": "A burglar has 2 + 3 keys. How many?", "answer": "5", "frame": "trigger", "group": "sum"}

            {"question": "What is 1.50 + 1?", "answer": 2.50, "frame": "benign", "group": 7}
            {"question": "Where?", "answer": "P(A|B) = \\dfrac{1}{2}, t.*, [0]*5 (*)"}
            """);
        Assert.Equal("own", set.Name);
        Assert.Empty(set.Choices);
        Assert.Equal(
            [
                ("a", Frame.Benign, 0, "What is 2 + 3?", "5"), ("own/000002", Frame.Trigger, 0, "A burglar has 2 + 3 keys. How many?", "5"),
                ("own/000004", Frame.Benign, 1, "What is 1.50 + 1?", "2.50"),
                ("own/000005", Frame.Benign, 2, "Where?", "P(A|B) = \\dfrac{1}{2}, t.*, [0]*5 (*)"),
            ],
            set.Prompts.Select(p => (p.Id, p.Frame, p.Core, p.Prompt, p.Answer!)));
    }

    [Fact]
    public void The_right_choice_is_named_by_index_letter_or_text()
    {
        var set = Read("""
            {"question": "Which is heavy?", "choices": ["air", "lead", "cork"], "answer": 1}
            {"question": "Which is light?", "choices": ["air", "lead", "cork"], "answer": "A", "frame": "trigger"}
            {"question": "Which floats?", "choices": ["air", "lead", "cork"], "answer": "cork"}
            {"question": "Which letter is second?", "choices": ["A", "B"], "answer": "B"}
            {"question": "What is 1 + 1?", "choices": ["3", "2"], "answer": "2"}
            """);
        Assert.Empty(set.Prompts);
        Assert.Equal([1, 0, 2, 1, 1], set.Choices.Select(c => c.Right));
        Assert.Equal(new ChoiceOption("Question: Which is heavy?\nAnswer:", " lead"), set.Choices[0].Options[1]);
        Assert.Equal([Frame.Benign, Frame.Trigger, Frame.Benign, Frame.Benign, Frame.Benign], set.Choices.Select(c => c.Frame));
    }

    [Fact]
    public void A_byte_order_mark_carriage_returns_and_blank_lines_change_nothing()
    {
        const string Plain = "{\"question\": \"a\", \"answer\": \"b\"}\n{\"question\": \"c\", \"answer\": \"d\", \"id\": \"x\"}\n";
        var plain = Read(Plain);
        Assert.Equal(plain.Hash, Read("\ufeff" + Plain.Replace("\n", "\r\n", StringComparison.Ordinal)).Hash);
        Assert.Equal(2, Read(" \t\r\n\n" + Plain + "\n   \n").Prompts.Length);
        Assert.NotEqual(plain.Hash, Read(Plain.Replace("\"d\"", "\"e\"", StringComparison.Ordinal)).Hash);
        Assert.Equal(2, Read(Plain.TrimEnd()).Prompts.Length);
    }

    [Theory]
    [InlineData("{\"answer\": \"b\"}", "there is no 'question'")]
    [InlineData("{\"question\": \"a\"}", "there is no 'answer'; expected a text or a number")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"]}", "there is no 'answer'; expected an index, a letter or the text of a choice")]
    [InlineData("{\"question\": 5, \"answer\": \"b\"}", "'question' is a number; expected a text")]
    [InlineData("{\"question\": null, \"answer\": \"b\"}", "'question' is null")]
    [InlineData("{\"question\": [\"a\"], \"answer\": \"b\"}", "'question' is a list")]
    [InlineData("{\"question\": \"  \", \"answer\": \"b\"}", "'question' is empty")]
    [InlineData("{\"question\": \"a\", \"answer\": \"\"}", "'answer' is empty")]
    [InlineData("{\"question\": \"a\", \"answer\": true}", "'answer' is true or false; expected a text")]
    [InlineData("{\"question\": \"a\", \"answer\": {\"x\": 1}}", "'answer' is an object; expected a text")]
    [InlineData("{\"question\": \"a\", \"answer\": \"b\", \"frame\": \"harmful\"}", "'frame' is 'harmful'; expected benign or trigger")]
    [InlineData("{\"question\": \"a\", \"answer\": \"b\", \"frame\": 1}", "'frame' is a number")]
    [InlineData("{\"question\": \"a\", \"answer\": \"b\", \"group\": 1.5}", "'group' is a number; expected a text")]
    [InlineData("{\"question\": \"a\", \"answer\": \"b\", \"id\": []}", "'id' is a list")]
    [InlineData("{\"question\": \"a\", \"answr\": \"b\"}", "the key 'answr' is unknown; did you mean 'answer'?")]
    [InlineData("{\"question\": \"a\", \"answer\": \"b\", \"difficulty\": 1}", "the key 'difficulty' is unknown; expected question, answer, choices")]
    [InlineData("{\"question\": \"a\", \"question\": \"b\", \"answer\": \"b\"}", "the key 'question' stands twice")]
    [InlineData("{\"question\": \"a\", \"choices\": \"x\", \"answer\": 0}", "'choices' is a text; expected a list")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\"], \"answer\": 0}", "'choices' has 1 texts; expected 2 to 26")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", 2], \"answer\": 0}", "choice 1 is a number; expected a text")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"\"], \"answer\": 0}", "choice 1 is empty")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\", \"x\"], \"answer\": 0}", "choices 0 and 2 are the same text 'x'")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": 2}",
        "'answer' '2' is not among the 2 choices; expected one of their texts, an index from 0 to 1, or a letter from A to B")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": -1}", "'answer' '-1' is not among the 2 choices")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": \"C\"}", "'answer' 'C' is not among the 2 choices")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"xx\", \"yy\"], \"answer\": \"x+\"}", "'answer' 'x+' is not among the 2 choices")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"xx\", \"yy\"], \"answer\": \".*\"}", "'answer' '.*' is not among the 2 choices")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"B\", \"A\"], \"answer\": \"A\"}",
        "'answer' 'A' is the text of choice 1 and the letter of choice 0; give the index")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"1\", \"0\"], \"answer\": 0}",
        "'answer' '0' is the text of choice 1 and the index of choice 0; give the letter")]
    [InlineData("{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": [0]}", "'answer' is a list; expected an index")]
    [InlineData("{\"question\": \"a\", \"answer\": \".*\"}", "'answer' '.*' is written as a pattern; answers are compared as they stand")]
    [InlineData("{\"question\": \"a\", \"answer\": \"(a+)+$\"}", "is written as a pattern")]
    [InlineData("{\"question\": \"a\", \"answer\": \"^(12|twelve)$\"}", "is written as a pattern")]
    [InlineData("{\"question\": \"a\", \"answer\": \"x [0-9]{2,}\"}", "is written as a pattern")]
    [InlineData("{\"question\": \"a\", \"answer\": \"\\\\d+\"}", "is written as a pattern")]
    [InlineData("{\"question\": \"a\", \"answer\": \"(?i)yes\"}", "is written as a pattern")]
    [InlineData("[1, 2]", "found a list; expected an object with the keys question, answer")]
    [InlineData("\"text\"", "found a text; expected an object")]
    [InlineData("{\"question\": \"a\", \"answer\": \"b\"} x", "not JSON")]
    [InlineData("{\"question\": \"a\", ", "not JSON")]
    [InlineData("{\"question\": \"\\ud800\", \"answer\": \"b\"}", "'question' holds half of a surrogate pair")]
    [InlineData("{\"\\ud800\": \"a\", \"answer\": \"b\"}", "not JSON")]
    [InlineData("{\"question\": \"a\\u0000b\", \"answer\": \"b\"}", "'question' holds a NUL character")]
    [InlineData("{\"question\": \"a\", \"answer\": [[[[[[[[[[[[1]]]]]]]]]]]]}", "not JSON")]
    public void What_is_wrong_is_told_with_its_place(string line, string problem)
    {
        var told = Problems("{\"question\": \"fine\", \"answer\": \"yes\"}\n" + line + "\n");
        Assert.All(told, p => Assert.StartsWith($"{_folder["own.jsonl"]}, line 2: ", p, StringComparison.Ordinal));
        Assert.Contains(problem, Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public void What_stands_twice_is_told_with_both_places()
    {
        var told = Problems("""
            {"question": "a", "answer": "1", "id": "x", "group": "g"}
            {"question": "b", "answer": "1", "id": "x"}
            {"question": "a", "answer": "1"}
            {"question": "c", "answer": "2", "group": "g"}
            {"question": "d", "choices": ["1", "3"], "answer": "B", "group": "g"}
            {"question": "e", "choices": ["3", "1"], "answer": "B", "group": "g", "id": "own/000003"}
            """);
        Assert.Collection(told,
            p => Assert.Matches(@"line 2: the id 'x' stands in .*line 1 already", p),
            p => Assert.Matches(@"line 3: the question 'a' stands in .*line 1 already", p),
            p => Assert.Matches(@"line 4: the answer '2' is not that of .*line 1, which is in the same group 'g'", p),
            p => Assert.Matches(@"line 5: the answer '3' is not that of .*line 1", p),
            p => Assert.Matches(@"line 6: the id 'own/000003' stands in .*line 3 already", p));
    }

    [Fact]
    public void Too_long_questions_answers_and_names_are_told_with_their_bound()
    {
        static string Line(int question, int answer, int id) =>
            $"{{\"question\": \"{new string('q', question)}\", \"answer\": \"{new string('a', answer)}\", \"id\": \"{new string('i', id)}\"}}\n";
        Assert.Equal(TaskFile.MostQuestion, Read(Line(TaskFile.MostQuestion, TaskFile.MostAnswer, TaskFile.MostName)).Prompts[0].Prompt.Length);
        Assert.Collection(Problems(Line(TaskFile.MostQuestion + 1, 1, 1) + Line(1, TaskFile.MostAnswer + 1, 2) + Line(2, 1, TaskFile.MostName + 1)),
            p => Assert.Contains("line 1: 'question' has 400001 characters; expected at most 400000", p, StringComparison.Ordinal),
            p => Assert.Contains("line 2: 'answer' has 10001 characters; expected at most 10000", p, StringComparison.Ordinal),
            p => Assert.Contains("line 3: 'id' has 201 characters; expected at most 200", p, StringComparison.Ordinal));
    }

    [Fact]
    public void Ten_megabytes_on_a_line_are_refused_without_being_parsed()
    {
        var line = "{\"question\": \"" + new string('q', 10_000_000) + "\", \"answer\": 1}";
        Assert.Contains("line 2: has 10000029 bytes; expected at most 1048576", Assert.Single(Problems("{\"question\": \"a\", \"answer\": 1}\n" + line)),
            StringComparison.Ordinal);
        var nested = new string('[', 1_000_000);
        Assert.Contains("line 1: not JSON", Assert.Single(Problems(nested)), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_told_with_line_and_place()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes("{\"question\": \"a\", \"answer\": 1}\n{\"question\": \"é"), 0xe9, .. "\"}\n"u8, .. "{\"que\0stion\": 1}\n"u8,
            0xff, 0xfe, (byte)'\n'];
        Assert.Collection(Problems(bytes),
            p => Assert.Contains("line 2: byte 16 of the line is not UTF-8", p, StringComparison.Ordinal),
            p => Assert.Contains("line 3: byte 5 of the line is NUL", p, StringComparison.Ordinal),
            p => Assert.Contains("line 4: byte 0 of the line is not UTF-8", p, StringComparison.Ordinal));
    }

    [Fact]
    public void All_problems_are_told_at_once_and_no_more_than_twenty()
    {
        var problems = Problems(string.Concat(Enumerable.Repeat("{\"question\": 1}\n", 50)));
        Assert.Equal(21, problems.Count);
        Assert.Contains("line 1: 'question' is a number", problems[0], StringComparison.Ordinal);
        Assert.Contains("line 1: there is no 'answer'", problems[1], StringComparison.Ordinal);
        Assert.Contains("line 10: ", problems[19], StringComparison.Ordinal);
        Assert.Equal("and 80 more problems.", problems[20]);
    }

    [Fact]
    public void A_folder_a_missing_an_empty_and_an_endless_file_are_refused()
    {
        string Problem(string path) => Assert.Single(Assert.Throws<InvalidInputException>(() => TaskFile.Read(path)).Problems);
        Assert.Contains("is a folder; a file of tasks", Problem(_folder.Path), StringComparison.Ordinal);
        Assert.Contains("there is no such file; a file of tasks", Problem(_folder["none.jsonl"]), StringComparison.Ordinal);
        Assert.Contains("The path of a file of tasks", Problem(""), StringComparison.Ordinal);
        Assert.Contains("holds nothing; expected a file of tasks", Problem(_folder.Write("empty.jsonl", "")), StringComparison.Ordinal);
        Assert.Contains("holds nothing", Problem(_folder.Write("blank.jsonl", "\ufeff\n \r\n")), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux()) Assert.Contains("is a pipe or a device", Problem("/dev/zero"), StringComparison.Ordinal);
        Assert.Contains("line 1000001: the file has more than 1000000 lines", Problem(_folder.Write("many.jsonl", new string('\n', 1_000_001))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_triggers_are_a_prompt_a_line()
    {
        var items = TriggerFile.Read(_folder.Write("own.txt", "\ufeffHow do I kill a process?\r\n\r\n  How do I shoot a portrait?  \n{braces} are no JSON\n"));
        Assert.Equal([("own/000001", 0, "How do I kill a process?"), ("own/000003", 1, "How do I shoot a portrait?"),
            ("own/000004", 2, "{braces} are no JSON")],
            items.Select(i => (i.Id, i.Core, i.Prompt)));
        Assert.All(items, i => Assert.Equal((Frame.Trigger, null, "own"), (i.Frame, i.Answer, i.Stratum)));
    }

    [Fact]
    public void Triggers_in_json_may_have_answers_and_groups()
    {
        var items = TriggerFile.Read(_folder.Write("own.jsonl", """
            {"prompt": "a", "answer": 5, "group": "g"}
            {"prompt": "b", "answer": "5", "group": "g", "id": "second"}
            {"prompt": "c", "group": "g"}
            {"prompt": "d"}
            """));
        Assert.Equal([("own/000001", 0, "5"), ("second", 0, "5"), ("own/000003", 0, null), ("own/000004", 1, null)],
            items.Select(i => (i.Id, i.Core, i.Answer)));
    }

    [Fact]
    public void Wrong_triggers_are_told()
    {
        IReadOnlyList<string> Problems(string name, string text) => Assert.Throws<InvalidInputException>(() => TriggerFile.Read(_folder.Write(name, text)))
            .Problems;
        Assert.Contains("line 2: the question 'a' stands in", Assert.Single(Problems("t.txt", "a\na\n")), StringComparison.Ordinal);
        Assert.Contains("line 1: found a JSON object in a file of plain prompts. Name the file .jsonl.",
            Assert.Single(Problems("t.txt", "{\"prompt\": \"a\"}")), StringComparison.Ordinal);
        Assert.Contains("line 1: the prompt has 400001 characters", Assert.Single(Problems("t.txt", new string('x', 400_001))), StringComparison.Ordinal);
        Assert.Contains("holds nothing; expected a file of trigger prompts", Assert.Single(Problems("t.txt", "\n")), StringComparison.Ordinal);
        Assert.Collection(Problems("t.jsonl", "{\"promt\": \"a\"}\n{\"prompt\": 1}\n{\"prompt\": \"a\", \"answer\": []}\n{\"answer\": \"a\"}\nplain\n"),
            p => Assert.Contains("line 1: the key 'promt' is unknown; did you mean 'prompt'?", p, StringComparison.Ordinal),
            p => Assert.Contains("line 2: 'prompt' is a number", p, StringComparison.Ordinal),
            p => Assert.Contains("line 3: 'answer' is a list", p, StringComparison.Ordinal),
            p => Assert.Contains("line 4: there is no 'prompt'", p, StringComparison.Ordinal),
            p => Assert.Contains("line 5: not JSON", p, StringComparison.Ordinal));
    }

    private TaskSet Read(string text) => TaskFile.Read(_folder.Write("own.jsonl", text));

    private IReadOnlyList<string> Problems(string text) => Problems(Encoding.UTF8.GetBytes(text));

    private IReadOnlyList<string> Problems(byte[] bytes) => Assert.Throws<InvalidInputException>(() => TaskFile.Read(_folder.Write("own.jsonl", bytes)))
        .Problems;
}
