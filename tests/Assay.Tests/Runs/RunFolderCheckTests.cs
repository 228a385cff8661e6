using Assay.Reports;
using Assay.Runs;
using Assay.Tests.Reports;

namespace Assay.Tests.Runs;

public sealed class RunFolderCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_that_is_not_there_yet_is_no_problem_and_nothing_is_left_behind()
    {
        Assert.Null(RunFolderCheck.Problem(_folder["a/b/run"], "hash", false));
        Assert.Null(RunFolderCheck.Problem(_folder.Path, "hash", false));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_a_killed_process_asked_the_disk_with_is_no_other_thing_and_goes()
    {
        File.WriteAllText(_folder[".assay-0123456789abcdef0123456789abcdef"], "");
        Assert.Null(RunFolderCheck.Problem(_folder.Path, "hash", false));
        using (RunFolder.Open(_folder.Path)) Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        File.WriteAllText(_folder[".assay-notes"], "");
        Assert.Contains("holds no run", RunFolderCheck.Problem(_folder.Path, "hash", false), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_other_things_and_other_runs_are_refused()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.Contains("is a file", RunFolderCheck.Problem(_folder["file"], "hash", false), StringComparison.Ordinal);
        Assert.Contains("is a file", RunFolderCheck.Problem(_folder["file/below/it"], "hash", false), StringComparison.Ordinal);
        Assert.Contains("holds no run", RunFolderCheck.Problem(_folder.Path, "hash", false), StringComparison.Ordinal);
        Assert.NotNull(RunFolderCheck.Problem("/proc/no/run", "hash", false));
    }

    [Theory]
    [InlineData("{\"plan\":\"hash\"}\n{\"key\":\"item/1\",\"value\":1}\n", true)]
    [InlineData("{\"plan\":\"other\"}\n", false)]
    [InlineData("", true)] // A run that ended before its first line was whole.
    [InlineData("{\"pl", true)]
    [InlineData("[]\n", false)]
    [InlineData("\u0000\n", false)]
    public void A_journal_names_the_run_that_it_belongs_to(string journal, bool usable)
    {
        File.WriteAllText(_folder["journal.jsonl"], journal);
        File.WriteAllText(_folder["plan.yaml"], "");
        Assert.Equal(usable, RunFolderCheck.Problem(_folder.Path, "hash", false) is null);
        Assert.Null(RunFolderCheck.Problem(_folder.Path, "hash", true));
    }
}
