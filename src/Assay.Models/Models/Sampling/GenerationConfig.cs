using System.Collections.Frozen;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Models.Architectures;

namespace Assay.Models.Sampling;

/// <summary>A <c>generation_config.json</c>: where generation stops and how it chooses.</summary>
/// <remarks>Absent keys take what transformers' <c>generate</c> falls back to: do_sample false, temperature 1, top_k 50, top_p 1, no min_p,
/// repetition_penalty 1. A key that is null counts as absent, as in transformers 5. What is not honoured and would change the text is refused by name.</remarks>
public sealed class GenerationConfig
{
    private const int DefaultTopK = 50;

    // Of no effect on which token comes next: lengths are the caller's, the rest is bookkeeping, or only for beams, or a way to the same distribution.
    private static readonly FrozenSet<string> Harmless = new[]
    {
        "transformers_version", "_from_model_config", "bos_token_id", "pad_token_id", "decoder_start_token_id", "use_cache", "cache_implementation", "cache_config",
        "return_legacy_cache", "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate", "max_length", "max_new_tokens",
        "num_return_sequences", "length_penalty", "early_stopping", "low_memory", "renormalize_logits", "remove_invalid_values", "disable_compile", "compile_config",
        "prefill_chunk_size", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_lookbehind", "target_lookbehind",
        "prompt_lookup_num_tokens", "max_matching_ngram_size", "is_assistant", "use_model_defaults", "trust_remote_code", "transformers.js_config",
    }.ToFrozenSet();

    // Changes the text unless it has this value.
    private static readonly FrozenDictionary<string, double> Neutral = new Dictionary<string, double>
    {
        ["num_beams"] = 1, ["num_beam_groups"] = 1, ["typical_p"] = 1, ["encoder_repetition_penalty"] = 1, ["guidance_scale"] = 1, ["penalty_alpha"] = 0,
        ["epsilon_cutoff"] = 0, ["eta_cutoff"] = 0, ["no_repeat_ngram_size"] = 0, ["encoder_no_repeat_ngram_size"] = 0, ["diversity_penalty"] = 0,
        ["min_length"] = 0, ["min_new_tokens"] = 0,
    }.ToFrozenDictionary();

    // Changes the text whenever it is set; listed so that they are found in a config.json too, where other unknown keys are the architecture's.
    private static readonly FrozenSet<string> Refused = new[]
    {
        "bad_words_ids", "force_words_ids", "constraints", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens",
        "sequence_bias", "exponential_decay_length_penalty", "watermarking_config", "stop_strings", "token_healing", "dola_layers", "max_time", "top_h",
    }.ToFrozenSet();

    private GenerationConfig(IReadOnlyList<int> eosTokenIds, SamplingOptions sampling)
    {
        EosTokenIds = eosTokenIds;
        Sampling = sampling;
    }

    /// <summary>Generation stops after any of these; empty for none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>How the next token is chosen.</summary>
    public SamplingOptions Sampling { get; }

    /// <summary>Reads a generation config.</summary>
    /// <param name="generationConfigJson">Text of the file; null where there is none: then, as transformers does, settings are looked for in <c>config.json</c>.</param>
    /// <param name="config">The model's config; its EOS ids hold where the file gives none.</param>
    /// <param name="where">Name of the file, for messages.</param>
    /// <exception cref="InvalidInputException">Not JSON, a value out of range, or a setting that is not honoured; all problems.</exception>
    public static GenerationConfig Parse(string? generationConfigJson, ModelConfig config, string where = "generation_config.json")
    {
        ArgumentNullException.ThrowIfNull(config);
        var own = generationConfigJson is not null;
        var values = own ? ModelConfig.ReadObject(generationConfigJson!, where) : config.Values;
        if (!own) where = "config.json";
        var problems = new List<string>();
        var doSample = Flag("do_sample");
        // Greedy text needs no temperature; published configs write 0 there.
        var temperature = Real("temperature", 1, doSample ? "a finite number above 0 (do_sample is true)" : "a finite number", v => !doSample || (float)v > 0);
        var sampling = new SamplingOptions
        {
            DoSample = doSample,
            Temperature = doSample ? temperature : 1,
            TopK = TopK(),
            TopP = Real("top_p", 1, "a number from 0 to 1", v => v is >= 0 and <= 1),
            MinP = Taken("min_p") is null ? null : Real("min_p", 0, "a number from 0 to 1", v => v is >= 0 and <= 1),
            RepetitionPenalty = Real("repetition_penalty", 1, "a finite number above 0", v => (float)v > 0),
        };
        var eos = own && Taken("eos_token_id") is { } given ? TokenIds(given) : config.EosTokenIds;
        foreach (var (key, value) in values.OrderBy(p => p.Key, StringComparer.Ordinal)) RefuseOther(key, value);
        return problems.Count == 0 ? new GenerationConfig(eos, sampling) : throw new InvalidInputException(problems);

        JsonElement? Taken(string key) => values.TryGetValue(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

        void Wrong(string key, JsonElement value, string expected) => problems.Add($"{where}: {key} is {ConfigValue.Quote(value.GetRawText())}; expected {expected}.");

        bool Flag(string key)
        {
            if (Taken(key) is not { } value) return false;
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Wrong(key, value, "true or false");
            return value.ValueKind == JsonValueKind.True;
        }

        double Real(string key, double otherwise, string expected, Func<double, bool> allowed)
        {
            if (Taken(key) is not { } value) return otherwise;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && float.IsFinite((float)number) && allowed(number)) return number;
            Wrong(key, value, expected);
            return otherwise;
        }

        int TopK()
        {
            if (Taken("top_k") is not { } value) return DefaultTopK;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0) return count;
            Wrong("top_k", value, "an integer that is not negative; 0 for none");
            return 0;
        }

        IReadOnlyList<int> TokenIds(JsonElement value)
        {
            var items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value };
            var ids = new List<int>();
            foreach (var item in items)
            {
                if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id) && id >= 0) ids.Add(id);
                else
                {
                    Wrong("eos_token_id", value, "a token id or a list of them");
                    break;
                }
            }
            return ids;
        }

        void RefuseOther(string key, JsonElement value)
        {
            if (key is "do_sample" or "temperature" or "top_k" or "top_p" or "min_p" or "repetition_penalty" or "eos_token_id" || Harmless.Contains(key)) return;
            var inert = value.ValueKind switch
            {
                JsonValueKind.Null or JsonValueKind.False => true,
                JsonValueKind.Array => value.GetArrayLength() == 0,
                JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
                JsonValueKind.String => value.ValueEquals(""),
                _ => Neutral.TryGetValue(key, out var neutral) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == neutral,
            };
            if (inert || (!own && !Neutral.ContainsKey(key) && !Refused.Contains(key))) return;
            problems.Add($"{where}: {ConfigValue.Quote(key)} ({ConfigValue.Quote(value.GetRawText())}) is not honoured here " +
                "and may change the text; remove it to generate without it.");
        }
    }
}
