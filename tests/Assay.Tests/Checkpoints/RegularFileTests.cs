using System.Diagnostics;
using Assay.Checkpoints;
using Assay.Evaluation.Scoring;

namespace Assay.Tests.Checkpoints;

/// <summary>Only regular files are read, none longer than is allowed, each once.</summary>
public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    internal static void MakePipe(string path)
    {
        using var process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
    }

    [Fact]
    public void What_stands_at_a_path_is_told_without_opening_it()
    {
        _folder.Write("a", "text");
        _folder.Write("empty", "");
        MakePipe(_folder["pipe"]);
        File.CreateSymbolicLink(_folder["to-a"], "a");
        File.CreateSymbolicLink(_folder["to-nothing"], "nothing");
        File.CreateSymbolicLink(_folder["to-itself"], "to-itself");
        File.CreateSymbolicLink(_folder["to-pipe"], "pipe");
        (string Name, FileKind Kind)[] cases =
        [
            ("a", FileKind.Regular), ("empty", FileKind.Regular), ("to-a", FileKind.Regular), ("pipe", FileKind.Other), ("to-pipe", FileKind.Other),
                ("to-nothing", FileKind.Missing), ("to-itself", FileKind.Missing),
            ("nothing", FileKind.Missing), (".", FileKind.Folder),
        ];
        foreach (var (name, kind) in cases) Assert.Equal((name, kind), (name, RegularFile.KindOf(_folder[name])));
        Assert.Equal(FileKind.Other, RegularFile.KindOf("/dev/zero"));
        Assert.Equal(FileKind.Missing, RegularFile.KindOf(""));
        Assert.Equal("text", RegularFile.ReadText(_folder["to-a"], 4, "a text file"));
        Assert.Empty(RegularFile.ReadAllBytes(_folder["empty"], 4, "a text file"));
        foreach (var (name, _) in cases.Where(c => c.Kind != FileKind.Regular))
            Assert.StartsWith(_folder[name] + ":", Assert.Throws<InvalidInputException>(() => RegularFile.ReadAllBytes(_folder[name], 4, "a text file"))
                .Message, StringComparison.Ordinal);
        Assert.Contains("at most 3", Assert.Throws<InvalidInputException>(() => RegularFile.ReadAllBytes(_folder["a"], 3, "a text file")).Message,
            StringComparison.Ordinal);
        Assert.Contains("byte 1", Assert.Throws<InvalidInputException>(() => RegularFile.ReadText(_folder.Write("b", [65, 0xff]), 9, "a text file")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_behind_links_in_a_circle_are_found_once()
    {
        _folder.Write("texts/a.txt", "a");
        _folder.Write("texts/sub/b.txt", "b");
        _folder.Write("texts/sub/c.md", "c");
        _folder.Write("elsewhere/d.txt", "d");
        Directory.CreateSymbolicLink(_folder["texts/sub/up"], _folder["texts"]);
        Directory.CreateSymbolicLink(_folder["texts/here"], ".");
        Directory.CreateSymbolicLink(_folder["texts/more"], "../elsewhere");
        Directory.CreateSymbolicLink(_folder["elsewhere/back"], "../texts/sub");
        Directory.CreateSymbolicLink(_folder["texts/twice"], "sub");
        var files = TextFiles.Find(_folder["texts"]);
        Assert.Equal([_folder["texts/a.txt"], _folder["texts/more/d.txt"], _folder["texts/sub/b.txt"]], files.Paths);
        Assert.Equal([_folder["texts/here"], _folder["texts/more/back"], _folder["texts/sub/up"], _folder["texts/twice"]], files.LeftOut);
        Assert.Throws<InvalidInputException>(() => TextFiles.Find(_folder["nowhere"]));
        MakePipe(_folder["texts/p.txt"]);
        Assert.Throws<InvalidInputException>(() => TextFiles.Find(_folder["texts"]).Paths.Select(TextFiles.Read).ToList());
    }
}
