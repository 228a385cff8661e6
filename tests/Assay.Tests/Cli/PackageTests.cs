using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using Assay.Cli;
using Assay.Tests.Golden;
using Assay.Tests.Reports;

namespace Assay.Tests.Cli;

/// <summary>What <c>dotnet pack</c> gives, made once from the build that is tested.</summary>
public sealed class PackageFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackageFixture()
    {
        var (code, output, error) = ChildProcess.Run(ChildProcess.Dotnet, ["pack", "Assay.slnx", "-c", ChildProcess.Configuration, "--no-build", "-o", Folder]);
        Assert.True(code == 0, output + error);
    }

    public string Folder => _folder["packages"];

    public string Path(string name) => _folder[name];

    public string Package(string id) => Assert.Single(Directory.GetFiles(Folder, "*.nupkg"), f => System.IO.Path.GetFileName(f)[id.Length..] is ['.', >= '0' and <= '9', ..] && System.IO.Path.GetFileName(f).StartsWith(id, StringComparison.Ordinal));

    public void Dispose() => _folder.Dispose();
}

[Collection(BuildCollection.Name)]
public sealed class PackageTests(PackageFixture packages) : IClassFixture<PackageFixture>
{
    [Fact]
    public void There_are_three_packages() => Assert.Equal(3, Directory.GetFiles(packages.Folder, "*.nupkg").Length);

