using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Tests.Models.Architectures;

/// <summary>What a config may not say. Each refusal names its key; nothing crashes.</summary>
public sealed class ModelConfigRefusalTests
{
    [Theory]
    [InlineData("llama", "quantization_config", """{"quant_method":"gptq"}""")]
    [InlineData("llama", "auto_map", """{"AutoModelForCausalLM":"modeling.X"}""")]
    [InlineData("llama", "text_config", """{"model_type":"llama"}""")]
    [InlineData("llama", "architectures", """["LlamaForSequenceClassification"]""")]
    [InlineData("llama", "architectures", "\"LlamaForCausalLM\"")]
    [InlineData("llama", "pretraining_tp", "2")]
    [InlineData("llama", "partial_rotary_factor", "0.5")]
    [InlineData("llama", "is_encoder_decoder", "true")]
    [InlineData("gpt2", "add_cross_attention", "true")]
    [InlineData("gemma2", "use_bidirectional_attention", "true")]
    [InlineData("llama", "is_causal", "false")]
    // Unknown keys that speak of computation.
    [InlineData("llama", "rope_interleaved", "true")]
    [InlineData("llama", "embedding_multiplier", "12.0")]
    [InlineData("llama", "logit_scale", "0.1")]
    [InlineData("llama", "use_qk_norm", "true")]
    [InlineData("llama", "sliding_window", "64")]
    [InlineData("mistral", "attention_bias", "true")]
    [InlineData("llama", "final_logit_softcapping", "30")]
    [InlineData("llama", "num_local_experts", "8")]
    [InlineData("gpt2", "rope_theta", "10000")]
    [InlineData("llama", "pruned_heads", """{"0":[1]}""")]
    // Values that make no model.
    [InlineData("llama", "hidden_size", "0")]
    [InlineData("llama", "hidden_size", "-16")]
    [InlineData("llama", "hidden_size", "16.5")]
    [InlineData("llama", "hidden_size", "\"16\"")]
    [InlineData("llama", "hidden_size", "null")]
    [InlineData("llama", "hidden_size", "[16]")]
    [InlineData("llama", "vocab_size", "99999999999999999999")]
    [InlineData("llama", "vocab_size", "2147483647")]
    [InlineData("llama", "num_hidden_layers", "16777216")]
    [InlineData("llama", "num_attention_heads", "3")]
    [InlineData("llama", "num_key_value_heads", "3")]
    [InlineData("llama", "num_key_value_heads", "8")]
    [InlineData("llama", "head_dim", "16777216")]
    [InlineData("llama", "head_dim", "7")]
    [InlineData("llama", "rms_norm_eps", "-1e-6")]
    [InlineData("llama", "rms_norm_eps", "1e999")]
    [InlineData("llama", "rms_norm_eps", "1e39")]
    [InlineData("llama", "hidden_act", "\"quick_gelu\"")]
    [InlineData("llama", "hidden_act", "7")]
    [InlineData("llama", "attention_bias", "1")]
    [InlineData("llama", "eos_token_id", "-1")]
    [InlineData("llama", "eos_token_id", "[2,\"a\"]")]
    [InlineData("llama", "bos_token_id", "[1]")]
    [InlineData("llama", "rope_theta", "0")]
    [InlineData("llama", "rope_theta", "-1")]
    [InlineData("llama", "rope_theta", "\"1e4\"")]
    [InlineData("gemma2", "query_pre_attn_scalar", "0")]
    [InlineData("gemma2", "query_pre_attn_scalar", "1e-320")]
    [InlineData("gemma2", "attn_logit_softcapping", "0")]
    [InlineData("gemma2", "num_key_value_heads", "null")]
    [InlineData("gpt2", "n_embd", "8388608")]
    [InlineData("qwen3_moe", "num_experts_per_tok", "4")]
    [InlineData("qwen3_moe", "decoder_sparse_step", "0")]
    [InlineData("qwen3_moe", "mlp_only_layers", "[-1]")]
    [InlineData("qwen3_moe", "num_experts", "16777216")]
    // Variants of architectures that are not computed, and keys that contradict each other.
    [InlineData("cohere", "use_qk_norm", "true")]
    [InlineData("stablelm", "qk_layernorm", "true")]
    [InlineData("olmoe", "clip_qkv", "8.0")]
    [InlineData("gemma", "use_bidirectional_attention", "true")]
    [InlineData("gemma", "hidden_activation", "\"gelu\"")]
    [InlineData("gemma3_text", "use_bidirectional_attention", "true")]
    [InlineData("qwen2_moe", "use_sliding_window", "true")]
    [InlineData("gpt_neox", "rotary_emb_base", "20000", "rope_theta", "10000")]
    [InlineData("gpt_neox", "rotary_pct", "0.25", "partial_rotary_factor", "0.5")]
    [InlineData("glm4", "partial_rotary_factor", "1.5")]
    [InlineData("glm4", "partial_rotary_factor", "0.4")]
    [InlineData("smollm3", "no_rope_layers", "[1,1,0]")]
    [InlineData("smollm3", "no_rope_layers", "[1,1,0,2]")]
    [InlineData("gpt_oss", "hidden_act", "\"gelu\"")]
    [InlineData("gpt_oss", "num_experts_per_tok", "4")]
    [InlineData("deepseek_v3", "scoring_func", "\"softmax\"")]
    [InlineData("deepseek_v3", "topk_method", "\"greedy\"")]
    [InlineData("deepseek_v3", "moe_layer_freq", "2")]
    [InlineData("deepseek_v3", "n_group", "3")]
    [InlineData("deepseek_v3", "n_group", "8")]
    [InlineData("deepseek_v3", "topk_group", "5")]
    [InlineData("deepseek_v3", "head_dim", "64")]
    [InlineData("deepseek_v3", "qk_head_dim", "64")]
    [InlineData("deepseek_v3", "qk_rope_head_dim", "3")]
    [InlineData("deepseek_v3", "num_key_value_heads", "2")]
    [InlineData("qwen3_next", "hidden_act", "\"gelu\"")]
    [InlineData("qwen3_next", "linear_num_value_heads", "3")]
    [InlineData("qwen3_next", "layer_types", """["full_attention","full_attention","full_attention","sliding_attention"]""")]
    // Layer types.
    [InlineData("qwen3", "layer_types", """["full_attention"]""")]
    [InlineData("qwen3", "layer_types", """["full_attention","full_attention","full_attention","linear_attention"]""")]
    [InlineData("qwen3", "layer_types", """["full_attention","full_attention","full_attention","sliding_attention"]""")]
    [InlineData("llama", "layer_types", """["full_attention","full_attention","full_attention","sliding_attention"]""")]
    [InlineData("mistral", "layer_types", """["full_attention","full_attention","full_attention","full_attention"]""")]
    [InlineData("llama", "layer_types", "3")]
    public void A_key_is_refused_by_name(string type, string key, string value, params string[] more)
    {
        var problems = ConfigText.Problems(type, [(key, value), .. more.Chunk(2).Select(c => (c[0], (string?)c[1]))]);
        Assert.All(problems, p => Assert.StartsWith("config.json: ", p));
        Assert.Contains(problems, p => p.Contains(key));
    }

