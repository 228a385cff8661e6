using System.Reflection;
using System.Text.RegularExpressions;
using Assay.Cli;
using Assay.Tests.Cli;
using Assay.Tests.Golden;

namespace Assay.Tests.Architecture;

public sealed partial class DocumentationTests
{
    private static readonly string[] Pages = [.. Directory.GetFiles(GoldenFiles.Repository, "*.md"), .. Directory.GetFiles(Path.Combine(GoldenFiles.Repository, "docs"), "*.md", SearchOption.AllDirectories)];

    private static readonly string Readme = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "README.md"));

    [Fact]
    public void Every_link_into_the_repository_leads_somewhere()
    {
        Assert.NotEmpty(Pages);
        foreach (var page in Pages)
            foreach (Match link in Link().Matches(File.ReadAllText(page)))
                if (!link.Groups["target"].Value.Contains("://", StringComparison.Ordinal))
                    Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Groups["target"].Value)), $"{page}: {link.Groups["target"].Value}");
    }

    [Fact]
    public void Every_option_that_the_docs_give_a_verb_is_one_of_its_options()
    {
        var seen = 0;
        foreach (var page in Pages)
            foreach (Match use in Use().Matches(File.ReadAllText(page)))
            {
                var help = CommandLine.Run(use.Groups["verb"].Value, "--help");
                Assert.True(help.Code == 0, $"{page}: assay {use.Groups["verb"].Value}");
                foreach (Match option in Option().Matches(use.Groups["rest"].Value))
                {
                    seen++;
                    Assert.True(Regex.IsMatch(help.Out, $@"(?<![\w-]){Regex.Escape(option.Value.Trim())}(?![\w-])"), $"{page}: {use.Value}: {option.Value}");
                }
            }

        Assert.True(seen > 0);
    }

    [Fact]
    public void The_readme_has_the_two_commands_that_ci_runs()
    {
        var ci = File.ReadAllText(Path.Combine(GoldenFiles.Repository, ".ci", "run"));
        foreach (var command in (string[])["dotnet run -c Release --project tests/Assay.Tests", "dotnet run -c Release --project src/Assay.Cli -- vet"])
        {
            Assert.Contains(command + "\n", Readme, StringComparison.Ordinal);
            Assert.Contains(command, ci, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_reference_lists_every_exit_code()
    {
        var page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "reference", "exit-codes.md"));
        var codes = typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (int)f.GetRawConstantValue()!).ToList();
        Assert.NotEmpty(codes);
        Assert.Equal(codes.Order(), Row().Matches(page).Select(m => int.Parse(m.Groups["code"].Value)).Order());
    }

    [Fact]
    public void Every_verb_is_documented()
    {
        var verbs = Verb().Matches(CommandLine.Run("--help").Out.Split("Commands:")[1]).Select(m => m.Groups["verb"].Value).ToList();
        Assert.Contains("vet", verbs);
        var text = string.Concat(Pages.Select(File.ReadAllText));
        foreach (var verb in verbs) Assert.Matches($@"`(assay )?{verb}\b", text);
    }

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"(?:src/Assay\.Cli --|(?<=[`\n ])assay) (?<verb>[a-z]+)(?<rest>[^`\n;)]*)")]
    private static partial Regex Use();

    [GeneratedRegex(@"(?<= )--?[a-z][a-z-]*")]
    private static partial Regex Option();

    [GeneratedRegex(@"^\| (?<code>\d+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^  (?<verb>[a-z]+)", RegexOptions.Multiline)]
    private static partial Regex Verb();
}
