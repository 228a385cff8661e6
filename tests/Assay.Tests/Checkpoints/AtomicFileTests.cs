using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

/// <summary>Files and folders that are there whole or not at all.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Names => [.. Directory.EnumerateFileSystemEntries(_folder.Path).Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void A_file_is_written_and_replaced_only_if_asked()
    {
        AtomicFile.Write(_folder["a"], [1, 2]);
        var error = Assert.Throws<InvalidInputException>(() => AtomicFile.Write(_folder["a"], [3]));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], File.ReadAllBytes(_folder["a"]));
        AtomicFile.Write(_folder["a"], [3], overwrite: true);
        Assert.Equal([3], File.ReadAllBytes(_folder["a"]));
        Assert.Equal(["a"], Names);
    }

    /// <summary>Whatever goes wrong, and wherever: nothing is left, and what was there stays.</summary>
    [Theory]
    [InlineData("write")]
    [InlineData("fill")]
    [InlineData("flush")]
    [InlineData("check")]
    [InlineData("commit")]
    public void Any_exception_leaves_nothing(string at)
    {
        File.WriteAllText(_folder["a"], "old");
        foreach (var thrown in (Exception[])[new IOException("No space left on device"), new OperationCanceledException(), new InvalidOperationException(),
            new ArithmeticException()])
        {
            void Fail(string here)
            {
                if (here == at) throw thrown;
            }

            var caught = Assert.ThrowsAny<Exception>(() => AtomicFile.Write(_folder["a"], stream =>
            {
                stream.Write(new byte[100]);
                Fail("fill");
            }, overwrite: true, step: Fail));
            Assert.Same(thrown is IOException ? typeof(InvalidInputException) : thrown.GetType(), caught.GetType());
            Assert.Equal(["a"], Names);
            Assert.Equal("old", File.ReadAllText(_folder["a"]));
        }
    }

    [Fact]
    public void Nothing_but_a_regular_file_is_replaced()
    {
        Directory.CreateDirectory(_folder["folder"]);
        foreach (var path in (string[])[_folder["folder"], "/dev/null", "/dev/full"])
        {
            if (!Path.Exists(path)) continue;
            Assert.Throws<InvalidInputException>(() => AtomicFile.Write(path, [1], overwrite: true));
            Assert.True(Path.Exists(path));
        }

        Assert.Contains("there is no folder", Assert.Throws<InvalidInputException>(() => AtomicFile.Write(_folder["no/a"], [1])).Message,
            StringComparison.Ordinal);
        AtomicFile.Write(_folder[new string('n', 200)], [1]);
        Assert.Equal(["folder", new string('n', 200)], Names);
    }

    [Fact]
    public void Scratch_that_no_process_owns_goes_with_the_next_write_and_that_of_a_living_one_stays()
    {
        var (dead, alive) = ($".model.partial-{Guid.NewGuid():n}", $".other.partial-{Guid.NewGuid():n}");
        foreach (var name in (string[])[dead, alive, ".model.partial-notes", "model.partial-00000000000000000000000000000000"]) _folder.Write(
            $"{name}/config.json", "{}");
        using (FolderLock.TryTake(_folder[alive]))
        {
            AtomicFile.Write(_folder["a"], [1]);
            Assert.Equal([".model.partial-notes", alive, "a", "model.partial-00000000000000000000000000000000"], Names);
        }

        ScratchFolder.RemoveAbandoned(_folder.Path);
        Assert.Equal([".model.partial-notes", "a", "model.partial-00000000000000000000000000000000"], Names);
    }

    [Fact]
    public void A_lock_is_held_once_and_comes_back()
    {
        var first = FolderLock.TryTake(_folder.Path);
        Assert.NotNull(first);
        Assert.Null(FolderLock.TryTake(_folder.Path));
        first.Dispose();
        using var second = FolderLock.TryTake(_folder.Path);
        Assert.NotNull(second);
        Assert.Empty(Names);
    }

    [Fact]
    public void Writers_side_by_side_do_not_meet()
    {
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 8 },
            i => AtomicFile.Write(_folder[$"{i % 5}"], [.. Enumerable.Repeat((byte)i, 5000)], overwrite: true));
        Assert.Equal(["0", "1", "2", "3", "4"], Names);
        foreach (var name in Names) Assert.Single(File.ReadAllBytes(_folder[name]).Distinct());
    }
}
