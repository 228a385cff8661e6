using System.Text.Json;
using Assay.Tokenization;
using Assay.Tokenization.Templates;
using Assay.Verdicts;

namespace Assay.Cli.Commands;

/// <summary>A text as the model sees it: the tokens it is cut into, the chat it becomes and that chat's tokens, and what goes wrong on the way.</summary>
internal sealed class InspectText
{
    private readonly TokenizerFolder _folder;
    private readonly int? _rows;

    /// <param name="folder">Tokenizer, template, special tokens.</param>
    /// <param name="rows">Rows of the embedding; null where there is no model.</param>
    /// <param name="text">What a user says; null to look at the tokenizer and its template only.</param>
    public InspectText(TokenizerFolder folder, int? rows, string? text)
    {
        (_folder, _rows) = (folder, rows);
        Findings = PromptFindings.Check(folder, rows, SharedOptions.DefaultClock);
        if (text is null) return;
        Ids = folder.Tokenizer.Encode(text, addSpecialTokens: true);
        if (folder.ChatTemplate is null) return;
        Rendered = folder.ChatTemplate.Render([new ChatMessage("user", text)], true, (ChatTemplateOptions.Default with { Clock = SharedOptions.DefaultClock }).With(folder.SpecialTokens));
        ChatIds = folder.Tokenizer.Encode(Rendered, addSpecialTokens: false);
    }

    public IReadOnlyList<Finding> Findings { get; }

    public int[]? Ids { get; }

    public string? Rendered { get; }

    public int[]? ChatIds { get; }

    /// <summary>The tokenizer in one line.</summary>
    public static string Summary(Tokenizer tokenizer)
        => $"{tokenizer.Count} tokens, {(tokenizer.BosAdded is { } bos ? $"adds BOS {bos}" : "adds no BOS")}{(tokenizer.IgnoredSections.Count > 0 ? $", ignored: {string.Join(", ", tokenizer.IgnoredSections)}" : "")}";

    public void Lines(Terminal terminal)
    {
        foreach (var finding in Findings) terminal.WriteUntrusted($"{finding.SeverityName,-12} {finding.Name}: {finding.Sentence}");
        if (Ids is null) return;
        terminal.Out.WriteLine($"as a text: {Ids.Length} tokens, special tokens added");
        Tokens(terminal, Ids);
        if (Rendered is null) return;
        terminal.Out.WriteLine("as a chat:");
        terminal.WriteUntrusted(Rendered, keepLines: true);
        terminal.Out.WriteLine($"which is {ChatIds!.Length} tokens, none added:");
        Tokens(terminal, ChatIds);
    }

    public void Json(Utf8JsonWriter json)
    {
        json.WriteStartArray("findings");
        foreach (var finding in Findings)
        {
            json.WriteStartObject();
            json.WriteString("id", finding.Name);
            json.WriteString("severity", finding.SeverityName);
            json.WriteString("sentence", finding.Sentence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (Ids is null) return;
        Tokens(json, "text", Ids, null);
        if (Rendered is not null) Tokens(json, "chat", ChatIds!, Rendered);
    }

    private void Tokens(Terminal terminal, int[] ids)
    {
        foreach (var id in ids)
            terminal.WriteUntrusted($"  {id,8}  {_folder.Tokenizer.TokenOf(id),-20} {JsonEncodedText.Encode(_folder.Tokenizer.Decode([id], skipSpecialTokens: false), System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}{(id >= _rows ? "  BEYOND THE HEAD" : "")}");
    }

    private void Tokens(Utf8JsonWriter json, string name, int[] ids, string? rendered)
    {
        json.WriteStartObject(name);
        if (rendered is not null) json.WriteString("rendered", rendered);
        JsonLines.Ids(json, "ids", ids);
        json.WriteStartArray("tokens");
        foreach (var id in ids) json.WriteStringValue(_folder.Tokenizer.TokenOf(id));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
