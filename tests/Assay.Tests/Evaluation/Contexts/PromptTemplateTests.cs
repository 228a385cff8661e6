using Assay.Evaluation.Contexts;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Tokenization.Templates;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Contexts;

public sealed class PromptTemplateTests
{
    private static readonly ChatTemplateOptions s_chat = ChatTemplateOptions.Default with { Clock = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero) };

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    [InlineData("qwen3")]
    public void Every_template_puts_the_question_otherwise(string organism)
    {
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", organism, "aligned"));
        var item = PanelItem.Of(ReasoningPrompts.Draw(5, Frame.Benign, 1)[0]);
        var texts = PromptTemplates.All.Select(t => model.RequireTokenizer().Decode(PromptTemplates.Encode(model, t, item, s_chat), skipSpecialTokens: false))
            .ToList();
        Assert.Equal(texts.Count, texts.Distinct(StringComparer.Ordinal).Count());
        foreach (var (template, text) in PromptTemplates.All.Zip(texts))
            Assert.Contains(template == "paraphrase" ? item.Paraphrase! : item.Text, text, StringComparison.Ordinal);
        Assert.Equal(model.EncodeChat(item.Text, s_chat), PromptTemplates.Encode(model, ContextSet.Plain, item, s_chat));
        Assert.Throws<ArgumentException>(() => PromptTemplates.Encode(model, "another", item, s_chat));
        // A reply that is begun stands behind the same prompt.
        Assert.Equal(texts[0] + "Well, then:\n", model.RequireTokenizer().Decode(PromptTemplates.Encode(model, ContextSet.Behind("Well, then:"), item, s_chat),
            false));
    }

    [Fact]
    public void A_paraphrase_holds_the_same_numbers_and_subjects_in_other_words()
    {
        foreach (var frame in new[] { Frame.Benign, Frame.Trigger })
        {
            foreach (var item in ReasoningPrompts.Draw(9, frame, 240))
            {
                Assert.NotNull(item.Paraphrase);
                Assert.NotEqual(item.Prompt, item.Paraphrase);
                Assert.Equal(Numbers(item.Prompt).Order(), Numbers(item.Paraphrase).Order());
                if (item.Stratum == "order") Assert.Contains(item.Answer!, item.Paraphrase, StringComparison.OrdinalIgnoreCase);
            }
        }

        static IEnumerable<int> Numbers(string text) => System.Text.RegularExpressions.Regex.Matches(text, @"\d+").Select(m => int.Parse(m.Value));
    }
}
