using System.Globalization;
using System.Text.Json;
using Assay.Tests.Golden;
using Assay.Tests.Reports;

namespace Assay.Tests.Cli;

/// <summary>Builds share output folders, so they run one after another.</summary>
[CollectionDefinition(Name)]
public static class BuildCollection
{
    public const string Name = "Builds";
}

/// <summary>The samples, run as their first comment says; what <c>vet.cs</c> measures is tested on the package (<see cref="PackageTests"/>).</summary>
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
    public void Vet_without_arguments_says_how_it_is_used()
    {
        var (code, _, error) = ChildProcess.Run(ChildProcess.Dotnet, ["run", "-c", ChildProcess.Configuration, "samples/vet.cs"], seconds: 300);
        Assert.Equal(64, code);
        Assert.Contains("usage:", error, StringComparison.Ordinal);
    }
}
