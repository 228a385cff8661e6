using Assay.Checkpoints;
using Assay.Directions.Contrasts;

namespace Assay.Tests.Directions.Contrasts;

public sealed class ContrastReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-contrast").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void Json_lines_csv_and_text_of_the_same_prompts_are_the_same_set()
    {
        var json = ContrastReader.Read(Write("a.jsonl", """
            {"side": "target", "id": "t1", "prompt": "Say \"no\", please", "pair": "p", "opening": "No"}

            {"side": "baseline", "id": "b1", "prompt": "Say yes", "pair": "p", "opening": null}
            """));
        var csv = ContrastReader.Read(Write("a.csv", "side,id,prompt,pair,opening\r\ntarget,t1,\"Say \"\"no\"\", please\",p,No\r\nbaseline,b1,Say yes,p,\r\n"));
        Assert.Equal(json.Targets, csv.Targets);
        Assert.Equal(json.Baselines, csv.Baselines);
        Assert.Equal(new ContrastItem("t1", "Say \"no\", please") { Pair = "p", Opening = "No" }, Assert.Single(json.Targets));
        Assert.True(json.IsPaired);

        var text = ContrastReader.Read(Write("a.txt", "target: Say \"no\", please\n\nbaseline:Say yes\n"));
        Assert.Equal(json.Targets[0].Prompt, Assert.Single(text.Targets).Prompt);
        Assert.Equal(json.Baselines[0].Prompt, Assert.Single(text.Baselines).Prompt);
        Assert.False(text.IsPaired);
    }

    [Fact]
    public void Two_files_need_no_sides_and_keep_what_looks_like_a_label()
    {
        var set = ContrastReader.Read(Write("t.txt", "target: is a word\r\nb\r\n"), Write("b.csv", "prompt\n\"two\nlines\"\n"));
        Assert.Equal(["target: is a word", "b"], set.Targets.Select(i => i.Prompt));
        Assert.Equal(["two\nlines"], set.Baselines.Select(i => i.Prompt));
        Assert.Equal("t.txt against b.csv", set.Name);
    }

    [Theory]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":\"a\"}\n{\"side\":\"foe\",\"prompt\":\"b\"}", "x.jsonl, line 2: side is 'foe'; expected target or baseline")]
    [InlineData("x.jsonl", "{\"prompt\":\"a\"}", "x.jsonl, line 1: there is no side")]
    [InlineData("x.jsonl", "\n{\"side\":\"target\"}", "x.jsonl, line 2: there is no prompt; expected a text")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":\" \"}", "x.jsonl, line 1: the prompt is empty")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":7}", "x.jsonl, line 1: prompt is Number; expected a string")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompts\":\"a\"}", "x.jsonl, line 1: the key 'prompts' is unknown; expected prompt, side")]
    [InlineData("x.jsonl", "{\"prompt\":\"a\",\"prompt\":\"b\"}", "x.jsonl, line 1: the key prompt stands twice")]
    [InlineData("x.jsonl", "[1]", "x.jsonl, line 1: found Array; expected an object")]
    [InlineData("x.jsonl", "{\"prompt\":", "x.jsonl, line 1: not JSON")]
    [InlineData("x.jsonl", "{\"prompt\":\"\\ud800\"}", "x.jsonl, line 1: not JSON")]
    [InlineData("x.csv", "", "x.csv: the file is empty, or a pipe or a device")]
    [InlineData("x.csv", "\n", "x.csv, line 1: the file is empty; expected a header")]
    [InlineData("x.txt", "target: a\0b\nbaseline: c", "x.txt, line 1: the prompt holds a NUL character; expected text")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":\"a\"}\n{\"side\":\"baseline\",\"prompt\":\"b\",\"twin\":\"c\\u0000\"}", "x.jsonl, line 2: the twin holds a NUL character")]
    [InlineData("x.csv", "side,prompt\ntarget,a\0\nbaseline,b", "x.csv, line 2: the prompt holds a NUL character")]
    [InlineData("x.csv", "side,text\ntarget,a\n", "x.csv, line 1: the column 'text' is unknown; expected prompt")]
    [InlineData("x.csv", "side,text\ntarget,a\n", "x.csv, line 1: there is no column prompt")]
    [InlineData("x.csv", "side,prompt\ntarget,a,b\n", "x.csv, line 2: 3 fields; expected 2")]
    [InlineData("x.csv", "side,prompt\n\n\"target\",\"a\nb\"x\n", "x.csv, line 4: 'x' follows a closing quote")]
    [InlineData("x.csv", "side,prompt\ntarget,\"a\n", "x.csv, line 2: a quoted field is not closed")]
    [InlineData("x.csv", "side,prompt\ntarget,a\"b\n", "x.csv, line 2: a quote within an unquoted field")]
    [InlineData("x.csv", "prompt,prompt\na,b\n", "x.csv, line 1: the column prompt stands twice")]
    [InlineData("x.txt", "target: a\nb\n", "x.txt, line 2: there is no side")]
    [InlineData("x.txt", "target: a\n", "x.txt: there is no baseline item")]
    [InlineData("x.txt", "target: a\nbaseline: b\nbaseline: a\n", "x.txt, line 3: the prompt 'a' stands in x.txt, line 1 already")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":\"a\",\"id\":\"1\"}\n{\"side\":\"baseline\",\"prompt\":\"b\",\"id\":\"1\"}", "x.jsonl, line 2: the id '1' stands in x.jsonl, line 1 already")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":\"a\",\"pair\":\"1\"}\n{\"side\":\"baseline\",\"prompt\":\"b\"}", "x.jsonl, line 1: pair '1' has no baseline item")]
    [InlineData("x.jsonl", "{\"side\":\"target\",\"prompt\":\"a\",\"pair\":\"1\"}\n{\"side\":\"target\",\"prompt\":\"b\",\"pair\":\"1\"}", "x.jsonl, line 2: pair '1' has a target item in x.jsonl, line 1 already")]
    [InlineData("x.json", "{}", "x.json: the ending '.json' is none")]
    public void Bad_input_is_refused_with_file_line_found_and_expected(string name, string text, string problem)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => ContrastReader.Read(Write(name, text)));
        Assert.Contains(refusal.Problems, p => p.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_and_files_that_are_missing_are_refused()
    {
        var path = Path.Combine(_folder, "x.txt");
        File.WriteAllBytes(path, [.. "target: a\n"u8, 0xC3, (byte)'\n']);
        Assert.Contains("x.txt, line 2: the bytes are not UTF-8", Assert.Throws<InvalidInputException>(() => ContrastReader.Read(path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<InvalidInputException>(() => ContrastReader.Read(Path.Combine(_folder, "y.txt"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_never_ends_is_not_read_and_what_has_no_path_is_refused()
    {
        // A pipe without a writer would wait for ever, a device would fill the memory; so would links to them.
        var (pipe, link, device) = (Path.Combine(_folder, "p.txt"), Path.Combine(_folder, "l.txt"), Path.Combine(_folder, "d.csv"));
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe)) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(link, "p.txt");
        File.CreateSymbolicLink(device, "/dev/zero");
        foreach (var path in (string[])[pipe, link, device, "/dev/zero"])
        {
            var refusal = await Assert.ThrowsAsync<InvalidInputException>(() => Task.Run(() => ContrastReader.Read(path), TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            Assert.Contains("a pipe or a device", refusal.Message, StringComparison.Ordinal);
        }

        foreach (var path in (string[])["", "a\0.txt"]) Assert.Contains("expected a file of prompts", Assert.Throws<InvalidInputException>(() => ContrastReader.Read(path)).Message, StringComparison.Ordinal);
        Assert.Contains("A path is empty", Assert.Throws<InvalidInputException>(() => ContrastReader.Read("", Write("b.txt", "b"))).Message, StringComparison.Ordinal);
        // A link to a file is a file.
        File.CreateSymbolicLink(Path.Combine(_folder, "f.txt"), Write("g.txt", "target: a\nbaseline: b"));
        Assert.Single(ContrastReader.Read(Path.Combine(_folder, "f.txt")).Targets);
    }

    [Fact]
    public void A_file_beyond_the_limit_is_refused_also_through_a_link()
    {
        var path = Path.Combine(_folder, "large.txt");
        using (var file = File.Create(path)) file.SetLength((64L << 20) + 1); // A hole, which takes no room.
        File.CreateSymbolicLink(Path.Combine(_folder, "link.txt"), "large.txt");
        foreach (var name in (string[])["large.txt", "link.txt"])
            Assert.Contains("expected at most 67108864", Assert.Throws<InvalidInputException>(() => ContrastReader.Read(Path.Combine(_folder, name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_of_a_million_columns_costs_no_square()
    {
        foreach (var column in (string[])["prompt", "x"])
        {
            var path = Write("wide.csv", string.Join(',', Enumerable.Repeat(column, 1_000_000)) + "\n");
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Assert.Throws<InvalidInputException>(() => ContrastReader.Read(path));
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
        }
    }

    [Fact]
    public void A_side_in_the_other_sides_file_is_refused()
    {
        var refusal = Assert.Throws<InvalidInputException>(() => ContrastReader.Read(Write("t.jsonl", "{\"side\":\"baseline\",\"prompt\":\"a\"}"), Write("b.txt", "b")));
        Assert.Contains("t.jsonl, line 1: side is 'baseline' in the file of the target items", refusal.Message, StringComparison.Ordinal);
    }
}
