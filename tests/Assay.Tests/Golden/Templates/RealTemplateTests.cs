using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Golden.Templates;

/// <summary>Real chat templates as transformers renders them. A case file holds its template's hash; the text is the file of that hash below <c>$ASSAY_INTEROP</c>.</summary>
public sealed class RealTemplateTests
{
    private static readonly DateTimeOffset Clock = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    // The hashes are of the text as Python reads it: every line end is a line feed.
    private static readonly Lazy<Dictionary<string, string>> Sources = new(() =>
        Directory.GetFiles(GoldenFiles.RequireInterop("templates"), "*.jinja", SearchOption.AllDirectories).Select(path => File.ReadAllText(path).ReplaceLineEndings("\n"))
            .GroupBy(text => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))).ToDictionary(g => g.Key, g => g.First()));

    public static IEnumerable<TheoryDataRow<string>> Templates() => GoldenFiles.Files("templates", ".json");

    [Theory, MemberData(nameof(Templates))]
    public void A_template_renders_as_in_transformers_or_fails_where_it_does(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("templates", name + ".json")));
        GoldenFiles.RequireInterop("templates");
        var hash = golden.RootElement.GetProperty("template_sha256").GetString()!;
        if (!Sources.Value.TryGetValue(hash, out var source)) Assert.Skip($"No template of hash {hash} below the interop folder.");
        var template = GoldenFiles.OrSkip(() => ChatTemplate.Parse(source));
        var specials = golden.RootElement.GetProperty("specials");
        var options = new ChatTemplateOptions { BosToken = Special("bos_token"), EosToken = Special("eos_token"), PadToken = Special("pad_token"), UnkToken = Special("unk_token"), Clock = Clock };
        foreach (var golden_case in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var messages = TemplateCases.Conversation(golden_case);
            var add = golden_case.GetProperty("add_generation_prompt").GetBoolean();
            if (golden_case.TryGetProperty("rendered", out var rendered)) Assert.Equal(rendered.GetString(), GoldenFiles.OrSkip(() => template.Render(messages, add, options)));
            else
            {
                var refusal = Assert.Throws<InvalidInputException>(() => template.Render(messages, add, options));
                var error = golden_case.GetProperty("error").GetString()!;
                if (error.StartsWith("TemplateError: ", StringComparison.Ordinal)) Assert.Contains(error["TemplateError: ".Length..], refusal.Message, StringComparison.Ordinal);
            }
        }

        string? Special(string token) => specials.TryGetProperty(token, out var value) ? value.GetString() : null;
    }
}
