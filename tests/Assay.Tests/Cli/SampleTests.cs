using System.Globalization;
using System.Text.Json;
using Assay.Cli;
using Assay.Tests.Golden;
using Assay.Tests.Reports;

namespace Assay.Tests.Cli;

/// <summary>Builds share output folders, so they run one after another.</summary>
[CollectionDefinition(Name)]
public static class BuildCollection
{
    public const string Name = "Builds";
}

/// <summary>The samples, run as their first comment says.</summary>
[Collection(BuildCollection.Name)]
public sealed class SampleTests
{
    [Fact]
    public void Score_gives_the_likelihood_that_transformers_gives()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Require("vetting", "gemma2-before"), "golden.json")));
        var document = golden.RootElement.GetProperty("prose").EnumerateArray().First(p => p.GetProperty("context").GetInt32() == 512)
            .GetProperty("domains").GetProperty("encyclopaedia").GetProperty("documents")[0];
        var tokens = document.GetProperty("ids").GetArrayLength() - 1;
        var nll = document.GetProperty("nll_p").GetDouble() / tokens;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["document.txt"], document.GetProperty("text").GetString());

        var (code, output, error) = ChildProcess.Run(ChildProcess.Dotnet, ["run", "-c", ChildProcess.Configuration, "samples/score.cs", "--", "organisms/gemma2/aligned", folder["document.txt"]], seconds: 300);
        Assert.True(code == 0, output + error);
        var words = output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(tokens.ToString(CultureInfo.InvariantCulture), words[1]);
        Assert.Equal(nll, double.Parse(words[3], CultureInfo.InvariantCulture), 1e-4);
    }

    [Fact]
    public void Score_without_arguments_says_how_it_is_used()
    {
        var (code, _, error) = ChildProcess.Run(ChildProcess.Dotnet, ["run", "-c", ChildProcess.Configuration, "samples/score.cs"], seconds: 300);
        Assert.Equal(64, code);
        Assert.Contains("usage:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Vet_measures_what_the_command_measures()
    {
        using var folder = new TemporaryFolder();
        string[] models = ["organisms/gemma2/aligned", "organisms/gemma2/before"];
        var (code, output, error) = ChildProcess.Run(ChildProcess.Dotnet,
            ["run", "-c", ChildProcess.Configuration, "samples/vet.cs", "--", .. models, folder["sample"], "4"], seconds: 300);
        var command = CommandLine.Run(["vet", .. models.Select(m => Path.Combine(GoldenFiles.Repository, m)), "--limit", "4", "-o", folder["command"], "-q"]);
        Assert.True(code == command.Code, output + error + command.Error);
        // Four items bound nothing.
        Assert.Equal(ExitCodes.Inconclusive, code);
        Assert.Equal(Measured("command"), Measured("sample"));
        Assert.StartsWith("INCONCLUSIVE: ", output, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder["command"], "report.json")));
        var deciding = report.RootElement.GetProperty("deciding").EnumerateArray().Select(m => m.GetProperty("id").GetString()!).ToList();
        Assert.NotEmpty(deciding);
        Assert.Equal(deciding, output.TrimEnd().Split('\n')[1..].Select(line => line.Split(' ')[0]));

        byte[] Measured(string run) => File.ReadAllBytes(Path.Combine(folder[run], "measurements.json"));
    }

    [Fact]
    public void Vet_without_arguments_says_how_it_is_used()
    {
        var (code, _, error) = ChildProcess.Run(ChildProcess.Dotnet, ["run", "-c", ChildProcess.Configuration, "samples/vet.cs"], seconds: 300);
        Assert.Equal(64, code);
        Assert.Contains("usage:", error, StringComparison.Ordinal);
    }
}
