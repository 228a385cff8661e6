using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Tokenization.Templates;

/// <summary>The texts of a tokenizer's special tokens; null where there is none.</summary>
/// <param name="Bos">Beginning of sequence.</param>
/// <param name="Eos">End of sequence.</param>
/// <param name="Pad">Padding.</param>
/// <param name="Unk">Unknown.</param>
public sealed record SpecialTokens(string? Bos, string? Eos, string? Pad, string? Unk)
{
    /// <summary>Reads <c>tokenizer_config.json</c> and, for what it does not name, <c>special_tokens_map.json</c>. A token is a string, or an object with <c>content</c>.</summary>
    /// <param name="tokenizerConfigJson">Text of <c>tokenizer_config.json</c>, or null where it is missing.</param>
    /// <param name="specialTokensMapJson">Text of <c>special_tokens_map.json</c>, or null where it is missing.</param>
    /// <exception cref="InvalidInputException">A file is not a JSON object, or a token is neither.</exception>
    public static SpecialTokens Read(string? tokenizerConfigJson, string? specialTokensMapJson = null)
    {
        using var config = TemplateJson.Object(tokenizerConfigJson, "tokenizer_config.json");
        using var map = TemplateJson.Object(specialTokensMapJson, "special_tokens_map.json");
        return new SpecialTokens(Find("bos_token"), Find("eos_token"), Find("pad_token"), Find("unk_token"));

        string? Find(string name) => Token(config, name, "tokenizer_config.json") ?? Token(map, name, "special_tokens_map.json");
    }

    private static string? Token(JsonDocument? document, string name, string file)
    {
        if (document is null || !document.RootElement.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out var content)) value = content;
        return value.ValueKind == JsonValueKind.String ? TemplateJson.Text(value, $"{file}, \"{name}\"") : throw new InvalidInputException($"{file}: \"{name}\" is {value.ValueKind}; expected a string or an object with \"content\".");
    }
}
