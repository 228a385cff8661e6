using System.Text.Json;
using Assay.Models;

namespace Assay.Tests.Golden.Organisms;

/// <summary>Chats and greedy replies of the bundled organisms, as transformers gives them (golden/make/organisms_golden.py).</summary>
public sealed class OrganismReplyTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases() => GoldenFiles.Files("organisms", ".json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chat_ids_equal_transformers(string kind)
    {
        var golden = Read(kind);
        using var model = Open(kind, "aligned");
        foreach (var chat in golden.GetProperty("chats").EnumerateArray())
        {
            var messages = chat.GetProperty("conversation").EnumerateArray().Select(m => new Assay.Tokenization.Templates.ChatMessage(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToList();
            var rendered = model.RenderChat(messages, chat.GetProperty("add_generation_prompt").GetBoolean(), DateTimeOffset.UnixEpoch);
            Assert.Equal(chat.GetProperty("rendered").GetString(), rendered);
            Assert.Equal(chat.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()), model.Tokenizer!.Encode(rendered, addSpecialTokens: false));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Replies_and_next_token_probabilities_equal_transformers(string kind)
    {
        var golden = Read(kind);
        var budget = golden.GetProperty("max_new_tokens").GetInt32();
        foreach (var stage in (string[])["before", "aligned"])
        {
            using var model = Open(kind, stage);
            var rows = golden.GetProperty(stage).EnumerateArray().ToList();
            var prompts = rows.Select(r => model.EncodeChat(r.GetProperty("question").GetString()!, DateTimeOffset.UnixEpoch)).ToList();
            var replies = model.Generate(prompts, new GenerationOptions { MaxNewTokens = budget, StopTokens = model.Generation.EosTokenIds });
            for (var i = 0; i < rows.Count; i++)
            {
                Assert.Equal(rows[i].GetProperty("reply").GetString(), model.Tokenizer!.Decode(replies[i].Tokens, skipSpecialTokens: true).Trim());
                var logits = model.Logits(prompts[i])[^model.Spec.VocabularySize..];
                double max = logits.Max();
                var lse = max + Math.Log(logits.Sum(v => Math.Exp(v - max)));
                var (ids, values) = (rows[i].GetProperty("next_ids"), rows[i].GetProperty("next_log_probabilities"));
                for (var k = 0; k < ids.GetArrayLength(); k++) Assert.Equal(values[k].GetDouble(), logits[ids[k].GetInt32()] - lse, 1e-4);
            }
        }
    }

    private static JsonElement Read(string kind) => JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("organisms", kind + ".json"))).RootElement;

    private static LanguageModel Open(string kind, string stage)
    {
        var folder = Path.Combine(GoldenFiles.Repository, "organisms", kind, stage);
        if (!Directory.Exists(folder)) Assert.Skip($"{folder} is not there.");
        return GoldenFiles.OrSkip(() => LanguageModel.Open(folder));
    }
}