    [Theory]
    [InlineData("ntk")]
    [InlineData("something_new")]
    public void Rotations_that_are_not_implemented_are_refused_in_every_spelling(string kind)
    {
        foreach (var (key, type) in new[] { ("rope_scaling", "type"), ("rope_scaling", "rope_type"), ("rope_parameters", "rope_type") })
            Assert.Contains($"'{kind}'", Assert.Single(ConfigText.Problems("llama", (key, $$"""{"{{type}}":"{{kind}}","factor":4.0}"""))));
    }

    [Theory]
    [InlineData("""{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0}""", "original_max_position_embeddings")]
    [InlineData("""{"rope_type":"llama3","factor":0.5,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64}""", "factor")]
    [InlineData("""{"rope_type":"llama3","factor":8.0,"low_freq_factor":4.0,"high_freq_factor":4.0,"original_max_position_embeddings":64}""", "high_freq_factor")]
    [InlineData("""{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64.5}""", "original_max_position_embeddings")]
    [InlineData("""{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64,"attention_factor":2.0}""", "attention_factor")]
    [InlineData("""{"rope_type":"default","mrope_section":[16,24,24]}""", "mrope_section")]
    [InlineData("""{"rope_type":"default","partial_rotary_factor":0.25}""", "partial_rotary_factor")]
    [InlineData("""{"rope_type":"linear"}""", "factor")]
    [InlineData("""{"rope_type":"linear","factor":0.5}""", "factor")]
    [InlineData("""{"rope_type":"linear","factor":2.0,"beta_fast":32}""", "beta_fast")]
    [InlineData("""{"rope_type":"dynamic","factor":2.0,"original_max_position_embeddings":64}""", "original_max_position_embeddings")]
    [InlineData("""{"rope_type":"dynamic","factor":2.0,"alpha":1000.0}""", "alpha")]
    [InlineData("""{"rope_type":"yarn","factor":2.0,"truncate":1}""", "truncate")]
    [InlineData("""{"rope_type":"yarn","factor":2.0,"mscale":-1}""", "mscale")]
    [InlineData("""{"rope_type":"longrope","short_factor":[1,1],"long_factor":[2,2]}""", "original_max_position_embeddings")]
    [InlineData("""{"rope_type":"longrope","short_factor":[1,1],"long_factor":[2,"a"],"original_max_position_embeddings":64}""", "long_factor")]
    [InlineData("""{"rope_type":"longrope","short_factor":[1,1],"original_max_position_embeddings":64}""", "long_factor")]
    [InlineData("""{"rope_type":"longrope","short_factor":[1,1,1],"long_factor":[2,2,2],"original_max_position_embeddings":64}""", "short_factor")]
    [InlineData("""{"rope_type":"longrope","factor":3.0,"short_factor":[1,1],"long_factor":[2,2],"original_max_position_embeddings":64}""", "factor")]
    [InlineData("""{"full_attention":{"rope_type":"default"},"sliding_attention":{"rope_type":"linear","factor":2.0}}""", "sliding_attention")]
    [InlineData("""{"full_attention":{"rope_type":"default"},"linear_attention":{"rope_type":"default"}}""", "linear_attention")]
    [InlineData("""{"factor":2.0}""", "rope_type")]
    [InlineData("""{"rope_type":"default","type":"linear"}""", "type")]
    [InlineData("""{"rope_type":3}""", "rope_type")]
    [InlineData("\"default\"", "rope_scaling")]
    public void Broken_rotations_are_refused(string scaling, string key) =>
        Assert.Contains(ConfigText.Problems("llama", ("rope_scaling", scaling)), p => p.Contains(key));

