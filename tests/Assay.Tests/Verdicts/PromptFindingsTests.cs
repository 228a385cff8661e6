using Assay.Tests.Tokenization;
using Assay.Tokenization;
using Assay.Tokenization.Templates;
using Assay.Verdicts;

namespace Assay.Tests.Verdicts;

public sealed class PromptFindingsTests
{
    private const string AddsBos = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}}""";
    private const string Plain = "{% for m in messages %}{{ m.content }}{% endfor %}";

    [Theory]
    [InlineData(AddsBos, "<s>" + Plain, "DOUBLE-BOS", "note")] // The usual pair: only who adds special tokens to rendered text doubles it.
    [InlineData("null", "<s><s>" + Plain, "DOUBLE-BOS")]
    [InlineData("null", "<s>" + Plain, null)]
    [InlineData(AddsBos, Plain, null)]
    [InlineData("null", "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}", "SYSTEM-PROMPT-DROPPED")]
    [InlineData("null", "{% if messages[0].role == 'system' %}{{ raise_exception('No system role.') }}{% endif %}" + Plain, "SYSTEM-PROMPT-REFUSED", "note")]
    [InlineData("null", "{{ raise_exception('Never.') }}", "TEMPLATE-FAILS")]
    [InlineData("null", "nothing", "USER-PROMPT-DROPPED")]
    public void A_template_is_tried_out(string postProcessor, string template, string? expected, string severity = "warning")
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["<s>", "a"], postProcessor: postProcessor, addedTokens: $"[{TokenizerBuilder.Added(0, "<s>")}]"));
        var findings = PromptFindings.Check(new TokenizerFolder(tokenizer, ChatTemplate.Parse(template), new SpecialTokens("<s>", null, null, null)), 2, DateTimeOffset.UnixEpoch);
        if (expected is null) Assert.Empty(findings);
        else Assert.Contains(findings, f => f.Name == expected && f.SeverityName == severity);
    }

    [Fact]
    public void Ids_beyond_the_head_are_counted_and_named()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["<s>", "a", "b"], addedTokens: $"[{TokenizerBuilder.Added(9, "<x>")}]"));
        var folder = new TokenizerFolder(tokenizer, null, new SpecialTokens(null, null, null, null));
        Assert.Empty(PromptFindings.Check(folder, 10, DateTimeOffset.UnixEpoch));
        Assert.Empty(PromptFindings.Check(folder, null, DateTimeOffset.UnixEpoch));
        var finding = Assert.Single(PromptFindings.Check(folder, 2, DateTimeOffset.UnixEpoch));
        Assert.Equal("IDS-BEYOND-HEAD", finding.Name);
        Assert.Contains("2 of 4 tokens", finding.Sentence, StringComparison.Ordinal);
        Assert.Contains("'b' = 2, '<x>' = 9", finding.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_that_text_cannot_spell_are_named()
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["ab", "a", "b"]));
        var findings = PromptFindings.Check(new TokenizerFolder(tokenizer, null, new SpecialTokens("ab", "<none>", "a", "")), 3, DateTimeOffset.UnixEpoch);
        Assert.Equal(["SPECIAL-TOKEN-SPLIT", "SPECIAL-TOKEN-MISSING"], findings.Select(f => f.Name));
    }
}
