using Assay.Checkpoints;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Tokenization.Templates;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessage[] Chat = [new("user", "Hi")];

    [Fact]
    public void The_jinja_file_wins_over_the_tokenizer_config() =>
        Assert.Equal("file", ChatTemplate.Find("file", """{"chat_template": "config"}""")!.Source);

    [Fact]
    public void A_config_holds_one_template_several_named_ones_or_none()
    {
        const string Several = """{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}""";
        Assert.Equal("config", ChatTemplate.Find(null, """{"chat_template": "config"}""")!.Source);
        Assert.Equal("d", ChatTemplate.Find(null, Several)!.Source);
        Assert.Equal("t", ChatTemplate.Find(null, Several, "tool_use")!.Source);
        Assert.Equal("t", ChatTemplate.Find("file", Several, "tool_use")!.Source);
        Assert.Null(ChatTemplate.Find(null, "{}"));
        Assert.Null(ChatTemplate.Find(null, """{"chat_template": null}"""));
        Assert.Null(ChatTemplate.Find(null, null));
    }

    /// <summary>What processors save counts where a tokenizer has nothing: jinja, then tokenizer_config.json, then chat_template.json.</summary>
    [Theory]
    [InlineData("file", "config", "file")]
    [InlineData("file", null, "file")]
    [InlineData(null, "config", "config")]
    [InlineData(null, null, "processor")]
    public void A_processors_template_comes_last(string? jinja, string? config, string expected) => Assert.Equal(expected, ChatTemplate.Find(
        jinja, config is null ? """{"chat_template": null}""" : $$"""{"chat_template": "{{config}}"}""", """{"chat_template": "processor"}""", null)!.Source);

    [Theory]
    [InlineData("""{"chat_template": 5}""", "chat_template.json: \"chat_template\" is Number")]
    [InlineData("[]", "chat_template.json holds Array")]
    [InlineData("{", "chat_template.json: not valid JSON")]
    public void A_broken_processors_template_is_named(string json, string said) =>
        Assert.Contains(said, Assert.Throws<InvalidInputException>(() => ChatTemplate.Find(null, null, json, null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"chat_template": [{"name": "rag", "template": "t"}]}""", null, "rag")]
    [InlineData("""{"chat_template": [{"name": "rag", "template": "t"}]}""", "tool", "rag")]
    [InlineData("""{"chat_template": "x"}""", "tool", "'tool'")]
    [InlineData("{}", "tool", "'tool'")]
    [InlineData("""{"chat_template": 5}""", null, "Number")]
    [InlineData("""{"chat_template": [{"name": "rag"}]}""", null, "\"template\"")]
    [InlineData("""{"chat_template": "\ud800"}""", null, "surrogate")]
    [InlineData("{", null, "valid JSON")]
    [InlineData("[]", null, "expected an object")]
    public void What_cannot_be_found_says_what_there_is(string config, string? name, string said) =>
        Assert.Contains(said, Assert.Throws<InvalidInputException>(() => ChatTemplate.Find(null, config, name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Special_tokens_are_strings_or_objects_and_the_map_fills_what_the_config_lacks()
    {
        var tokens = SpecialTokens.Read("""{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null}""", """{"pad_token": "<p>", "bos_token": "no"}""");
        Assert.Equal(new SpecialTokens("<s>", "</s>", "<p>", null), tokens);
        Assert.Equal("<s></s><p>|False", ChatTemplate.Parse("{{ bos_token + eos_token + pad_token }}|{{ unk_token is defined }}").Render(Chat, false, ChatTemplateOptions.Default.With(tokens)));
        Assert.Equal(new SpecialTokens(null, null, null, null), SpecialTokens.Read(null));
        Assert.Contains("\"eos_token\"", Assert.Throws<InvalidInputException>(() => SpecialTokens.Read("""{"eos_token": 5}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tools_and_documents_are_defined_and_none() =>
        Assert.Equal("TrueTrueTrueTrue", ChatTemplate.Parse("{{ tools is defined }}{{ tools is none }}{{ documents is defined }}{{ documents is none }}").Render(Chat, false, ChatTemplateOptions.Default));

    [Fact]
    public void Extra_variables_reach_the_template_with_their_types()
    {
        var options = ChatTemplateOptions.Default with
        {
            Extra = new Dictionary<string, object?> { ["enable_thinking"] = false, ["n"] = 3, ["list"] = new object?[] { 1L, "a", null }, ["dict"] = new Dictionary<string, object?> { ["k"] = 0.5 }, ["bos_token"] = "mine" },
            BosToken = "<s>",
        };
        Assert.Equal("False 4 [1, 'a', None] {'k': 0.5} mine", ChatTemplate.Parse("{{ enable_thinking }} {{ n + 1 }} {{ list }} {{ dict }} {{ bos_token }}").Render(Chat, false, options));
        Assert.Contains("'v'", Assert.Throws<InvalidInputException>(() => ChatTemplate.Parse("").Render(Chat, false, options with { Extra = new Dictionary<string, object?> { ["v"] = new object() } })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_clock_is_an_argument() =>
        Assert.Equal("01 Feb 2003, 1", ChatTemplate.Parse("{{ strftime_now('%d %b %Y, %-d') }}").Render(Chat, false, ChatTemplateOptions.Default with { Clock = new DateTimeOffset(2003, 2, 1, 4, 5, 6, TimeSpan.Zero) }));

    [Fact]
    public void An_error_names_the_line()
    {
        Assert.StartsWith("Chat template, line 3: ", Assert.Throws<InvalidInputException>(() => ChatTemplate.Parse("a\n{# \n #}{{ 1 + }}")).Message, StringComparison.Ordinal);
        Assert.StartsWith("Chat template, line 4: ", Assert.Throws<InvalidInputException>(() => ChatTemplate.Parse("a\r\n{{ 1 }}\n{% if true %}\n{{ missing.x }}\n{% endif %}").Render(Chat, false, ChatTemplateOptions.Default)).Message, StringComparison.Ordinal);
    }
}