    [Fact]
    public void Spellings_that_contradict_each_other_are_refused()
    {
        Assert.Contains("rope_theta", Assert.Single(ConfigText.Problems("llama", ("rope_theta", "10000"), ("rope_parameters", """{"rope_theta":500000,"rope_type":"default"}"""))));
        Assert.Contains("torch_dtype", Assert.Single(ConfigText.Problems("llama", ("dtype", "\"float32\""), ("torch_dtype", "\"bfloat16\""))));
        Assert.Contains("num_local_experts", Assert.Single(ConfigText.Problems("qwen3_moe", ("num_local_experts", "4"))));
        Assert.Contains("sliding_window_size", Assert.Single(ConfigText.Problems("gemma2", ("sliding_window", "16"), ("sliding_window_size", "32"))));
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var problems = ConfigText.Problems("llama", ("hidden_size", "0"), ("hidden_act", "\"x\""), ("quantization_config", "{\"a\":1}"), ("logit_scale", "2"),
            ("rope_scaling", """{"type":"yarnish"}"""), ("num_key_value_heads", "3"));
        foreach (var key in new[] { "hidden_size", "hidden_act", "quantization_config", "logit_scale", "yarnish", "num_key_value_heads" }) Assert.Contains(problems, p => p.Contains(key));
        Assert.Equal(6, problems.Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"model_type":"mamba"}""")]
    [InlineData("""{"model_type":3}""")]
    public void Unknown_architectures_are_refused_with_a_list_of_the_known(string json)
    {
        var problem = Assert.Single(Assert.Throws<InvalidInputException>(() => ModelConfig.Parse(json, "m/config.json")).Problems);
        Assert.StartsWith("m/config.json: model_type", problem);
        Assert.Contains("llama", problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"llama\"")]
    [InlineData("{\"model_type\":\"llama\",}")]
    [InlineData("{\"model_type\":\"llama\",\"model_type\":\"llama\"}")]
    [InlineData("{\"model_type\":\"llama\",\"rope_scaling\":{\"type\":\"linear\",\"type\":\"default\"}}")]
    [InlineData("{\"model_type\":\"llama\",\"rms_norm_eps\":NaN}")]
    [InlineData("{\"model_type\":\"\\ud800\"}")]
    [InlineData("{\"model_type\":\"llama\",\"\\ud800\":1}")]
    [InlineData("{\"model_type\":\"llama\",\"x\":[{\"y\":\"\\udfff\"}]}")]
    [InlineData("{\"model_type\":\"llama\u0000\"}")]
    public void Hostile_json_is_a_clear_error(string json) => Assert.Throws<InvalidInputException>(() => ModelConfig.Parse(json));

    [Fact]
    public void Deep_nesting_and_great_length_are_clear_errors()
    {
        Assert.Throws<InvalidInputException>(() => ModelConfig.Parse("{\"model_type\":\"llama\",\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}"));
        Assert.Throws<InvalidInputException>(() => ModelConfig.Parse(new string(' ', (1 << 24) + 1)));
    }

    [Fact]
    public void Messages_carry_no_control_characters_and_stay_short()
    {
        var problem = Assert.Single(ConfigText.Problems("llama", ("norm\u001b[31m\u202e" + new string('x', 5000), "\"\\u0007\"")));
        Assert.DoesNotContain(problem, char.IsControl);
        Assert.DoesNotContain('\u202e', problem);
        Assert.InRange(problem.Length, 1, 500);
        var many = Enumerable.Range(0, 1000).Select(i => ($"norm{i}", (string?)"1")).ToArray();
        Assert.InRange(ConfigText.Problems("llama", many).Count, 50, 51);
    }

    [Fact]
    public void A_mutated_config_is_read_or_refused_but_never_crashes()
    {
        var random = new Random(5);
        foreach (var text in ConfigText.Small.Keys.Select(t => ConfigText.With(t, ("rope_scaling", t == "gpt2" ? null : """{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64}"""), ("eos_token_id", "[1,2]"))))
        {
            Assert.NotNull(ModelConfig.Parse(text));
            for (var i = 0; i < 700; i++)
            {
                var mutated = text.ToCharArray();
                for (var edits = random.Next(1, 4); edits > 0; edits--) mutated[random.Next(mutated.Length)] = "0123456789-.eE\"{}[]:,\\u nulltrue"[random.Next(32)];
                try
                {
                    Assert.NotEmpty(ModelConfig.Parse(new string(mutated)).Tensors);
                }
                catch (InvalidInputException refusal)
                {
                    Assert.NotEmpty(refusal.Problems);
                }
            }
        }
    }
}