    [Theory]
    [InlineData("Assay.Models", "System.Numerics.Tensors")]
    [InlineData("Assay", "Assay.Models,System.Numerics.Tensors")] // Transitive pinning writes the second one out.
    [InlineData("Assay.Tool", "")]
    public void Each_depends_on_what_the_design_lists(string id, string dependencies)
    {
        using var zip = ZipFile.OpenRead(packages.Package(id));
        using var stream = zip.GetEntry(id + ".nuspec")!.Open();
        var nuspec = XDocument.Load(stream);
        Assert.Equal(dependencies, string.Join(',', nuspec.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => (string?)e.Attribute("id"))));
        Assert.Equal("MIT", nuspec.Descendants().Single(e => e.Name.LocalName == "license").Value);
        Assert.NotNull(zip.GetEntry("README.md"));
    }

    [Theory, InlineData("Assay.Models"), InlineData("Assay")]
    public void Libraries_carry_their_documentation(string id)
    {
        using var zip = ZipFile.OpenRead(packages.Package(id));
        Assert.NotNull(zip.GetEntry($"lib/net10.0/{id}.dll"));
        Assert.NotNull(zip.GetEntry($"lib/net10.0/{id}.xml"));
    }

    [Fact]
    public void The_tool_carries_the_default_pair_byte_for_byte()
    {
        using var zip = ZipFile.OpenRead(packages.Package("Assay.Tool"));
        var source = Path.Combine(GoldenFiles.Repository, "organisms", "gemma2");
        var packed = zip.Entries.Where(e => e.FullName.Contains("/organisms/", StringComparison.Ordinal)).ToList();
        Assert.Equal(Directory.GetFiles(source, "*", SearchOption.AllDirectories).Length, packed.Count);
        foreach (var entry in packed)
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            Assert.Equal(File.ReadAllBytes(Path.Combine(source, entry.FullName.Split("/organisms/gemma2/")[1])), bytes.ToArray());
        }
    }

    [Fact]
    public void The_installed_tool_runs_as_assay_and_finds_the_pair()
    {
        var config = packages.Path("nuget.config");
        File.WriteAllText(config, $"<configuration><packageSources><clear /><add key=\"local\" value=\"{packages.Folder}\" /></packageSources></configuration>");
        var install = ChildProcess.Run(ChildProcess.Dotnet, ["tool", "install", "Assay.Tool", "--tool-path", packages.Path("tool"), "--configfile", config, "--no-cache"]);
        Assert.True(install.Code == 0, install.Out + install.Error);
        var (code, output, error) = ChildProcess.Run(Path.Combine(packages.Path("tool"), "assay"), ["ls", "organisms"]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("gemma2/aligned", output, StringComparison.Ordinal);
        Assert.Contains("gemma2/before", output, StringComparison.Ordinal);
        Assert.Contains(packages.Path("tool"), output, StringComparison.Ordinal);
    }

    /// <summary>In a folder of its own, with a feed that holds nothing else and an empty cache of packages.</summary>
    [Fact]
    public void The_sample_measures_on_the_package_alone_what_the_command_measures()
    {
        var place = Directory.CreateDirectory(packages.Path("sample")).FullName;
        var feed = Directory.CreateDirectory(packages.Path("feed")).FullName;
        foreach (var package in new[] { packages.Package("Assay"), packages.Package("Assay.Models"), Dependency("System.Numerics.Tensors") }) File.Copy(package,
            Path.Combine(feed, Path.GetFileName(package)));
        File.WriteAllText(Path.Combine(place, "nuget.config"),
            $"<configuration><packageSources><clear /><add key=\"local\" value=\"{feed}\" /></packageSources></configuration>");
        var sample = File.ReadAllLines(Path.Combine(GoldenFiles.Repository, "samples", "vet.cs"));
        Assert.StartsWith("#:project ", sample[0], StringComparison.Ordinal);
        // Without native compilation, whose tools are packages of their own.
        File.WriteAllLines(Path.Combine(place, "vet.cs"), [$"#:package Assay@{Version(packages.Package("Assay"), "version")}", "#:property PublishAot=false",
            .. sample[1..]]);

        string[] models = [EditedOrganism.Path("gemma2"), EditedOrganism.Path("gemma2", "before")];
        var (code, output, error) = ChildProcess.RunIn(place, ChildProcess.Dotnet, ["run", "vet.cs", "--", .. models, Path.Combine(place, "run"), "4"],
            environment: ("NUGET_PACKAGES", Path.Combine(place, "cache")));
        var command = CommandLine.Run(["vet", .. models, "--limit", "4", "-o", packages.Path("command"), "-q"]);
        Assert.True(code == command.Code, output + error + command.Error);
        Assert.Equal(["assay", "assay.models", "system.numerics.tensors"],
            Directory.GetDirectories(Path.Combine(place, "cache")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        // Four items bound nothing.
        Assert.Equal(ExitCodes.Inconclusive, code);
        Assert.Equal(File.ReadAllBytes(Path.Combine(packages.Path("command"), "measurements.json")),
            File.ReadAllBytes(Path.Combine(place, "run", "measurements.json")));
        Assert.StartsWith("INCONCLUSIVE: ", output, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(packages.Path("command"), "report.json")));
        var deciding = report.RootElement.GetProperty("deciding").EnumerateArray().Select(m => m.GetProperty("id").GetString()!).ToList();
        Assert.NotEmpty(deciding);
        Assert.Equal(deciding, output.TrimEnd().Split('\n')[1..].Select(line => line.Split(' ')[0]));
    }

    /// <summary>The package that the library was restored with, from this machine's cache.</summary>
    private string Dependency(string id)
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } own ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var version = Version(packages.Package("Assay"), id);
        return Path.Combine(cache, id.ToLowerInvariant(), version, $"{id.ToLowerInvariant()}.{version}.nupkg");
    }

    /// <summary>The version of a package, or the one of a dependency that it asks for.</summary>
    private static string Version(string package, string of)
    {
        using var zip = ZipFile.OpenRead(package);
        using var stream = zip.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var nuspec = XDocument.Load(stream).Descendants();
        return of == "version" ? nuspec.First(e => e.Name.LocalName == "version").Value
            : (string)nuspec.First(e => e.Name.LocalName == "dependency" && (string?)e.Attribute("id") == of).Attribute("version")!;
    }
}
