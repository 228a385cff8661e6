using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Tokenization.Templates;

/// <summary>A chat template: the Jinja template that turns a conversation into the text a model was trained on, run as transformers runs it
/// (immutable sandbox, <c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls) with bounded steps, text and depth. Instances are immutable and may be shared between threads.</summary>
public sealed class ChatTemplate
{
    private const int MaxSourceCharacters = 4_000_000;

    private readonly IReadOnlyList<Statement> body;

    private ChatTemplate(string source, IReadOnlyList<Statement> body)
    {
        Source = source;
        this.body = body;
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>Parses a template.</summary>
    /// <exception cref="InvalidInputException">The text is no template, or uses a tag that is not supported; the message names the line and what stands there.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Length > MaxSourceCharacters) throw new InvalidInputException($"The chat template has {source.Length} characters; expected at most {MaxSourceCharacters}.");
        return new ChatTemplate(source, TemplateParser.Parse(source));
    }

    /// <summary>The template of a model folder: <c>chat_template.jinja</c> where there is one, else <c>chat_template</c> in <c>tokenizer_config.json</c>, which is a string or a list of named templates.</summary>
    /// <param name="chatTemplateJinja">Text of <c>chat_template.jinja</c>, or null.</param>
    /// <param name="tokenizerConfigJson">Text of <c>tokenizer_config.json</c>, or null.</param>
    /// <param name="name">Which of several named templates; null takes the one named "default".</param>
    /// <returns>Null where the folder has no template.</returns>
    /// <exception cref="InvalidInputException">The template is broken, or there is none of that name.</exception>
    public static ChatTemplate? Find(string? chatTemplateJinja, string? tokenizerConfigJson, string? name = null) =>
        chatTemplateJinja is not null && name is null or "default" ? Parse(chatTemplateJinja!) : InFile(tokenizerConfigJson, "tokenizer_config.json", name);

    /// <summary>The template of a model folder, <c>chat_template.json</c> included: what processors of multimodal models save.</summary>
    /// <remarks>In transformers a tokenizer never reads <c>chat_template.json</c>, and a processor reads nothing else. A chat of text alone is
    /// the tokenizer's, so its template comes first; where it has none, the processor's is the model's only one.</remarks>
    /// <param name="chatTemplateJinja">Text of <c>chat_template.jinja</c>, or null.</param>
    /// <param name="tokenizerConfigJson">Text of <c>tokenizer_config.json</c>, or null.</param>
    /// <param name="chatTemplateJson">Text of <c>chat_template.json</c>, or null.</param>
    /// <param name="name">Which of several named templates; null takes the one named "default".</param>
    /// <returns>Null where the folder has no template.</returns>
    /// <exception cref="InvalidInputException">The template is broken, or there is none of that name.</exception>
    public static ChatTemplate? Find(string? chatTemplateJinja, string? tokenizerConfigJson, string? chatTemplateJson, string? name)
    {
        if (chatTemplateJson is null || chatTemplateJinja is not null) return Find(chatTemplateJinja, tokenizerConfigJson, name);
        using var config = TemplateJson.Object(tokenizerConfigJson, "tokenizer_config.json");
        var own = config is not null && config.RootElement.TryGetProperty("chat_template", out var found) && found.ValueKind != JsonValueKind.Null;
        return own ? InFile(tokenizerConfigJson, "tokenizer_config.json", name) : InFile(chatTemplateJson, "chat_template.json", name);
    }

    private static ChatTemplate? InFile(string? json, string file, string? name)
    {
        using var config = TemplateJson.Object(json, file);
        if (config is null || !config.RootElement.TryGetProperty("chat_template", out var found) || found.ValueKind == JsonValueKind.Null)
            return name is null or "default" ? null : throw new InvalidInputException($"{file} has no chat template named '{name}'; it has none at all.");
        if (found.ValueKind == JsonValueKind.String && name is null or "default") return Parse(TemplateJson.Text(found, $"{file}, \"chat_template\""));
        if (found.ValueKind != JsonValueKind.Array)
            throw new InvalidInputException($"{file}: \"chat_template\" is {found.ValueKind}; expected {(name is null ? "a string or a list of named templates" : $"a list with a template named '{name}'")}.");
        var names = new List<string>();
        foreach (var entry in found.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("name", out var key) || !entry.TryGetProperty("template", out var text) || key.ValueKind != JsonValueKind.String || text.ValueKind != JsonValueKind.String)
                throw new InvalidInputException($"{file}: an entry of \"chat_template\" lacks a string \"name\" or \"template\".");
            names.Add(TemplateJson.Text(key, $"{file}, \"chat_template\""));
            if (names[^1] == (name ?? "default")) return Parse(TemplateJson.Text(text, $"{file}, \"chat_template\""));
        }

        throw new InvalidInputException(
            $"{file} has no chat template named '{name ?? "default"}'; it has {(names.Count == 0 ? "none" : string.Join(", ", names))}. Name one of these.");
    }

    /// <summary>Renders a conversation. <c>tools</c> and <c>documents</c> are defined and none.</summary>
    /// <param name="messages">The turns, first to last.</param>
    /// <param name="addGenerationPrompt">Whether to open the reply.</param>
    /// <param name="options">Special tokens, clock, further variables and limits.</param>
    /// <exception cref="InvalidInputException">The template refuses the conversation, uses something not supported, fails, or exceeds a limit; the message names the line.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatTemplateOptions options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(options);
        var budget = new TemplateBudget(options.MaxSteps, options.MaxCharacters, options.MaxDepth);
        var renderer = new TemplateRenderer(Variables(messages, addGenerationPrompt, options), options.Clock, budget);
        try
        {
            return renderer.Run(body);
        }
        catch (InvalidInputException fault)
        {
            throw new InvalidInputException($"Chat template, line {renderer.Line}: {fault.Message}", fault);
        }
    }

    private static Dictionary<string, object?> Variables(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatTemplateOptions options)
    {
        var turns = new List<object?>(messages.Count);
        foreach (var message in messages)
        {
            var turn = new TemplateDict();
            turn.Set("role", message.Role);
            turn.Set("content", message.Content);
            turns.Add(turn);
        }

        var variables = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["messages"] = new Sequence(turns, SequenceKind.List),
            ["tools"] = null,
            ["documents"] = null,
            ["add_generation_prompt"] = addGenerationPrompt,
        };
        foreach (var (name, token) in (IEnumerable<(string, string?)>)[("bos_token", options.BosToken), ("eos_token", options.EosToken), ("pad_token", options.PadToken), ("unk_token", options.UnkToken)])
            if (token is not null) variables[name] = token;
        foreach (var (name, value) in options.Extra) variables[name] = TemplateJson.Value(value, name);
        return variables;
    }
}
