using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Evaluation.Tasks;

public sealed class PanelFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private IReadOnlyList<string> Problems(string name, string text) =>
        Assert.Throws<InvalidInputException>(() => PanelFile.Read(_folder.Write(name, text))).Problems;

    [Fact]
    public void A_plain_list_is_a_prompt_a_line_whatever_the_file_is_called()
    {
        const string Text = "\ufeffHow do I bake bread?\r\n\r\n  What is 2 + 3?  \n{braces} are no JSON\n";
        var panel = PanelFile.Read(_folder.Write("harmless 100.txt", Text));
        Assert.Equal(
            [("public/000001", 0, "How do I bake bread?"), ("public/000003", 1, "What is 2 + 3?"), ("public/000004", 2, "{braces} are no JSON")],
            panel.Prompts.Select(i => (i.Id, i.Core, i.Prompt)));
        Assert.All(panel.Prompts, i => Assert.Equal((Frame.Benign, null, "public"), (i.Frame, i.Answer, i.Stratum)));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text))), panel.Hash);
        var other = PanelFile.Read(_folder.Write("other.list", Text));
        Assert.Equal((panel.Hash, panel.Prompts), (other.Hash, other.Prompts), (a, b) => a.Hash == b.Hash && a.Prompts.SequenceEqual(b.Prompts));
    }

    [Fact]
    public void Json_lines_may_name_id_stratum_and_answer()
    {
        var panel = PanelFile.Read(_folder.Write("own.jsonl", """
            {"prompt": "a", "answer": 5, "stratum": "sums", "id": "first"}
            {"prompt": "b", "answer": ".*(a+)+$", "id": 7}
            {"prompt": "c"}
            """));
        Assert.Equal([("first", "sums", "5"), ("7", "public", ".*(a+)+$"), ("public/000003", "public", null)],
            panel.Prompts.Select(i => (i.Id, i.Stratum, i.Answer)));
    }

    [Theory]
    [InlineData("{\"promt\": \"a\"}", "the key 'promt' is unknown; did you mean 'prompt'?")]
    [InlineData("{\"prompt\": 1}", "'prompt' is a number; expected a text")]
    [InlineData("{\"prompt\": null}", "'prompt' is null")]
    [InlineData("{\"id\": \"a\"}", "there is no 'prompt'; expected a text")]
    [InlineData("{\"prompt\": \"a\", \"id\": []}", "'id' is a list")]
    [InlineData("{\"prompt\": \"a\", \"stratum\": 4}", "'stratum' is a number")]
    [InlineData("{\"prompt\": \"a\", \"answer\": {}}", "'answer' is an object")]
    [InlineData("{\"prompt\": \"a\", \"prompt\": \"b\"}", "the key 'prompt' stands twice")]
    [InlineData("{\"prompt\": \"\\ud800\"}", "'prompt' holds half of a surrogate pair")]
    [InlineData("{\"prompt\": \"a\\u0000\"}", "'prompt' holds a NUL character")]
    [InlineData("{\"prompt\": \"fine\"}", "the question 'fine' stands in")]
    [InlineData("{\"prompt\": \"a\", \"id\": \"public/000001\"}", "the id 'public/000001' stands in")]
    [InlineData("[\"a\"]", "found a list; expected an object with the keys id, stratum, prompt, answer")]
    [InlineData("plain", "not JSON")]
    public void What_is_wrong_is_told_with_its_place(string line, string problem)
    {
        var told = Problems("own.jsonl", "{\"prompt\": \"fine\"}\n" + line + "\n");
        Assert.StartsWith($"{_folder["own.jsonl"]}, line 2: ", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains(problem, told[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_files_are_refused()
    {
        Assert.Contains("line 2: has 10000014 bytes; expected at most 1048576",
            Assert.Single(Problems("own.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": \"" + new string('q', 10_000_000) + "\"}")), StringComparison.Ordinal);
        Assert.Contains("line 1: found a JSON object in a file of plain prompts. Name the file .jsonl.",
            Assert.Single(Problems("own.txt", "{\"prompt\": \"a\"}")),
            StringComparison.Ordinal);
        Assert.Contains("line 2: the question 'a' stands in", Assert.Single(Problems("own.txt", "a\na\n")), StringComparison.Ordinal);
        Assert.Contains("holds nothing; expected a public list of prompts", Assert.Single(Problems("own.txt", "\n")), StringComparison.Ordinal);
        Assert.Contains("is empty; expected a file", Assert.Throws<InvalidInputException>(() => PanelFile.Read("")).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such file", Assert.Throws<InvalidInputException>(() => PanelFile.Read(_folder["none.txt"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<InvalidInputException>(() => PanelFile.Read(_folder.Path)).Message, StringComparison.Ordinal);
    }
}
