using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Assay.Models;

namespace Assay.Tests.Golden.Configs;

/// <summary>Real-size configs against what transformers 4.57 resolves them to and the tensors it builds from them.</summary>
public sealed class ConfigGoldenTests
{
    // What resolved.json has and the forward pass does not read: training, generation and bookkeeping. Everything else must be resolved equally.
    private static readonly ImmutableHashSet<string> LeftOut =
    [
        "_name_or_path", "attention_dropout", "attn_pdrop", "bad_words_ids", "begin_suppress_tokens", "chunk_size_feed_forward", "cross_attention_hidden_size",
        "decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping", "embd_pdrop", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty",
        "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "id2label", "initializer_range", "is_decoder", "label2id", "length_penalty", "max_length",
        "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_attentions", "output_hidden_states", "output_router_logits",
        "output_scores", "pad_token_id", "prefix", "problem_type", "pruned_heads", "remove_invalid_values", "repetition_penalty", "resid_pdrop", "return_dict",
        "return_dict_in_generate", "router_aux_loss_coef", "sep_token_id", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
        "summary_use_proj", "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder", "tokenizer_class", "top_k", "top_p",
        "torchscript", "transformers_version", "typical_p", "use_bfloat16", "use_cache",
        "classifier_dropout", "embedding_dropout", "hidden_dropout", "residual_dropout", "router_jitter_noise",
        // Changes rounding in 16 bits only.
        "reorder_and_upcast_attn",
        // False in all of them; true is refused (see ModelConfigRefusalTests).
        "add_cross_attention", "is_encoder_decoder", "pretraining_tp",
    ];

    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Folders("configs");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Config_as_published_resolves_as_transformers_resolves_it(string name) => Resolves(name, "config.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Config_with_every_default_left_out_resolves_as_transformers_resolves_it(string name) => Resolves(name, "config-least.json");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Tensors_have_the_names_and_shapes_that_transformers_builds(string name)
    {
        var config = Load(name, "config.json");
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("configs", Path.Combine(name, "tensors.json"))));
        var expected = golden.RootElement.GetProperty("tensors").EnumerateObject().Select(t => $"{t.Name} [{string.Join(", ", t.Value.EnumerateArray().Select(e => e.GetInt64()))}]");
        var stored = config.Tensors.Where(t => !t.Optional).Select(t => $"{t.Name} [{string.Join(", ", t.Shape)}]");
        Assert.Equal(expected.Order(StringComparer.Ordinal), stored.Order(StringComparer.Ordinal));
        var tied = golden.RootElement.GetProperty("tied_not_stored").EnumerateArray().Select(t => t.GetString()!).Order(StringComparer.Ordinal);
        Assert.Equal(tied, config.Tensors.Where(t => t.Optional).Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal(tied.Any(), config.TiedHead);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Both_forms_are_one_model(string name) => Assert.Equal(Load(name, "config.json").Canonical, Load(name, "config-least.json").Canonical);

    private static ModelConfig Load(string name, string file)
    {
        var text = File.ReadAllText(GoldenFiles.Require("configs", Path.Combine(name, file)));
        return GoldenFiles.OrSkip(() => ModelConfig.Parse(text, $"{name}/{file}"));
    }

    private static void Resolves(string name, string file)
    {
        var config = Load(name, file);
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("configs", Path.Combine(name, "resolved.json"))));
        var root = golden.RootElement;
        var resolved = config.Resolved.ToDictionary(r => r.Key, r => r.Value);
        var wrong = new List<string>();
        foreach (var (key, value) in root.EnumerateObject().Select(p => (p.Name, p.Value)).Where(p => !LeftOut.Contains(p.Name)))
        {
            var expected = key switch
            {
                // The class keeps null and the attention derives the size from two other keys.
                "head_dim" when value.ValueKind == JsonValueKind.Null => Number(root, "hidden_size") / Number(root, "num_attention_heads") + "",
                "n_inner" when value.ValueKind == JsonValueKind.Null => 4 * Number(root, "n_embd") + "",
                "rope_scaling" => Rope(value),
                _ => Text(value),
            };
            var actual = key == "rope_scaling" ? RopeOf(config) : resolved.GetValueOrDefault(key);
            if (actual != expected) wrong.Add($"{key}: {actual ?? "(not resolved)"}, expected {expected}");
        }
        Assert.Empty(wrong);
        Assert.Equal(root.GetProperty("bos_token_id").ValueKind == JsonValueKind.Null ? null : root.GetProperty("bos_token_id").GetInt32(), config.BosTokenId);
        Assert.Equal(Text(root.GetProperty("eos_token_id")), config.EosTokenIds.Count == 0 ? "null" : string.Join(", ", config.EosTokenIds));
        Assert.Equal(root.GetProperty("tie_word_embeddings").GetBoolean(), config.TiedHead);
        Assert.Equal(root.GetProperty("dtype").GetString(), config.DType);
    }

    private static long Number(JsonElement root, string key) => root.GetProperty(key).GetInt64();

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble().ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array when value.GetArrayLength() == 0 => "[]",
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Text)),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => value.GetRawText(),
    };

    private static string Rope(JsonElement value) => value.ValueKind == JsonValueKind.Null
        ? "default"
        : $"{value.GetProperty("rope_type").GetString()} {Text(value.GetProperty("factor"))} {Text(value.GetProperty("low_freq_factor"))} {Text(value.GetProperty("high_freq_factor"))} {Text(value.GetProperty("original_max_position_embeddings"))}";

    private static string RopeOf(ModelConfig config)
    {
        var rope = config.Spec.Layers[0].Attention.Rope!;
        return rope.Kind == RopeKind.Default ? "default" : string.Create(CultureInfo.InvariantCulture,
            $"llama3 {rope.Factor} {rope.LowFrequencyFactor} {rope.HighFrequencyFactor} {rope.OriginalMaxPositions}");
    }
}
