using System.Xml.Linq;
using Assay.Tests.Golden;

namespace Assay.Tests.Architecture;

public sealed class LayoutTests
{
    private static readonly string[] Banned = ["Utils", "Util", "Helpers", "Helper", "Common", "Core", "Manager"];

    private static readonly string Source = Path.Combine(GoldenFiles.Repository, "src");

    private static IEnumerable<string> Files => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Source, f).Replace('\\', '/'))
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    [Fact]
    public void No_source_lies_deeper_than_three_folders() => Assert.DoesNotContain(Files, f => f.Count(c => c == '/') > 3);

    [Fact]
    public void No_folder_or_type_is_named_after_nothing() =>
        Assert.DoesNotContain(Files.SelectMany(f => f[..^3].Split('/')), part => Banned.Any(b => part == b || (part.Length > b.Length && part.EndsWith(b, StringComparison.Ordinal) && char.IsLower(part[^(b.Length + 1)]))));

    [Fact]
    public void Namespaces_follow_folders()
    {
        foreach (var file in Files)
        {
            var parts = file.Split('/');
            var expected = string.Join('.', parts[0] == "Assay.Cli" ? ["Assay", "Cli", .. parts[1..^1]] : (string[])["Assay", .. parts[1..^1]]);
            var stated = File.ReadLines(Path.Combine(Source, file)).FirstOrDefault(l => l.StartsWith("namespace ", StringComparison.Ordinal));
            if (stated is not null) Assert.Equal((file, $"namespace {expected};"), (file, stated));
        }
    }

    [Theory]
    [InlineData("Assay.Models/Assay.Models.csproj", "System.Numerics.Tensors")]
    [InlineData("Assay/Assay.csproj", "")]
    [InlineData("Assay.Cli/Assay.Cli.csproj", "Spectre.Console,System.CommandLine,YamlDotNet")]
    public void Projects_name_the_packages_that_the_design_gives_them(string project, string packages) =>
        Assert.Equal(packages, string.Join(',', XDocument.Load(Path.Combine(Source, project)).Descendants("PackageReference").Select(p => (string?)p.Attribute("Include")).Order(StringComparer.Ordinal)));
}
