using System.Text.Json;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;
using Assay.Tests.Tokenization;

namespace Assay.Tests.Cli;

public sealed class InspectCommandTests
{
    private static readonly string Organism = Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "aligned");

    [Fact]
    public void A_text_is_shown_as_pieces_as_ids_and_as_the_chat_it_becomes()
    {
        var (code, output, error) = CommandLine.Run("inspect", Organism, "--text", "Hi you");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("DOUBLE-BOS", output, StringComparison.Ordinal);
        Assert.Contains("<|im_start|>user\nHi you<|im_end|>", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("  <|bos|> ", output, StringComparison.Ordinal);
        Assert.Contains("Ġyou", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_as_json()
    {
        var (code, output, _) = CommandLine.Run("inspect", Organism, "--text", "Hi you", "--json");
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        var chat = json.RootElement.GetProperty("chat");
        Assert.Contains("user\nHi you", chat.GetProperty("rendered").GetString(), StringComparison.Ordinal);
        Assert.Equal(chat.GetProperty("ids").GetArrayLength(), chat.GetProperty("tokens").GetArrayLength());
        Assert.Equal("<|bos|>", json.RootElement.GetProperty("text").GetProperty("tokens")[0].GetString());
        Assert.Equal("DOUBLE-BOS", json.RootElement.GetProperty("findings")[0].GetProperty("id").GetString());
    }

    [Fact]
    public void A_tokenizer_alone_can_be_looked_at_and_cannot_steer_the_terminal()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "tokenizer.json");
        File.WriteAllText(file, TokenizerBuilder.Json(["a", "\u001b", "\u202e"]));
        File.WriteAllText(Path.Combine(folder.Path, "chat_template.jinja"), "\u001b[2J{{ messages[0].content }}");
        foreach (var path in new[] { folder.Path, file })
        {
            var (code, output, _) = CommandLine.Run("inspect", path, "--text", "a\u001b\u202e");
            Assert.Equal(0, code);
            Assert.Contains("only the tokenizer was looked at", output, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', output);
            Assert.DoesNotContain('\u202e', output);
        }
    }

    [Fact]
    public void A_broken_tokenizer_is_bad_input_that_names_the_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer.json"), """{"model":{"type":"BPE","vocab":{"a":0}}}""");
        var (code, output, error) = CommandLine.Run("inspect", folder.Path, "--text", "a");
        Assert.Equal(65, code);
        Assert.Empty(output);
        Assert.Contains("tokenizer.json", error, StringComparison.Ordinal);
        Assert.Contains("'merges' must be a list", error, StringComparison.Ordinal);
    }
}
