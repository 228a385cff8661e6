using System.Diagnostics;
using System.Security.Cryptography;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Edits;

/// <summary>At whatever moment the writing ends, the target is absent, the complete old or the complete new, and nothing beside it looks like a model.</summary>
public sealed class AtomicityTests : IDisposable
{
    private const string ChildVariable = "ASSAY_TEST_EDIT_CHILD";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stopped_at_any_step_nothing_half_written_is_seen(bool overwrite)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gemma2"));
        MergedCheckpoint.Write(model, [Removal(model, 2)], _folder["new"]);
        var complete = Print(_folder["new"]);
        Directory.Move(_folder["new"], _folder["out"]);
        string? old = null;
        if (overwrite)
        {
            Directory.Delete(_folder["out"], recursive: true);
            MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["out"]);
            old = Print(_folder["out"]);
            Assert.NotEqual(old, complete);
        }
        else Directory.Delete(_folder["out"], recursive: true);
        var steps = new List<string>();
        MergedCheckpoint.Write(model, [Removal(model, 2)], _folder["all"], null, false, steps.Add, null, default);
        Directory.Delete(_folder["all"], recursive: true);
        Assert.Contains("commit", steps);
        for (var stop = 0; stop < steps.Count - 1; stop++)
        {
            var at = 0;
            void Step(string step)
            {
                // What a kill here would leave.
                Seen(old, complete);
                if (at++ == stop) throw new IOException("No space left on device");
            }
            var failed = Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [Removal(model, 2)], _folder["out"], null, overwrite, Step, null, default));
            Assert.Contains("No space left", failed.Message);
            Assert.Equal(overwrite ? ["out"] : [], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
            Assert.Equal(old, overwrite ? Print(_folder["out"]) : null);
        }
        MergedCheckpoint.Write(model, [Removal(model, 2)], _folder["out"], null, overwrite, null, null, default);
        Assert.Equal(complete, Print(_folder["out"]));
        Assert.Equal(["out"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Killed_at_random_moments_it_leaves_the_old_or_the_new()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gemma2"));
        var prints = new List<string>();
        for (var seed = 1; seed <= 2; seed++)
        {
            MergedCheckpoint.Write(model, [Removal(model, seed)], _folder["one"]);
            prints.Add(Print(_folder["one"]));
            Directory.Delete(_folder["one"], recursive: true);
        }
        var random = new Random();
        for (var kill = 0; kill < 4; kill++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, ["-method", $"{typeof(AtomicityTests).FullName}.{nameof(Child_that_overwrites_until_it_is_killed)}"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Insert(0, typeof(AtomicityTests).Assembly.Location);
            start.Environment[ChildVariable] = _folder.Path;
            using var child = Process.Start(start)!;
            _ = child.StandardOutput.ReadToEndAsync();
            _ = child.StandardError.ReadToEndAsync();
            var ready = _folder["ready"];
            for (var wait = Stopwatch.StartNew(); !File.Exists(ready); Thread.Sleep(5)) Assert.True(wait.Elapsed < TimeSpan.FromSeconds(60) && !child.HasExited, "The child does not start.");
            Thread.Sleep(random.Next(0, 120));
            child.Kill();
            child.WaitForExit();
            File.Delete(ready);
            Seen(prints[0], prints[1], killed: true);
            foreach (var left in Directory.EnumerateDirectories(_folder.Path, ".out.partial-*")) Directory.Delete(left, recursive: true);
        }
    }

    [Fact]
    public void Child_that_overwrites_until_it_is_killed()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { Length: > 0 } path) return;
        using var model = EditableModel.Open(GoldenFiles.Require("models", "gemma2"));
        for (var turn = 0; turn < 10_000; turn++)
        {
            MergedCheckpoint.Write(model, [Removal(model, turn % 2 + 1)], Path.Combine(path, "out"), overwrite: true);
            if (turn == 0) File.WriteAllText(Path.Combine(path, "ready"), "");
        }
    }

    [Fact]
    public void Targets_that_are_not_ours_are_never_touched()
    {
        using var model = EditableModel.Open(ModelCopy.As(DType.BF16, GoldenFiles.Require("models", "llama"), _folder, "model"));
        var before = TemporaryFolder.Contents(_folder.Path);
        void Refused(string target, bool overwrite, string why)
        {
            Assert.Contains(why, Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [Removal(model, 1)], _folder[target], overwrite: overwrite)).Message);
        }
        Refused("model", true, "that is edited");
        Refused("model/inside", false, "that is edited");
        Refused("model", false, "exists");
        Directory.CreateDirectory(_folder["photos"]);
        File.WriteAllText(_folder["photos/cat.txt"], "a cat");
        Refused("photos", true, "only a model or an adapter");
        Refused("photos/cat.txt", true, "not a folder");
        File.Delete(_folder["photos/cat.txt"]);
        Assert.Equal(before, TemporaryFolder.Contents(_folder.Path));
        // An empty folder is nobody's.
        MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["photos"], overwrite: true);
        Assert.True(File.Exists(_folder["photos/config.json"]));
    }

    [Fact]
    public void What_is_read_is_not_overwritten_whatever_form_is_written_and_by_whatever_link()
    {
        var path = ModelCopy.As(DType.BF16, GoldenFiles.Require("models", "llama"), _folder, "model");
        using var model = EditableModel.Open(path);
        var before = TemporaryFolder.Contents(_folder["model"]);
        Directory.CreateSymbolicLink(_folder["link"], path);
        void Apart(Action write) => Assert.Contains("that is edited", Assert.Throws<InvalidInputException>(write).Message);
        Apart(() => LoraExport.Write(model, [Removal(model, 1)], path, overwrite: true));
        // A link itself gives its place to nothing.
        Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["link"], overwrite: true));
        Apart(() => MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["link/inside"]));
        using (var linked = EditableModel.Open(_folder["link"])) Apart(() => MergedCheckpoint.Write(linked, [Removal(linked, 1)], path, overwrite: true));
        var weights = Directory.EnumerateFiles(path, "*.safetensors").First();
        Assert.Contains("no edit file", Assert.Throws<InvalidInputException>(() => EditFile.For(model, [Removal(model, 1)]).Write(weights, overwrite: true)).Message);
        Assert.Equal(before, TemporaryFolder.Contents(_folder["model"]));

        // An adapter that is read is the model's too.
        LoraExport.Write(model, [Removal(model, 1)], _folder["adapter"]);
        using (var both = EditableModel.Open($"{path}+{_folder["adapter"]}")) Apart(() => MergedCheckpoint.Write(both, [Removal(both, 1)], _folder["adapter"], overwrite: true));
    }

    [Fact]
    public void A_folder_that_comes_meanwhile_is_not_exchanged()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        void Step(string step)
        {
            if (step != "commit") return;
            Directory.CreateDirectory(_folder["out"]);
            File.WriteAllText(_folder["out/config.json"], "{}"); // A config alone is many things.
        }

        Assert.Contains("exists", Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["out"], null, false, Step, null, default)).Message);
        File.WriteAllText(_folder["out/letter.txt"], "dear");
        Assert.Contains("only a model or an adapter", Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["out"], overwrite: true)).Message);
        Assert.Equal("dear", File.ReadAllText(_folder["out/letter.txt"]));
    }

    [Fact]
    public void Cancelled_it_leaves_nothing()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => MergedCheckpoint.Write(model, [Removal(model, 1)], _folder["out"], cancellation: cancelled.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    /// <summary>The target is whole, or absent where there was none, and so is what looks like a model beside it.</summary>
    /// <param name="old">Print of the old folder; null for none.</param>
    /// <param name="complete">Print of the new one.</param>
    /// <param name="killed">Between two renames a whole model may stand under a scratch name; a kill may hit that, a step never does.</param>
    private void Seen(string? old, string complete, bool killed = false)
    {
        if (Directory.Exists(_folder["out"])) Assert.Contains(Print(_folder["out"]), new[] { old, complete });
        // What was there is exchanged in one step: it is never missed.
        else Assert.Null(old);
        var others = Directory.EnumerateFiles(_folder.Path, "config.json", SearchOption.AllDirectories).Where(f => !f.StartsWith(_folder["out"] + Path.DirectorySeparatorChar, StringComparison.Ordinal));
        foreach (var other in others) Assert.Contains(Print(Path.GetDirectoryName(other)!), killed ? new[] { old, complete } : []);
    }

    private static string Print(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, bytes) in TemporaryFolder.Contents(folder))
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            hash.AppendData(bytes);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static WeightEdit Removal(EditableModel model, int seed) => new(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Config.Spec.HiddenSize, seed)] }, EditPlaces.All(model.Config.Spec));
}
