using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Packaging;

/// <summary>What the keys of a generation config do, and which of their values do nothing (transformers, GenerationConfig and generate).</summary>
internal static class GenerationKeys
{
    /// <summary>Keys that say where the config comes from, what is returned, or how the same tokens are computed.</summary>
    public static FrozenSet<string> Plumbing { get; } = new[]
    {
        "_from_model_config", "_commit_hash", "transformers_version", "use_cache", "output_attentions", "output_hidden_states", "output_scores",
            "output_logits",
        "return_dict", "return_dict_in_generate", "cache_implementation", "cache_config", "return_legacy_cache", "low_memory", "disable_compile",
            "compile_config",
        "prefill_chunk_size", "use_model_defaults", "trust_remote_code", "transformers.js_config", "num_assistant_tokens", "num_assistant_tokens_schedule",
        "assistant_confidence_threshold", "assistant_lookbehind", "target_lookbehind", "max_matching_ngram_size", "is_assistant", "renormalize_logits",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Values that are those of an absent key.</summary>
    public static FrozenDictionary<string, double> Neutral { get; } = new Dictionary<string, double>(StringComparer.Ordinal)
    {
        ["num_beams"] = 1, ["num_beam_groups"] = 1, ["typical_p"] = 1, ["encoder_repetition_penalty"] = 1, ["guidance_scale"] = 1, ["penalty_alpha"] = 0,
        ["epsilon_cutoff"] = 0, ["eta_cutoff"] = 0, ["no_repeat_ngram_size"] = 0, ["encoder_no_repeat_ngram_size"] = 0, ["diversity_penalty"] = 0,
        ["min_length"] = 0, ["min_new_tokens"] = 0,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Keys that change the text whenever they are set; listed so that they are found in a config.json too, where other unknown keys are the
    /// architecture's.</summary>
    public static FrozenSet<string> Setting { get; } = new[]
    {
        "bad_words_ids", "force_words_ids", "constraints", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens",
        "sequence_bias", "exponential_decay_length_penalty", "watermarking_config", "stop_strings", "token_healing", "dola_layers", "max_time", "top_h",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Keys that are read when a token is drawn and not when the likeliest is taken.</summary>
    public static FrozenSet<string> OnlySampling { get; } = new[] { "typical_p", "epsilon_cutoff", "eta_cutoff", "top_h" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Keys that name another way to search than the one that a caller who asks for greedy text has chosen.</summary>
    public static FrozenSet<string> OtherSearches { get; } = new[]
        { "num_beams", "num_beam_groups", "diversity_penalty", "penalty_alpha", "dola_layers", "constraints", "force_words_ids",
            "max_time" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What <c>generate</c> takes for an absent key, beside <see cref="Neutral"/>.</summary>
    private static readonly FrozenDictionary<string, double> Defaults = new Dictionary<string, double>(StringComparer.Ordinal)
    {
        ["temperature"] = 1, ["top_k"] = 50, ["top_p"] = 1, ["min_p"] = 0, ["repetition_penalty"] = 1, ["length_penalty"] = 1, ["num_return_sequences"] = 1,
            ["max_length"] = 20,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Sets of ids: order and repetition change nothing.
    private static readonly string[] Sets = ["eos_token_id", "suppress_tokens", "begin_suppress_tokens", "forced_eos_token_id"];
    private static readonly string[] TokenIds = ["bos_token_id", "eos_token_id", "pad_token_id"];

    /// <summary>Whether a value of a key that is not read elsewhere does nothing.</summary>
    public static bool IsInert(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        JsonValueKind.String => value.ValueEquals(""),
        JsonValueKind.Number => Neutral.TryGetValue(key, out var neutral) && value.TryGetDouble(out var number) && number == neutral,
        _ => false,
    };

    /// <summary>A generation config as what it does: without plumbing and defaults, with the config's ids where it gives none.</summary>
    /// <param name="generation">generation_config.json; null where there is none: then settings are looked for in config.json, as transformers does.</param>
    /// <param name="config">config.json; null where there is none.</param>
    public static SortedDictionary<string, string> Resolve(JsonObject? generation, JsonObject? config)
    {
        var values = new JsonObject();
        foreach (var (key, value) in generation ?? config ?? [])
            if (generation is not null || Neutral.ContainsKey(key) || Setting.Contains(key) || Defaults.ContainsKey(key) || key == "do_sample") values[key] =
                value?.DeepClone();
        foreach (var key in TokenIds) values[key] ??= (config?[key] ?? (config?["text_config"] as JsonObject)?[key])?.DeepClone();
        var resolved = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in values)
        {
            if (value is null || Plumbing.Contains(key)) continue;
            using var document = JsonDocument.Parse(value.ToJsonString());
            var element = document.RootElement;
            if (IsInert(key, element) && !(Defaults.ContainsKey(key) && element.ValueKind == JsonValueKind.False)) continue;
            if (Defaults.TryGetValue(key, out var standard) && element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number)
                && number == standard) continue;
            resolved[key] = Array.IndexOf(Sets, key) >= 0 && Ids(element) is { } ids ? ids : CanonicalJson.Format(element, "generation_config.json");
        }

        return resolved;
    }

    private static string? Ids(JsonElement value)
    {
        var items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value };
        var ids = new SortedSet<long>();
        foreach (var item in items)
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var id)) return null;
            ids.Add(id);
        }

        return ids.Count == 1 ? $"{ids.Min}" : $"[{string.Join(',', ids)}]";
    }
}
