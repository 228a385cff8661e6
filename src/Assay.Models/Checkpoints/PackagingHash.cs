using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Assay.Checkpoints;

/// <summary>What decides, beside the weights, what a model says: tokenizer, chat template, special tokens, generation config (protocol.md, M13).</summary>
/// <remarks>Over parsed values, not file bytes: formatting, key order and the file in which a value stands do not count.</remarks>
/// <param name="Value">SHA-256 over the four parts; lower-case hexadecimal, as all here.</param>
/// <param name="Tokenizer">Of <c>tokenizer.json</c> and the switches of <c>tokenizer_config.json</c> that change token ids.</param>
/// <param name="ChatTemplate">Of the template's text.</param>
/// <param name="SpecialTokens">Of the special tokens' texts by role.</param>
/// <param name="GenerationConfig">Of the generation config.</param>
public sealed record PackagingHash(string Value, string Tokenizer, string ChatTemplate, string SpecialTokens, string GenerationConfig)
{
    private static readonly string[] TokenizerSwitches = ["add_bos_token", "add_eos_token", "add_prefix_space", "clean_up_tokenization_spaces"];
    private static readonly string[] TokenIds = ["bos_token_id", "eos_token_id", "pad_token_id"];

    /// <summary>Keys of a generation config that say where it comes from or what is returned, and change no token.</summary>
    public static IReadOnlySet<string> IgnoredGenerationKeys { get; } = new[]
    {
        "_from_model_config", "_commit_hash", "transformers_version", "use_cache", "output_attentions", "output_hidden_states", "output_scores",
        "output_logits", "return_dict", "return_dict_in_generate",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The parts in which two differ, by name; empty where they are equal.</summary>
    public IReadOnlyList<string> DifferencesFrom(PackagingHash other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var parts = new (string Name, bool Equal)[]
        {
            ("tokenizer", Tokenizer == other.Tokenizer), ("chat template", ChatTemplate == other.ChatTemplate),
            ("special tokens", SpecialTokens == other.SpecialTokens), ("generation config", GenerationConfig == other.GenerationConfig),
        };
        return parts.Where(p => !p.Equal).Select(p => p.Name).ToArray();
    }

    /// <summary>Hashes the parts as given; null means that the model has none, which differs from an empty one.</summary>
    /// <param name="tokenizerJson">JSON.</param>
    /// <param name="chatTemplate">Text.</param>
    /// <param name="specialTokensJson">JSON, text by role.</param>
    /// <param name="generationConfigJson">JSON.</param>
    /// <param name="ignoredGenerationKeys">Keys of the generation config that do not count; usually <see cref="IgnoredGenerationKeys"/>.</param>
    /// <exception cref="InvalidInputException">A part is not valid JSON.</exception>
    public static PackagingHash Compute(string? tokenizerJson, string? chatTemplate, string? specialTokensJson, string? generationConfigJson, IReadOnlySet<string>? ignoredGenerationKeys = null)
    {
        return Combine(
            tokenizerJson is null ? null : CanonicalJson.Format(tokenizerJson, "tokenizer.json"),
            chatTemplate,
            specialTokensJson is null ? null : CanonicalJson.Format(specialTokensJson, "special_tokens_map.json"),
            generationConfigJson is null ? null : CanonicalJson.Format(generationConfigJson, "generation_config.json", ignoredGenerationKeys));
    }

    /// <summary>Finds the parts in a model folder and hashes them.</summary>
    /// <remarks>The template is <c>chat_template.jinja</c>, else the one in <c>tokenizer_config.json</c>. Special tokens are those of
    /// <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c> (which wins), as text whether spelt as text or as an object.
    /// Token ids that the generation config leaves out are the config's, as when generating; one id and a list of that one are equal, and null is absent.</remarks>
    /// <exception cref="InvalidInputException">A file is not valid JSON or not an object.</exception>
    public static PackagingHash Compute(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var config = ReadObject(checkpoint, "config.json");
        var tokenizerConfig = ReadObject(checkpoint, "tokenizer_config.json");
        var tokenizer = checkpoint.ReadText("tokenizer.json");
        var switches = Pick(tokenizerConfig, TokenizerSwitches);
        var template = checkpoint.ReadText("chat_template.jinja") ?? (tokenizerConfig?["chat_template"] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            var several => Canonical(several),
        });

        var special = new JsonObject();
        foreach (var source in new[] { tokenizerConfig, ReadObject(checkpoint, "special_tokens_map.json") })
        {
            foreach (var (role, token) in source ?? [])
            {
                var isRole = role.EndsWith("_token", StringComparison.Ordinal) && !role.StartsWith("add_", StringComparison.Ordinal);
                if ((isRole || role is "additional_special_tokens" or "extra_special_tokens") && token is not null && !special.ContainsKey(role)) special[role] = Text(token);
            }
        }

        var generation = ReadObject(checkpoint, "generation_config.json") ?? [];
        foreach (var key in TokenIds)
        {
            generation[key] ??= (config?[key] ?? (config?["text_config"] as JsonObject)?[key])?.DeepClone();
            if (generation[key] is JsonArray { Count: 1 } one) generation[key] = one[0]?.DeepClone();
        }
        foreach (var key in generation.Where(pair => pair.Value is null).Select(pair => pair.Key).ToArray()) generation.Remove(key);

        // Canonical JSON has no line breaks, so one keeps the two apart.
        var tokenizerPart = tokenizer is null ? null : CanonicalJson.Format(tokenizer, Path.Combine(checkpoint.Folder, "tokenizer.json")) + "\n" + Canonical(switches);
        return Combine(tokenizerPart, template, Canonical(special), Canonical(generation, IgnoredGenerationKeys));
    }

    private static PackagingHash Combine(string? tokenizer, string? template, string? special, string? generation)
    {
        var parts = new[] { tokenizer, template, special, generation }.Select(Hash).ToArray();
        return new PackagingHash(Hash(string.Join('\n', parts)), parts[0], parts[1], parts[2], parts[3]);
    }

    private static JsonObject? ReadObject(Checkpoint checkpoint, string fileName)
    {
        if (checkpoint.ReadText(fileName) is not { } text) return null;
        var path = Path.Combine(checkpoint.Folder, fileName);
        // The canonical form, for the strict parser refuses what nodes would stumble over later: equal keys, strings that are no text.
        return JsonNode.Parse(CanonicalJson.Format(text, path)) as JsonObject ?? throw new InvalidInputException($"{path}: a JSON object is expected. Fetch the file again.");
    }

    private static JsonObject Pick(JsonObject? source, string[] keys)
    {
        var picked = new JsonObject();
        foreach (var key in keys)
            if (source?[key] is { } value) picked[key] = value.DeepClone();
        return picked;
    }

    private static JsonNode Text(JsonNode token) => token switch
    {
        JsonObject added when added["content"] is { } content => content.DeepClone(),
        JsonArray list => new JsonArray(list.Select(item => item is null ? null : Text(item)).ToArray()),
        _ => token.DeepClone(),
    };

    private static string Canonical(JsonNode node, IReadOnlySet<string>? ignoredKeys = null) => CanonicalJson.Format(node.ToJsonString(), "packaging", ignoredKeys);

    private static string Hash(string? text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text is null ? "absent" : "present:" + text)));
}
