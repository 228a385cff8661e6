using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Assay.Tests.Architecture;

public sealed class DependenceTests
{
    private static readonly IReadOnlyList<string> Planted = DependenceChecker.Violations(typeof(DependenceTests).Assembly.Location, "Planted");

    [Theory, InlineData("Assay.Models"), InlineData("Assay"), InlineData("Assay.Cli")]
    public void Nothing_points_back(string assembly) => Assert.Empty(DependenceChecker.Violations(PathOf(assembly), "Assay"));

    [Theory]
    [InlineData("PlantedReader, Body: Checkpoints → Reports")]
    [InlineData("PlantedReader, <Lambda>", "Checkpoints → Search")]
    [InlineData("PlantedReader, MoveNext: Checkpoints → Reports")]
    [InlineData("PlantedReader, _field: Checkpoints → Search")]
    [InlineData("PlantedReader, Parameter: Checkpoints → Search")]
    [InlineData("PlantedReader, Type: Checkpoints → Reports")]
    [InlineData("PlantedReader, Generic: Checkpoints → Search")]
    [InlineData("PlantedReader, Catch: Checkpoints → Reports")]
    [InlineData("PlantedReader, Attributed: Checkpoints → Reports")]
    [InlineData("PlantedReader, Constrained: Checkpoints → Search")]
    [InlineData("PlantedRule, Body: Verdicts → Search")]
    [InlineData("Planted.Elsewhere.PlantedStray is in none of the stages")]
    public void The_checker_finds_a_planted_violation(string text, string arrow = "") =>
        Assert.Contains(Planted, v => v.Contains(text, StringComparison.Ordinal) && v.Contains(arrow, StringComparison.Ordinal));

    [Fact]
    public void The_checker_lets_a_later_stage_use_an_earlier_one() => Assert.DoesNotContain(Planted, v => v.Contains("Uses", StringComparison.Ordinal));

    [Theory, InlineData("Assay.Models"), InlineData("Assay")]
    public void Libraries_write_to_no_console(string assembly)
    {
        using var file = new PEReader(File.OpenRead(PathOf(assembly)));
        var reader = file.GetMetadataReader();
        var names = reader.TypeReferences.Select(reader.GetTypeReference).Select(t => $"{reader.GetString(t.Namespace)}.{reader.GetString(t.Name)}").ToList();
        Assert.Contains("System.Object", names);
        Assert.DoesNotContain("System.Console", names);
        Assert.DoesNotContain("System.Diagnostics.Trace", names);
    }

    [Theory]
    [InlineData("Assay.Models", "")]
    [InlineData("Assay", "Assay.Models,Microsoft.Data.Sqlite")]
    public void Libraries_refer_to_nothing_but_the_runtime_and_what_the_design_lists(string assembly, string listed)
    {
        using var file = new PEReader(File.OpenRead(PathOf(assembly)));
        var reader = file.GetMetadataReader();
        var others = reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name))
            .Where(n => !n.StartsWith("System.", StringComparison.Ordinal)).Except(listed.Split(','));
        Assert.Empty(others);
    }

    private static string PathOf(string assembly) => assembly switch
    {
        "Assay.Cli" => typeof(Assay.Cli.ExitCodes).Assembly.Location,
        "Assay" => typeof(Assay.Evaluation.Estimate).Assembly.Location,
        _ => typeof(Assay.Checkpoints.InvalidInputException).Assembly.Location,
    };
}
