using Assay.Cli;

namespace Assay.Tests.Cli;

public sealed class ApplicationTests
{
    [Theory]
    [InlineData("no-such-verb")]
    [InlineData("vet --no-such-option")]
    [InlineData("vet only-one-model")]
    [InlineData("vet a b c")]
    [InlineData("vet a b --items 0")]
    [InlineData("vet a b --items -3")]
    [InlineData("vet a b --items 1.5")]
    [InlineData("vet a b --memory 2X")]
    [InlineData("vet a b --seed -1")]
    [InlineData("vet a b --seed 1 --nonce n")]
    [InlineData("score model")]
    [InlineData("generate model")]
    [InlineData("inspect")]
    [InlineData("ls no-such-kind")]
    public void What_cannot_be_understood_is_a_usage_error_on_standard_error(string line)
    {
        var (code, output, error) = CommandLine.Run(line.Split(' '));
        Assert.Equal(64, code);
        Assert.Empty(output);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
    }

    [Theory, InlineData("--help"), InlineData("vet --help"), InlineData("score -h"), InlineData("--version")]
    public void Help_and_version_are_results(string line)
    {
        var (code, output, error) = CommandLine.Run(line.Split(' '));
        Assert.Equal(0, code);
        Assert.NotEmpty(output);
        Assert.Empty(error);
    }

    [Fact]
    public void A_refused_value_is_named_with_what_was_expected()
    {
        var (_, _, error) = CommandLine.Run("vet", "a", "b", "--memory", "lots");
        Assert.Contains("--memory is 'lots'; expected a size such as 512M or 2G", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_cannot_steer_the_terminal()
    {
        var (_, _, error) = CommandLine.Run("vet", "a", "b", "--memory", "\u001b[2Jgone\u202e");
        Assert.DoesNotContain('\u001b', error);
        Assert.DoesNotContain('\u202e', error);
        Assert.Contains("\\u{1b}[2Jgone", error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_of_a_config_are_told_at_once()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "itemz: 3\nseed: [1, 2]\nno-such-thing-at-all: 1\n");
            var (code, output, error) = CommandLine.Run("vet", "a", "b", "-c", path);
            Assert.Equal(65, code);
            Assert.Empty(output);
            Assert.Contains("line 1: unknown key 'itemz'; did you mean 'items'?", error, StringComparison.Ordinal);
            Assert.Contains("line 2: seed is a list or a mapping", error, StringComparison.Ordinal);
            Assert.Contains("line 3: unknown key 'no-such-thing-at-all'; known are", error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("items: 0", "items is '0'")]
    [InlineData("{\"memory\": \"many\"}", "memory is 'many'")]
    [InlineData("allow-long: perhaps", "allow-long is 'perhaps'")]
    [InlineData("- 1", "expected one mapping")]
    [InlineData("a: [", "not YAML")]
    public void A_config_is_read_as_strictly_as_the_command_line(string text, string expected)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            var (code, _, error) = CommandLine.Run("vet", "a", "b", "--config", path);
            Assert.Equal(65, code);
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_exit_codes_are_those_that_scripts_rely_on() => Assert.Equal(
        [0, 1, 2, 64, 65, 70, 130],
        [ExitCodes.Accepted, ExitCodes.Rejected, ExitCodes.Inconclusive, ExitCodes.Usage, ExitCodes.BadInput, ExitCodes.Internal, ExitCodes.Cancelled]);

    [Fact]
    public void Env_prints_the_same_facts_for_people_and_programs()
    {
        var text = CommandLine.Run("env");
        var json = CommandLine.Run("env", "--json");
        Assert.Equal((0, 0), (text.Code, json.Code));
        using var parsed = System.Text.Json.JsonDocument.Parse(json.Out);
        Assert.Contains(parsed.RootElement.GetProperty("runtime").GetString()!, text.Out, StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessorCount, parsed.RootElement.GetProperty("processors").GetInt32());
    }

    [Fact]
    public void The_default_pair_is_made_of_what_lies_next_to_the_program_and_goes_again()
    {
        string candidate;
        using (var pair = DefaultPair.Make(TestContext.Current.CancellationToken))
        {
            candidate = pair.Candidate;
            Assert.True(File.Exists(Path.Combine(DefaultPair.Base, "model.safetensors")));
            Assert.True(File.Exists(Path.Combine(candidate, "model.safetensors")));
        }

        Assert.False(Path.Exists(Path.GetDirectoryName(candidate)));
        Assert.Contains("gemma2/aligned", CommandLine.Run("ls", "organisms").Out, StringComparison.Ordinal);
    }
}
