using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Packaging;

/// <summary>What stands beside the weights of a model and decides what it says, each part in one spelling.</summary>
/// <param name="Tokenizer">tokenizer.json; null where there is none.</param>
/// <param name="Switches">What tokenizer_config.json has otherwise than tokenizer.json, by key.</param>
/// <param name="Templates">Chat templates by name; the one that is used is "default".</param>
/// <param name="Special">Texts of special tokens by role.</param>
/// <param name="Generation">Canonical values of the generation config by key.</param>
internal sealed record PackagingContents(
    TokenizerContents? Tokenizer, SortedDictionary<string, string> Switches, SortedDictionary<string, string> Templates,
        SortedDictionary<string, string> Special, SortedDictionary<string, string> Generation)
{
    /// <summary>Reads the parts of a model folder.</summary>
    /// <exception cref="InvalidInputException">A file is not valid JSON or not an object. A broken generation config is a value of its own: it stops only what
    /// generates.</exception>
    public static PackagingContents Read(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var tokenizerConfig = Object(checkpoint, "tokenizer_config.json");
        var tokenizer = checkpoint.ReadText("tokenizer.json") is { } json ? TokenizerContents.Parse(json, Path.Combine(checkpoint.Folder, "tokenizer.json"))
            : null;
        var templates = TemplateFiles.Read(checkpoint.ReadText("chat_template.jinja"), tokenizerConfig, Object(checkpoint, "chat_template.json"));
        return new PackagingContents(tokenizer, SpecialTokenFiles.Switches(tokenizerConfig, tokenizer), templates,
            SpecialTokenFiles.Special(tokenizerConfig, Object(checkpoint, "special_tokens_map.json"), tokenizer, string.Concat(templates.Values)),
            GenerationOf(checkpoint));
    }

    /// <summary>One text for each key, each named as a reader would look for it.</summary>
    public IEnumerable<(string Part, string Key, string Text)> Keys()
    {
        if (Tokenizer is not null) yield return (PackagingHash.TokenizerPart, "tokenizer.json", "is there");
        foreach (var (key, text) in Tokenizer?.Parts() ?? []) yield return (PackagingHash.TokenizerPart, "tokenizer.json " + key, text);
        foreach (var (key, text) in Switches) yield return (PackagingHash.TokenizerPart, "tokenizer_config.json " + key, text);
        foreach (var (name, text) in Templates) yield return (PackagingHash.TemplatePart, name == "default" ? "chat_template" : $"chat_template '{name}'",
            text);
        foreach (var (role, text) in Special) yield return (PackagingHash.SpecialPart, "tokenizer_config.json " + role, text);
        foreach (var (key, text) in Generation) yield return (PackagingHash.GenerationPart, "generation_config.json " + key, text);
    }

    private static SortedDictionary<string, string> GenerationOf(Checkpoint checkpoint)
    {
        const string file = "generation_config.json";
        var config = Object(checkpoint, "config.json");
        try
        {
            return GenerationKeys.Resolve(Object(checkpoint, file), config);
        }
        catch (InvalidInputException)
        {
            // The bytes, where they are text: two broken files are equal where they are the same.
            return new SortedDictionary<string, string>(StringComparer.Ordinal) {
                ["(the whole file)"] = Convert.ToHexStringLower(checkpoint.ReadUtf8(file) ?? []) };
        }
    }

    private static JsonObject? Object(Checkpoint checkpoint, string fileName)
    {
        if (checkpoint.ReadText(fileName) is not { } text) return null;
        var path = Path.Combine(checkpoint.Folder, fileName);
        // The canonical form, for the strict parser refuses what nodes would stumble over later: equal keys, strings that are no text.
        return JsonNode.Parse(CanonicalJson.Format(text, path)) as JsonObject
            ?? throw new InvalidInputException($"{path}: a JSON object is expected. Fetch the file again.");
    }
}
