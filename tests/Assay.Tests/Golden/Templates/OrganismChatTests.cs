using System.Text.Json;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Golden.Templates;

/// <summary>Chats of the bundled organisms as transformers renders them with each model's own template.</summary>
public sealed class OrganismChatTests
{
    public static IEnumerable<TheoryDataRow<string>> Organisms() => GoldenFiles.Files("organisms", ".json");

    [Theory, MemberData(nameof(Organisms))]
    public void A_chat_is_rendered_as_transformers_renders_it(string organism)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("organisms", organism + ".json")));
        var folder = Path.Combine(GoldenFiles.Repository, "organisms", organism, "before");
        if (!Directory.Exists(folder)) Assert.Skip($"{folder} is not there.");
        if (!golden.RootElement.TryGetProperty("chats", out var chats)) Assert.Skip("The case has no chats.");
        var config = Read("tokenizer_config.json");
        var template = ChatTemplate.Find(Read("chat_template.jinja"), config);
        var options = ChatTemplateOptions.Default.With(SpecialTokens.Read(config, Read("special_tokens_map.json")));
        Assert.NotNull(template);
        Assert.All(chats.EnumerateArray(), chat =>
            Assert.Equal(chat.GetProperty("rendered").GetString(), template.Render(TemplateCases.Conversation(chat), chat.GetProperty("add_generation_prompt").GetBoolean(), options)));
        Assert.NotEqual(0, chats.GetArrayLength());

        string? Read(string name) => File.Exists(Path.Combine(folder, name)) ? File.ReadAllText(Path.Combine(folder, name)) : null;
    }
}
