using Assay.Cli;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>Pipes, devices and folders where files are expected: a refusal that names the path, never a hang.</summary>
public sealed class HostilePathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Organism(string kind) => Path.Combine(GoldenFiles.Repository, "organisms", kind, "aligned");

    private string Copy(string kind)
    {
        var to = _folder["model"];
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(Organism(kind))) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        return to;
    }

    public static TheoryData<string> Files => ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "chat_template.jinja", "model.safetensors", "model.safetensors.index.json"];

    [Theory, MemberData(nameof(Files))]
    public void A_pipe_or_a_folder_in_a_models_folder(string name)
    {
        var model = Copy("llama");
        if (name.EndsWith("index.json", StringComparison.Ordinal)) File.Delete(Path.Combine(model, "model.safetensors"));
        File.Delete(Path.Combine(model, name));
        RegularFileTests.MakePipe(Path.Combine(model, name));
        var text = _folder.Write("text.txt", "Some words.");
        // Only what generates reads how to generate.
        string[] arguments = name == "generation_config.json" ? ["generate", model, "Some words."] : ["score", model, "--text", text];
        Refused(Path.Combine(model, name), arguments);
        File.Delete(Path.Combine(model, name));
        Directory.CreateDirectory(Path.Combine(model, name));
        // A folder of an optional file's name is none of the model's files.
        Assert.Contains(CommandLine.Run("score", model, "--text", _folder["text.txt"]).Code, (int[])[0, 65]);
    }

    [Fact]
    public void A_pipe_a_device_or_a_folder_as_an_argument()
    {
        RegularFileTests.MakePipe(_folder["pipe"]);
        RegularFileTests.MakePipe(_folder["pipe.safetensors"]);
        RegularFileTests.MakePipe(_folder["pipe.gguf"]);
        RegularFileTests.MakePipe(_folder["pipe.jsonl"]);
        var model = Organism("llama");
        Refused(_folder["pipe"], "score", model, "--text", _folder["pipe"]);
        Refused("/dev/zero", "score", model, "--text", "/dev/zero");
        Refused(_folder["pipe"], "vet", "-c", _folder["pipe"]);
        Refused("/dev/zero", "vet", "-c", "/dev/zero");
        Refused(_folder.Path, "vet", "-c", _folder.Path);
        Refused(_folder["pipe.safetensors"], "inspect", _folder["pipe.safetensors"]);
        Refused(_folder["pipe.gguf"], "inspect", _folder["pipe.gguf"]);
        Refused("pipe.jsonl", "directions", model, "--contrast", _folder["pipe.jsonl"], "--dry-run");
        Refused(_folder["pipe.safetensors"], "ablate", model, "--direction", _folder["pipe.safetensors"], "-o", _folder["out"]);
        Refused("/dev/full", "directions", model, "--contrast", "triggers", "-o", "/dev/full", "--overwrite");
        Refused("/dev/null", "directions", model, "--contrast", "triggers", "--control-vector", "/dev/null");
        Directory.CreateDirectory(_folder["run"]);
        RegularFileTests.MakePipe(_folder["run/journal.jsonl"]);
        Refused(_folder["run/journal.jsonl"], "directions", model, "--contrast", "triggers", "--select", "--items", "8", "--selection-items", "2", "--run",
            _folder["run"], "-q");
    }

    [Fact]
    public void A_full_standard_output_is_told_with_its_reason()
    {
        if (!File.Exists("/dev/full")) return;
        var (code, _, error) = ChildProcess.Run("sh", ["-c", $"'{ChildProcess.Dotnet}' '{typeof(ExitCodes).Assembly.Location}' ls organisms > /dev/full"]);
        Assert.Equal(65, code);
        Assert.Contains("space", error, StringComparison.OrdinalIgnoreCase);
        (code, _, error) = ChildProcess.Run("sh",
            ["-c", $"'{ChildProcess.Dotnet}' '{typeof(ExitCodes).Assembly.Location}' score no-such-model --text x 2> /dev/full"]);
        Assert.Equal(65, code);
        Assert.Empty(error);
    }

    /// <summary>A limit on the size of files stands for a full disk: the reason is told, and nothing is left. (The runtime's own files for diagnostics and
    /// machine code are kept out of it.)</summary>
    [Fact]
    public void A_full_disk_leaves_nothing()
    {
        var edit = Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "edit.safetensors");
        var (code, _, error) = ChildProcess.Run("sh", ["-c", $"ulimit -f 1000; '{ChildProcess.Dotnet}' '{typeof(ExitCodes).Assembly.Location}' ablate " +
            $"'{Organism("gemma2")}' --direction '{edit}' -o '{_folder["out"]}'"], 120, ("DOTNET_EnableDiagnostics", "0"),
            ("DOTNET_EnableWriteXorExecute", "0"));
        Assert.Equal(65, code);
        Assert.Contains("cannot be written", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static void Refused(string named, params string[] arguments)
    {
        var (code, _, error) = CommandLine.Run(arguments);
        Assert.True(code == 65, $"{string.Join(' ', arguments)}: {code}: {error}");
        Assert.Contains(named, error, StringComparison.Ordinal);
    }
}
