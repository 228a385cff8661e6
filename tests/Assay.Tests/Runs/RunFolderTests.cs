using System.Diagnostics;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Reports;
using Assay.Runs;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_complete_run_holds_the_files_that_the_reference_lists()
    {
        Write(_folder["run"]);
        Assert.Equal(["SHA256SUMS", "environment.json", "journal.jsonl", "measurements.json", "plan.yaml", "report.html", "report.json", "report.md",
            "samples.jsonl"],
            Directory.GetFiles(_folder["run"]).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        Assert.Equal("{\"id\":1}\n{\"id\":2}\n", File.ReadAllText(_folder["run/samples.jsonl"]));
    }

    [Fact]
    public void Sha256sum_agrees_with_the_sums()
    {
        Write(_folder["run"]);
        if (!File.Exists("/usr/bin/sha256sum")) Assert.Skip("sha256sum is not there.");
        using var check = Process.Start(new ProcessStartInfo("/usr/bin/sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"]) { WorkingDirectory = _folder["run"] })!;
        check.WaitForExit();
        Assert.Equal(0, check.ExitCode);
        Assert.Equal(8, File.ReadAllLines(_folder["run/SHA256SUMS"]).Length);
    }

    [Fact]
    public void Equal_runs_are_equal_bytes_but_for_the_environment()
    {
        Write(_folder["a"]);
        Write(_folder["b"]);
        foreach (var file in Directory.GetFiles(_folder["a"]).Select(f => Path.GetFileName(f)!).Except(["environment.json", "SHA256SUMS"]))
            Assert.Equal(File.ReadAllBytes(_folder["a/" + file]), File.ReadAllBytes(_folder["b/" + file]));
    }

    [Fact]
    public void A_run_that_begins_again_is_not_complete_until_it_is_sealed()
    {
        var run = Write(_folder["run"]);
        run.WritePlan("items: 64\n");
        Assert.False(File.Exists(_folder["run/SHA256SUMS"]));
    }

    [Fact]
    public void A_folder_of_other_things_is_refused()
    {
        File.WriteAllText(_folder["thesis.txt"], "mine");
        Assert.Throws<InvalidInputException>(() => RunFolder.Open(_folder.Path));
        Assert.Throws<InvalidInputException>(() => RunFolder.Open(_folder["thesis.txt"]));
        Assert.Equal("mine", File.ReadAllText(_folder["thesis.txt"]));
    }

    private static RunFolder Write(string path)
    {
        using var run = RunFolder.Open(path);
        run.WritePlan("items: 64\n");
        using (var journal = RunJournal.Open(run.JournalPath, "p1")) journal.Add("a", json => json.WriteNumberValue(1));
        run.WriteSamples([Row(1), Row(2)]);
        run.WriteReport(SampleReport.Create());
        run.WriteEnvironment(RunEnvironment.Capture(path));
        run.Seal();
        return run;
    }

    private static Action<Utf8JsonWriter> Row(int id) => json =>
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteEndObject();
    };

    [Fact]
    public void What_the_disk_refuses_is_told_and_leaves_the_older_file()
    {
        using var temporary = new TemporaryFolder();
        using var folder = RunFolder.Open(temporary["run"]);
        folder.WriteSamples([Row(1)]);
        var error = Assert.Throws<Assay.Checkpoints.InvalidInputException>(() =>
            folder.WriteSamples([Row(2), _ => throw new IOException("No space left on device")]));
        Assert.Contains("samples.jsonl", error.Message, StringComparison.Ordinal);
        Assert.Contains("run the same command again", error.Message, StringComparison.Ordinal);
        Assert.Equal("{\"id\":1}\n", File.ReadAllText(Path.Combine(folder.Path, "samples.jsonl")));
        // Nor does an error of another kind leave anything.
        Assert.Throws<DivideByZeroException>(() => folder.WriteSamples([Row(2), _ => throw new DivideByZeroException()]));
        Assert.Equal(["samples.jsonl"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_second_writer_is_refused_until_the_first_has_ended()
    {
        using var temporary = new TemporaryFolder();
        using (RunFolder.Open(temporary["run"]))
        {
            foreach (var open in (Func<string, RunFolder>[])[RunFolder.Open, RunFolder.OpenDiff, RunFolder.OpenSearch])
                Assert.Contains("another process", Assert.Throws<Assay.Checkpoints.InvalidInputException>(() => open(temporary["run"])).Message,
                    StringComparison.Ordinal);
        }

        RunFolder.Open(temporary["run"]).Dispose();
    }

    [Fact]
    public void What_a_killed_run_has_left_goes_and_is_no_reason_to_refuse()
    {
        using var temporary = new TemporaryFolder();
        Directory.CreateDirectory(temporary[$"run/.plan.yaml.partial-{Guid.NewGuid():n}"]);
        File.WriteAllText(Path.Combine(Directory.GetDirectories(temporary["run"])[0], "plan.yaml"), "half of");
        using var folder = RunFolder.Open(temporary["run"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}
