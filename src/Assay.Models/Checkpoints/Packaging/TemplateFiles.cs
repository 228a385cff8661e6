using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Packaging;

/// <summary>The chat templates of a model folder by name, wherever they stand.</summary>
/// <remarks>As transformers has it: chat_template.jinja replaces whatever tokenizer_config.json has, a text or a list of named ones. chat_template.json is what
/// processors of multimodal models save; it counts where a tokenizer has no template. Jinja reads every end of a line as a line feed and leaves out one at the
/// end of the text.</remarks>
internal static class TemplateFiles
{
    /// <summary>Texts by name; a named template that says the same as the default is left out, since it is used in its place or not at all.</summary>
    /// <param name="jinja">Text of chat_template.jinja, or null.</param>
    /// <param name="tokenizerConfig">tokenizer_config.json, or null.</param>
    /// <param name="processor">chat_template.json, or null.</param>
    public static SortedDictionary<string, string> Read(string? jinja, JsonObject? tokenizerConfig, JsonObject? processor)
    {
        var templates = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (jinja is not null) templates["default"] = Normalized(jinja);
        else Add(tokenizerConfig?["chat_template"], "default");
        Add(processor?["chat_template"], templates.ContainsKey("default") ? "chat_template.json" : "default");
        if (templates.TryGetValue("default", out var text))
            foreach (var name in templates.Keys.Where(k => k != "default" && templates[k] == text).ToList()) templates.Remove(name);
        return templates;

        void Add(JsonNode? value, string name)
        {
            if (TokenizerComponents.Text(value) is { } only) templates.TryAdd(name, Normalized(only));
            else if (value is JsonArray list && list.All(e => e is JsonObject entry && TokenizerComponents.Text(entry["name"]) is not null
                && TokenizerComponents.Text(entry["template"]) is not null))
                foreach (var entry in list) templates.TryAdd(TokenizerComponents.Text(entry!["name"])! is "default" ? name
                    : TokenizerComponents.Text(entry["name"])!, Normalized(TokenizerComponents.Text(entry["template"])!));
            else if (value is not null) templates.TryAdd(name, CanonicalJson.Format(value.ToJsonString(), "chat_template"));
        }
    }

    private static string Normalized(string template)
    {
        template = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return template.EndsWith('\n') ? template[..^1] : template;
    }
}
