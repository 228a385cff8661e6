using System.Text.Json;
using Assay.Tokenization;
using Assay.Tokenization.Templates;
using Assay.Verdicts;

namespace Assay.Cli.Commands;

/// <summary>A text as the model sees it: the tokens it is cut into, the chat it becomes and that chat's tokens, and what goes wrong on the way.</summary>
internal sealed class InspectText
{
    private const int LongestToken = 200;

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

    /// <summary>A line for each finding.</summary>
    public static void Lines(Terminal terminal, IEnumerable<Finding> findings)
    {
        foreach (var finding in findings) terminal.WriteUntrusted($"{finding.SeverityName,-12} {finding.Name}: {finding.Sentence}");
    }

    public void Lines(Terminal terminal)
    {
        if (Ids is null) return;
        terminal.Out.WriteLine($"as a text: {Ids.Length} tokens, special tokens added");
        Tokens(terminal, Ids);
        if (Rendered is null) return;
        terminal.Out.WriteLine("as a chat:");
        terminal.WriteUntrusted(Rendered, keepLines: true);
        terminal.Out.WriteLine($"which is {ChatIds!.Length} tokens, none added:");
        Tokens(terminal, ChatIds);
    }

    /// <summary>Findings as an array.</summary>
    public static void Json(Utf8JsonWriter json, IEnumerable<Finding> findings)
    {
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("id", finding.Name);
            json.WriteString("severity", finding.SeverityName);
            json.WriteString("sentence", finding.Sentence);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public void Json(Utf8JsonWriter json)
    {
        if (Ids is null) return;
        Tokens(json, "text", Ids, null);
        if (Rendered is not null) Tokens(json, "chat", ChatIds!, Rendered);
    }

    // A post-processor may name ids that no token has.
    private string Name(int id) => _folder.Tokenizer.HasToken(id) ? _folder.Tokenizer.TokenOf(id) : "(no token)";

    private static string Shorten(string text) => text.Length <= LongestToken ? text : text[..LongestToken] + "…";

    private void Tokens(Terminal terminal, int[] ids)
    {
        foreach (var id in ids)
            terminal.WriteUntrusted($"  {id,8}  {Shorten(Name(id)),-20} {JsonEncodedText.Encode(Shorten(_folder.Tokenizer.Decode([id], skipSpecialTokens: false)), System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}{(id >= _rows ? "  BEYOND THE HEAD" : "")}");
    }

    private void Tokens(Utf8JsonWriter json, string name, int[] ids, string? rendered)
    {
        json.WriteStartObject(name);
        if (rendered is not null) json.WriteString("rendered", rendered);
        JsonLines.Ids(json, "ids", ids);
        json.WriteStartArray("tokens");
        foreach (var id in ids) json.WriteStringValue(Name(id));
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
