using System.Globalization;
using Assay.Checkpoints;
using Assay.Tokenization;
using Assay.Tokenization.Templates;

namespace Assay.Verdicts;

/// <summary>What goes wrong between a conversation and the model, seen without running the model: two beginnings of sequence, a system prompt that never arrives, ids that the head does not have.</summary>
public static class PromptFindings
{
    private const int MostNamed = 5;

    // Words that no template has of its own.
    private const string SystemMark = "Quokkas rarely whistle.", UserMark = "Do axolotls hum?";

    /// <summary>Looks at a tokenizer and its template.</summary>
    /// <param name="folder">Tokenizer, template, special tokens.</param>
    /// <param name="rows">Rows of the embedding and the head; null where the model is not known.</param>
    /// <param name="clock">The time that the template may ask for.</param>
    public static IReadOnlyList<Finding> Check(TokenizerFolder folder, int? rows, DateTimeOffset clock)
    {
        ArgumentNullException.ThrowIfNull(folder);
        List<Finding> findings = [];
        Rows(folder.Tokenizer, rows, findings);
        Specials(folder, findings);
        if (folder.ChatTemplate is { } template) Template(folder, template, (ChatTemplateOptions.Default with { Clock = clock }).With(folder.SpecialTokens), findings);
        return findings;
    }

    private static void Rows(Tokenizer tokenizer, int? rows, List<Finding> findings)
    {
        if (rows is not { } count || tokenizer.MaxId < count) return;
        var beyond = tokenizer.Vocabulary.Where(t => t.Value >= count).OrderBy(t => t.Value).ToList();
        findings.Add(new Finding("IDS-BEYOND-HEAD", string.Create(CultureInfo.InvariantCulture,
            $"{beyond.Count} of {tokenizer.Count} tokens have ids beyond the model's {count} rows: " +
                $"{string.Join(", ", beyond.Take(MostNamed).Select(t => $"'{t.Key}' = {t.Value}"))}{(beyond.Count > MostNamed ? ", …" : "")}. A text with " +
                $"one of them cannot be run."), FindingSeverity.Warning));
    }

    private static void Specials(TokenizerFolder folder, List<Finding> findings)
    {
        var tokens = folder.SpecialTokens;
        foreach (var (name, text) in new[] { ("bos_token", tokens.Bos), ("eos_token", tokens.Eos), ("pad_token", tokens.Pad), ("unk_token", tokens.Unk) })
        {
            if (string.IsNullOrEmpty(text)) continue;
            var ids = folder.Tokenizer.Encode(text, false);
            if (folder.Tokenizer.IdOf(text) is not { } id)
                findings.Add(new Finding("SPECIAL-TOKEN-MISSING", $"{name} is '{text}', which is no token: in a text it becomes {ids.Length} others.",
                    FindingSeverity.Warning));
            else if (ids is not [var one] || one != id)
                findings.Add(new Finding("SPECIAL-TOKEN-SPLIT", string.Create(CultureInfo.InvariantCulture,
                    $"{name} is '{text}' with the id {id}, but is not an added token: written in a text, as templates do, it becomes {string.Join(' ', ids)}."),
                    FindingSeverity.Warning));
        }
    }

    private static void Template(TokenizerFolder folder, ChatTemplate template, ChatTemplateOptions options, List<Finding> findings)
    {
        if (Render(template, options, [new ChatMessage("user", UserMark)], out var refusal) is not { } plain)
        {
            findings.Add(new Finding("TEMPLATE-FAILS", $"The template does not render a single user message: {refusal}", FindingSeverity.Warning));
            return;
        }
        if (!plain.Contains(UserMark, StringComparison.Ordinal)) findings.Add(
            new Finding("USER-PROMPT-DROPPED", "The template renders a user message without its text.", FindingSeverity.Warning));
        Beginnings(folder, plain, findings);
        var system = Render(template, options, [new ChatMessage("system", SystemMark), new ChatMessage("user", UserMark)], out refusal);
        if (system is null) findings.Add(new Finding("SYSTEM-PROMPT-REFUSED", $"The template refuses a system prompt: {refusal}"));
        else if (!system.Contains(SystemMark, StringComparison.Ordinal)) findings.Add(
            new Finding("SYSTEM-PROMPT-DROPPED", "The template renders a conversation with a system prompt without the prompt's text: the model never sees it.",
            FindingSeverity.Warning));
    }

    private static void Beginnings(TokenizerFolder folder, string rendered, List<Finding> findings)
    {
        var tokenizer = folder.Tokenizer;
        var bos = tokenizer.BosAdded ?? (folder.SpecialTokens.Bos is { Length: > 0 } text ? tokenizer.IdOf(text) : null);
        if (bos is not { } id) return;
        var ids = tokenizer.Encode(rendered, addSpecialTokens: false);
        if (ids is [var first, var second, ..] && first == id && second == id)
            findings.Add(new Finding("DOUBLE-BOS", string.Create(CultureInfo.InvariantCulture,
                $"The template itself begins with BOS ({id}) twice: every program feeds the model two."), FindingSeverity.Warning));
        else if (ids is [var only, ..] && only == id && tokenizer.BosAdded == id)
        {
            // The usual pair: whoever tokenises the rendered chat without adding special tokens, as apply_chat_template(tokenize=True) and this program do,
            // gets one.
            findings.Add(new Finding("DOUBLE-BOS", string.Create(CultureInfo.InvariantCulture,
                $"The template writes BOS ({id}), and the tokenizer adds one to plain text: a program that tokenises a rendered chat with special tokens " +
                    $"added feeds the model two. Here rendered chats are tokenised without.")));
        }
    }

    private static string? Render(ChatTemplate template, ChatTemplateOptions options, IReadOnlyList<ChatMessage> messages, out string? refusal)
    {
        try
        {
            refusal = null;
            return template.Render(messages, true, options);
        }
        catch (InvalidInputException refused)
        {
            refusal = refused.Message;
            return null;
        }
    }
}
