using Assay.Checkpoints;
using Assay.Reports;
using Assay.Runs;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

public sealed class RunJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string JournalPath => _folder["journal.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_added_is_found_by_the_next_run()
    {
        using (var journal = RunJournal.Open(JournalPath, "p1"))
        {
            journal.Add("a", json => json.WriteNumberValue(0.1 + 0.2));
            Assert.True(journal.TryFind("a", out _));
        }

        using var resumed = RunJournal.Open(JournalPath, "p1");
        Assert.Equal(1, resumed.Count);
        Assert.True(resumed.TryFind("a", out var value));
        Assert.Equal(0.1 + 0.2, value.GetDouble());
        Assert.False(resumed.TryFind("b", out _));
    }

    [Fact]
    public void A_unit_is_on_disk_before_the_next_begins()
    {
        using var journal = RunJournal.Open(JournalPath, "p1");
        journal.Add("a", json => json.WriteStringValue("x"));
        using var reader = new StreamReader(new FileStream(JournalPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal("{\"plan\":\"p1\"}\n{\"key\":\"a\",\"value\":\"x\"}\n", reader.ReadToEnd());
    }

    [Fact]
    public void A_journal_cut_anywhere_resumes_with_the_lines_that_are_whole_and_grows_to_the_same_bytes()
    {
        var keys = new[] { "a", "ü", "c" };
        using (var journal = RunJournal.Open(JournalPath, "p1"))
            foreach (var key in keys) journal.Add(key, json => json.WriteStringValue(key + "\n"));
        var whole = File.ReadAllBytes(JournalPath);
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(JournalPath, whole[..cut]);
            using (var journal = RunJournal.Open(JournalPath, "p1"))
            {
                Assert.Equal(Math.Max(0, whole[..cut].Count(b => b == '\n') - 1), journal.Count);
                foreach (var key in keys.Where(k => !journal.TryFind(k, out _)).ToList()) journal.Add(key, json => json.WriteStringValue(key + "\n"));
            }

            Assert.Equal(whole, File.ReadAllBytes(JournalPath));
        }
    }

    [Fact]
    public void Another_plans_journal_is_refused_and_left_alone()
    {
        using (var journal = RunJournal.Open(JournalPath, "p1")) journal.Add("a", json => json.WriteNullValue());
        var before = File.ReadAllBytes(JournalPath);
        var refusal = Assert.Throws<InvalidInputException>(() => RunJournal.Open(JournalPath, "p2"));
        Assert.Contains("--fresh", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(JournalPath));
        using var fresh = RunJournal.Open(JournalPath, "p2", fresh: true);
        Assert.Equal(0, fresh.Count);
    }

    [Theory, InlineData("{\"plan\":\"p1\"}\nnonsense\n{\"key\":\"a\",\"value\":1}\n"), InlineData("{\"plan\":\"p1\"}\n{\"key\":1}\n{\"key\":\"a\",\"value\":1}\n"), InlineData("[]\n{\"key\":\"a\",\"value\":1}\n")]
    public void Damage_before_the_last_line_is_an_error_not_a_loss(string text)
    {
        File.WriteAllText(JournalPath, text);
        Assert.Throws<InvalidInputException>(() => RunJournal.Open(JournalPath, "p1"));
        Assert.Equal(text, File.ReadAllText(JournalPath));
    }

    [Fact]
    public void A_key_is_added_once()
    {
        using var journal = RunJournal.Open(JournalPath, "p1");
        journal.Add("a", json => json.WriteNullValue());
        Assert.Throws<ArgumentException>(() => journal.Add("a", json => json.WriteNullValue()));
    }

    [Theory]
    [InlineData("{\"key\":\"\xff\",\"value\":1}")] // Not UTF-8.
    [InlineData("{\"key\":\"\\ud800\",\"value\":1}")] // Half of a pair.
    [InlineData("{\"key\":\"a\",\"value\":1,\"value\":2}")]
    [InlineData("{\"key\":\"b\",\"value\":2}")] // Again.
    [InlineData("{\"key\":7,\"value\":2}")]
    [InlineData("[1]")]
    [InlineData("")]
    public void A_line_that_is_no_entry_is_refused(string line)
    {
        byte[] bytes = [.. "{\"plan\":\"p1\"}\n{\"key\":\"b\",\"value\":1}\n"u8, .. System.Text.Encoding.Latin1.GetBytes(line),
            .. "\n{\"key\":\"c\",\"value\":1}\n"u8];
        File.WriteAllBytes(JournalPath, bytes);
        var error = Assert.Throws<InvalidInputException>(() => RunJournal.Open(JournalPath, "p1"));
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(JournalPath));
    }

    [Fact]
    public void Sorted_lines_keep_their_bytes_and_the_journal_goes_on()
    {
        using (var journal = RunJournal.Open(JournalPath, "p1"))
        {
            journal.Add("b", json => json.WriteRawValue("[1.50,\"x\"]"));
            journal.Add("z", json => json.WriteNumberValue(3));
            journal.Add("a", json => json.WriteNumberValue(2));
            journal.Sort(["a", "missing", "b"]);
            Assert.Equal(3, journal.Count);
            journal.Add("c", json => json.WriteNumberValue(4));
        }

        Assert.Equal("{\"plan\":\"p1\"}\n{\"key\":\"a\",\"value\":2}\n{\"key\":\"b\",\"value\":[1.50,\"x\"]}\n{\"key\":\"z\",\"value\":3}\n{\"key\":\"c\",\"value\":4}\n", File.ReadAllText(JournalPath));
        using var again = RunJournal.Open(JournalPath, "p1");
        Assert.Equal(4, again.Count);
    }

    /// <summary>A standard run has 40,000 entries. Moved one by one they took half a minute.</summary>
    [Fact]
    public void Sorting_takes_a_time_that_grows_with_the_entries_and_not_with_their_square()
    {
        using var journal = RunJournal.Open(JournalPath, "p1");
        string[] keys = [.. Enumerable.Range(0, 60_000).Select(i => $"{i}")];
        journal.Add([.. keys.Select(k => (k, (Action<System.Text.Json.Utf8JsonWriter>)(json => json.WriteNumberValue(1))))]);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        journal.Sort(keys.Reverse());
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        Assert.Equal(keys.Length, journal.Count);
    }
}
