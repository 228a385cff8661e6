using Assay.Models;
using Assay.Models.Architectures;

namespace Assay.Tests.Models.Architectures;

/// <summary>What configs mean, by hand calculation from transformers' classes.</summary>
public sealed class ModelConfigTests
{
    public static IEnumerable<TheoryDataRow<string>> Types => ArchitectureTable.All.Select(t => new TheoryDataRow<string>(t.ModelType));

    private const string Full = "\"full_attention\"", Sliding = "\"sliding_attention\"";

    [Theory]
    [InlineData("llama", null)]
    [InlineData("mistral", "4096 4096 4096 4096", "sliding_window", null)]
    [InlineData("mistral", "12 12 12 12", "sliding_window", "12")]
    [InlineData("mistral", null, "sliding_window", "null")]
    [InlineData("qwen2", null, "sliding_window", "12", "max_window_layers", "0")]
    [InlineData("qwen2", "- - 12 12", "sliding_window", "12", "max_window_layers", "2", "use_sliding_window", "true")]
    [InlineData("qwen3", "12 12 12 12", "sliding_window", "12", "max_window_layers", "0", "use_sliding_window", "true")]
    [InlineData("qwen3", null, "sliding_window", "12", "use_sliding_window", "true")]
    [InlineData("qwen3", "12 - - 12", "sliding_window", "12", "use_sliding_window", "true", "layer_types", $"[{Sliding},{Full},{Full},{Sliding}]")]
    [InlineData("qwen3_moe", null, "sliding_window", "12", "max_window_layers", "2")]
    [InlineData("qwen3_moe", "12 12 12 12", "sliding_window", "12", "use_sliding_window", "true")]
    [InlineData("gemma2", "4096 - 4096 -")]
    [InlineData("gemma2", "16 - 16 -", "sliding_window_size", "16")]
    [InlineData("gemma2", "- - - 4096", "layer_types", $"[{Full},{Full},{Full},{Sliding}]")]
    [InlineData("gemma2", null, "sliding_window", "null", "layer_types", $"[{Full},{Full},{Full},{Full}]")]
    [InlineData("gpt2", null)]
    [InlineData("phi3", "12 12 12 12", "sliding_window", "12")]
    [InlineData("mixtral", null)]
    [InlineData("starcoder2", "12 12 12 12", "sliding_window", "12")]
    [InlineData("qwen2_moe", null, "sliding_window", "12", "max_window_layers", "0")]
    [InlineData("gemma3_text", "12 12 - 12", "sliding_window", "12", "sliding_window_pattern", "3")]
    [InlineData("gemma3_text", "12 12 12 12", "sliding_window", "12")]
    [InlineData("olmo3", "4096 4096 4096 -")]
    [InlineData("gpt_oss", "128 - 128 -")]
    [InlineData("smollm3", null, "sliding_window", "12")]
    [InlineData("smollm3", "- - - 12", "sliding_window", "12", "use_sliding_window", "true")]
    [InlineData("smollm3", "- 12 - 12", "sliding_window", "12", "use_sliding_window", "true", "no_rope_layer_interval", "2")]
    [InlineData("qwen3_next", null)]
    public void Windows_lie_where_transformers_puts_them(string type, string? windows, params string?[] changes)
    {
        var config = ConfigText.Parse(type, [.. changes.Chunk(2).Select(c => (c[0]!, c[1]))]);
        Assert.Equal(windows ?? "- - - -", string.Join(' ', config.Spec.Layers.Select(l => l.Attention.Window?.ToString() ?? "-")));
    }

    [Theory]
    [InlineData("S S S S")]
    [InlineData("- S - S", "decoder_sparse_step", "2")]
    [InlineData("- - S -", "decoder_sparse_step", "3")]
    [InlineData("- S S -", "mlp_only_layers", "[0,3,99]")]
    [InlineData("- - - -", "num_experts", "0")]
    public void Experts_lie_where_transformers_puts_them(string sparse, params string[] change)
    {
        var config = ConfigText.Parse("qwen3_moe", [.. change.Chunk(2).Select(c => (c[0], (string?)c[1]))]);
        Assert.Equal(sparse, string.Join(' ', config.Spec.Layers.Select(l => l.Mlp is RoutedMlpSpec ? "S" : "-")));
        for (var layer = 0; layer < 4; layer++)
        {
            var names = config.Tensors.Where(t => t.Name.StartsWith($"model.layers.{layer}.mlp.", StringComparison.Ordinal)).Select(t => t.Name).ToList();
            Assert.Equal(config.Spec.Layers[layer].Mlp is RoutedMlpSpec ? 1 + 3 * 3 : 3, names.Count);
        }
    }

    [Fact]
    public void Gpt2_slices_its_fused_projection_and_stores_inputs_first()
    {
        var config = ConfigText.Parse("gpt2", ("n_inner", "40"));
        var attention = config.Spec.Layers[2].Attention;
        Assert.Equal(new LinearSpec("transformer.h.2.attn.c_attn.weight", "transformer.h.2.attn.c_attn.bias", 16, 16, true, 0), attention.Query);
        Assert.Equal(attention.Query with { FirstOutput = 16 }, attention.Key);
        Assert.Equal(attention.Query with { FirstOutput = 32 }, attention.Value);
        Assert.Equal([16, 48], config.Tensors.Single(t => t.Name == "transformer.h.2.attn.c_attn.weight").Shape);
        Assert.Equal([40, 16], config.Tensors.Single(t => t.Name == "transformer.h.2.mlp.c_proj.weight").Shape);
        Assert.Equal([64, 16], config.Tensors.Single(t => t.Name == "transformer.wpe.weight").Shape);
        Assert.Equal("transformer.wte.weight", config.Spec.Head.Weight);
        Assert.Null(((DenseMlpSpec)config.Spec.Layers[0].Mlp).Gate);
        Assert.Equal(Activation.GeluTanh, config.Spec.Layers[0].Mlp.Activation);
    }

    [Theory]
    [InlineData("true", "false", .5f, .5f)]
    [InlineData("false", "false", 1f, 1f)]
    [InlineData("true", "true", .5f, .125f)]
    [InlineData("false", "true", 1f, .25f)]
    public void Gpt2_scales_as_its_flags_say(string weights, string inverse, float first, float last)
    {
        var layers = ConfigText.Parse("gpt2", ("scale_attn_weights", weights), ("scale_attn_by_inverse_layer_idx", inverse), ("reorder_and_upcast_attn", "true")).Spec.Layers;
        Assert.Equal([first, last], [layers[0].Attention.Scale, layers[3].Attention.Scale]);
    }

    [Fact]
    public void Gemma2_has_its_caps_scales_and_norms()
    {
        var spec = ConfigText.Parse("gemma2", ("query_pre_attn_scalar", "144"), ("attn_logit_softcapping", "null")).Spec;
        Assert.Equal(4, spec.EmbeddingScale);
        Assert.Equal(30, spec.FinalLogitSoftcap);
        var layer = spec.Layers[1];
        Assert.Null(layer.Attention.Softcap);
        Assert.Equal(1 / 12f, layer.Attention.Scale);
        Assert.Equal(
            ["model.layers.1.input_layernorm.weight", "model.layers.1.post_attention_layernorm.weight", "model.layers.1.pre_feedforward_layernorm.weight", "model.layers.1.post_feedforward_layernorm.weight"],
            new[] { layer.PreAttention, layer.PostAttention, layer.PreMlp, layer.PostMlp }.Select(n => n!.Weight));
        Assert.All([layer.PreAttention, layer.PostMlp, spec.FinalNorm], n => Assert.Equal(NormKind.RmsPlusOne, n!.Kind));
        Assert.Equal(50, ConfigText.Parse("gemma2").Spec.Layers[0].Attention.Softcap);
        // √2304 is whole; √3584 is rounded to float32 once, as torch.tensor(3584 ** 0.5, dtype=torch.float32).
        Assert.Equal(59.866518188383f, ConfigText.Parse("gemma2", ("hidden_size", "3584")).Spec.EmbeddingScale);
    }

    [Fact]
    public void Biases_are_where_the_keys_put_them()
    {
        Assert.Equal(["k_proj", "q_proj", "v_proj"], Biases(ConfigText.Parse("qwen2")));
        Assert.Empty(Biases(ConfigText.Parse("qwen3")));
        Assert.Empty(Biases(ConfigText.Parse("mistral")));
        Assert.Equal(["k_proj", "o_proj", "q_proj", "v_proj"], Biases(ConfigText.Parse("llama", ("attention_bias", "true"))));
        Assert.Equal(["down_proj", "gate_proj", "up_proj"], Biases(ConfigText.Parse("llama", ("mlp_bias", "true"))));

        static IEnumerable<string> Biases(ModelConfig config) => config.Tensors.Where(t => t.Name.StartsWith("model.layers.0.") && t.Name.EndsWith(".bias"))
            .Select(t => t.Name.Split('.')[^2]).Order();
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Roles_follow_the_residual_stream(string type)
    {
        // By name, from the papers: what projects into the stream writes, what projects out of it reads, the rest touches neither.
        string[] writers = ["embed_tokens.weight", "wte.weight", "wpe.weight", "o_proj.weight", "o_proj.bias", "down_proj.weight", "down_proj.bias", "c_proj.weight", "c_proj.bias", "embed_in.weight", "attention.dense.weight", "attention.dense.bias",
            "dense_4h_to_h.weight", "dense_4h_to_h.bias", "w2.weight", "experts.down_proj", "experts.down_proj_bias", "out_proj.weight"];
        string[] readers = ["q_proj.weight", "k_proj.weight", "v_proj.weight", "gate_proj.weight", "up_proj.weight", "mlp.gate.weight", "lm_head.weight", "c_attn.weight", "c_fc.weight", "query_key_value.weight",
            "dense_h_to_4h.weight", "qkv_proj.weight", "gate_up_proj.weight", "experts.gate_up_proj", "w1.weight", "w3.weight", "block_sparse_moe.gate.weight", "router.weight", "shared_expert_gate.weight", "q_a_proj.weight",
            "kv_a_proj_with_mqa.weight", "in_proj_qkvz.weight", "in_proj_ba.weight", "embed_out.weight"];
        // Between two maps of a block: what goes in and comes out is not the stream.
        string[] inner = ["q_b_proj.weight", "kv_b_proj.weight", "conv1d.weight", "gate_up_proj_bias"];
        var config = type == "llama" ? ConfigText.Parse(type, ("attention_bias", "true"), ("mlp_bias", "true")) : ConfigText.Parse(type);
        foreach (var tensor in config.Tensors)
        {
            var expected = writers.Any(tensor.Name.EndsWith) ? ResidualRole.Writes : readers.Any(tensor.Name.EndsWith) ? ResidualRole.Reads : ResidualRole.Neither;
            Assert.True(expected == tensor.Role, $"{tensor.Name} is {tensor.Role}, expected {expected}.");
            if (tensor.Role == ResidualRole.Neither && !inner.Any(tensor.Name.EndsWith)) Assert.Single(tensor.Shape);
        }
    }

    [Fact]
    public void Both_spellings_of_a_rotation_are_one()
    {
        const string llama3 = "\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,\"original_max_position_embeddings\":64";
        var four = ConfigText.Parse("llama", ("rope_theta", "500000"), ("rope_scaling", $$"""{"type":"llama3",{{llama3}}}"""));
        var five = ConfigText.Parse("llama", ("rope_parameters", $$"""{"rope_type":"llama3","rope_theta":500000.0,{{llama3}}}"""));
        Assert.Equal(four.Canonical, five.Canonical);
        Assert.Equal(new RopeSpec { Kind = RopeKind.Llama3, Theta = 500000, Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalMaxPositions = 64 }, four.Spec.Layers[0].Attention.Rope);
        var both = ConfigText.Parse("llama", ("rope_theta", "500000"), ("rope_scaling", $$"""{"rope_type":"llama3",{{llama3}}}"""), ("rope_parameters", $$"""{"rope_type":"llama3","rope_theta":500000.0,{{llama3}}}"""));
        Assert.Equal(four.Canonical, both.Canonical);
    }

    [Theory]
    [InlineData("llama", "rope_theta", "20000")]
    [InlineData("llama", "rms_norm_eps", "1e-5")]
    [InlineData("llama", "hidden_act", "\"gelu\"")]
    [InlineData("llama", "tie_word_embeddings", "true")]
    [InlineData("llama", "attention_bias", "true")]
    [InlineData("llama", "rope_scaling", """{"type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64}""")]
    [InlineData("mistral", "sliding_window", "8")]
    [InlineData("gemma2", "query_pre_attn_scalar", "8")]
    [InlineData("gemma2", "final_logit_softcapping", "null")]
    [InlineData("gemma2", "attn_logit_softcapping", "51")]
    [InlineData("gpt2", "scale_attn_weights", "false")]
    [InlineData("qwen3_moe", "norm_topk_prob", "true")]
    [InlineData("qwen3_moe", "num_experts_per_tok", "1")]
    public void Canonical_text_tells_models_apart(string type, string key, string value) =>
        Assert.NotEqual(ConfigText.Parse(type).Canonical, ConfigText.Parse(type, (key, value)).Canonical);

    [Theory]
    [InlineData("llama", "torch_dtype", "\"float16\"")]
    [InlineData("llama", "eos_token_id", "[5,6]")]
    [InlineData("llama", "head_dim", "4")]
    [InlineData("llama", "rope_theta", "1e4")]
    [InlineData("llama", "rope_interleaved", "false")]
    [InlineData("llama", "rope_scaling", "{}")]
    [InlineData("llama", "_name_or_path", "\"x\"")]
    [InlineData("qwen2", "max_window_layers", "21")]
    [InlineData("qwen2", "sliding_window", "131072")]
    [InlineData("gpt2", "hidden_size", "16")]
    [InlineData("gpt2", "n_ctx", "64")]
    [InlineData("gpt2", "activation_function", "\"gelu_pytorch_tanh\"")]
    public void Canonical_text_leaves_out_what_is_not_computed_with(string type, string key, string value) =>
        Assert.Equal(ConfigText.Parse(type).Canonical, ConfigText.Parse(type, (key, value)).Canonical);

    [Fact]
    public void Every_value_says_where_it_comes_from()
    {
        var config = ConfigText.Parse("llama", ("num_key_value_heads", null), ("torch_dtype", "\"bfloat16\""), ("rope_interleaved", "false"), ("is_llama_config", "true"),
            ("rope_parameters", """{"rope_theta":500000.0,"rope_type":"default"}"""));
        var resolved = config.Resolved.ToDictionary(r => r.Key);
        Assert.Equal(new ResolvedValue("hidden_size", "16", ValueSource.Given, null), resolved["hidden_size"]);
        Assert.Equal(new ResolvedValue("rms_norm_eps", "1e-06", ValueSource.Defaulted, "LlamaConfig"), resolved["rms_norm_eps"]);
        Assert.Equal(new ResolvedValue("num_key_value_heads", "4", ValueSource.Defaulted, "num_attention_heads"), resolved["num_key_value_heads"]);
        Assert.Equal(new ResolvedValue("head_dim", "4", ValueSource.Defaulted, "hidden_size / num_attention_heads"), resolved["head_dim"]);
        Assert.Equal(new ResolvedValue("dtype", "bfloat16", ValueSource.Given, "as torch_dtype"), resolved["dtype"]);
        Assert.Equal(new ResolvedValue("rope_theta", "500000", ValueSource.Given, "as rope_parameters.rope_theta"), resolved["rope_theta"]);
        Assert.Equal(ValueSource.Ignored, resolved["rope_interleaved"].Source);
        Assert.Equal(ValueSource.Shown, resolved["is_llama_config"].Source);
        Assert.Equal("null", ConfigText.Parse("qwen2").Resolved.Single(r => r.Key == "sliding_window").Value);
    }

    [Fact]
    public void A_key_without_a_default_is_missed_by_name()
    {
        var reader = new ConfigReader(new Dictionary<string, System.Text.Json.JsonElement>(), "config.json");
        reader.ReadKeys(Llama.Table with { Keys = [new ConfigKey("width", ConfigKind.Size) { Required = true }] });
        Assert.Equal("config.json: width is missing and LlamaConfig has no default for it.", Assert.Single(reader.Problems));
    }

    // Spelt as published files are, with keys that transformers does not read.
    [Theory]
    [InlineData("""{"architectures":["Gemma2ForCausalLM"],"model_type":"gemma2","hidden_act":"gelu_pytorch_tanh","hidden_activation":"gelu_pytorch_tanh","cache_implementation":"hybrid","sliding_window":4096,"sliding_window_size":4096,"head_dim":256,"hidden_size":3584,"num_hidden_layers":42,"num_attention_heads":16,"num_key_value_heads":8,"query_pre_attn_scalar":256,"torch_dtype":"float32"}""")]
    [InlineData("""{"architectures":["Qwen3MoeForCausalLM"],"model_type":"qwen3_moe","head_dim":128,"max_window_layers":48,"num_hidden_layers":2,"norm_topk_prob":true,"rope_scaling":null,"sliding_window":null,"use_sliding_window":false,"attention_bias":false}""")]
    [InlineData("""{"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","max_window_layers":28,"sliding_window":131072,"use_sliding_window":false,"use_mrope":false,"rope_theta":1000000.0}""")]
    [InlineData("""{"architectures":["GPT2LMHeadModel"],"model_type":"gpt2","n_ctx":1024,"n_positions":1024,"task_specific_params":{"text-generation":{"do_sample":true,"max_length":50}},"summary_type":"cls_index","attn_pdrop":0.1}""")]
    [InlineData("""{"architectures":["LlamaForCausalLM"],"model_type":"llama","is_llama_config":true,"rope_interleaved":false,"pretraining_tp":1,"transformers.js_config":{"kv_cache_dtype":{"fp16":"float16"}},"rope_scaling":null,"attention_dropout":0.0,"initializer_range":0.04}""")]
    [InlineData("""{"architectures":["Gemma3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"attn_logit_softcapping":null,"bos_token_id":2,"cache_implementation":"hybrid","eos_token_id":[1,106],"final_logit_softcapping":null,"head_dim":256,"hidden_activation":"gelu_pytorch_tanh","hidden_size":1152,"initializer_range":0.02,"intermediate_size":6912,"max_position_embeddings":32768,"model_type":"gemma3_text","num_attention_heads":4,"num_hidden_layers":26,"num_key_value_heads":1,"pad_token_id":0,"query_pre_attn_scalar":256,"rms_norm_eps":1e-06,"rope_local_base_freq":10000,"rope_scaling":null,"rope_theta":1000000,"sliding_window":512,"sliding_window_pattern":6,"torch_dtype":"bfloat16","use_cache":true,"vocab_size":262144}""")]
    [InlineData("""{"architectures":["Gemma3ForConditionalGeneration"],"boi_token_index":255999,"eoi_token_index":256000,"eos_token_id":[1,106],"image_token_index":262144,"initializer_range":0.02,"mm_tokens_per_image":256,"model_type":"gemma3","text_config":{"hidden_size":2560,"intermediate_size":10240,"model_type":"gemma3_text","num_hidden_layers":34,"rope_scaling":{"factor":8.0,"rope_type":"linear"},"sliding_window":1024},"torch_dtype":"bfloat16","vision_config":{"hidden_size":1152}}""")]
    [InlineData("""{"architectures":["Qwen3NextForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"decoder_sparse_step":1,"eos_token_id":151645,"full_attention_interval":4,"head_dim":256,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":5120,"linear_conv_kernel_dim":4,"linear_key_head_dim":128,"linear_num_key_heads":16,"linear_num_value_heads":32,"linear_value_head_dim":128,"max_position_embeddings":262144,"mlp_only_layers":[],"model_type":"qwen3_next","moe_intermediate_size":512,"norm_topk_prob":true,"num_attention_heads":16,"num_experts":512,"num_experts_per_tok":10,"num_hidden_layers":4,"num_key_value_heads":2,"output_router_logits":false,"partial_rotary_factor":0.25,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":10000000,"router_aux_loss_coef":0.001,"shared_expert_intermediate_size":512,"tie_word_embeddings":false,"torch_dtype":"bfloat16","use_cache":true,"use_sliding_window":false,"vocab_size":151936}""")]
    [InlineData("""{"architectures":["GptOssForCausalLM"],"attention_bias":true,"attention_dropout":0.0,"eos_token_id":200002,"experts_per_token":4,"head_dim":64,"hidden_act":"silu","hidden_size":2880,"initial_context_length":4096,"initializer_range":0.02,"intermediate_size":2880,"max_position_embeddings":131072,"model_type":"gpt_oss","num_attention_heads":64,"num_experts_per_tok":4,"num_hidden_layers":24,"num_key_value_heads":8,"num_local_experts":32,"output_router_logits":false,"pad_token_id":199999,"rms_norm_eps":1e-05,"rope_scaling":{"beta_fast":32.0,"beta_slow":1.0,"factor":32.0,"original_max_position_embeddings":4096,"rope_type":"yarn","truncate":false},"rope_theta":150000,"router_aux_loss_coef":0.9,"sliding_window":128,"swiglu_limit":7.0,"tie_word_embeddings":false,"use_cache":true,"vocab_size":201088}""")]
    [InlineData("""{"architectures":["DeepseekV3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"aux_loss_alpha":0.001,"bos_token_id":0,"eos_token_id":1,"ep_size":1,"first_k_dense_replace":3,"hidden_act":"silu","hidden_size":7168,"initializer_range":0.02,"intermediate_size":18432,"kv_lora_rank":512,"max_position_embeddings":163840,"model_type":"deepseek_v3","moe_intermediate_size":2048,"moe_layer_freq":1,"n_group":8,"n_routed_experts":256,"n_shared_experts":1,"norm_topk_prob":true,"num_attention_heads":128,"num_experts_per_tok":8,"num_hidden_layers":4,"num_key_value_heads":128,"num_nextn_predict_layers":1,"pretraining_tp":1,"q_lora_rank":1536,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"rms_norm_eps":1e-06,"rope_scaling":{"beta_fast":32,"beta_slow":1,"factor":40,"mscale":1.0,"mscale_all_dim":1.0,"original_max_position_embeddings":4096,"type":"yarn"},"rope_theta":10000,"routed_scaling_factor":2.5,"scoring_func":"sigmoid","seq_aux":true,"tie_word_embeddings":false,"topk_group":4,"topk_method":"noaux_tc","torch_dtype":"bfloat16","use_cache":true,"v_head_dim":128,"vocab_size":129280}""")]
    [InlineData("""{"architectures":["Olmo3ForCausalLM"],"attention_bias":false,"eos_token_id":100257,"hidden_act":"silu","hidden_size":4096,"intermediate_size":11008,"max_position_embeddings":65536,"model_type":"olmo3","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":32,"pad_token_id":100277,"rms_norm_eps":1e-06,"rope_scaling":{"attention_factor":1.2079441541679836,"beta_fast":32,"beta_slow":1,"factor":8.0,"original_max_position_embeddings":8192,"rope_type":"yarn"},"rope_theta":500000,"sliding_window":4096,"tie_word_embeddings":false,"torch_dtype":"bfloat16","use_cache":true,"vocab_size":100278}""")]
    [InlineData("""{"_name_or_path":"stablelm","architectures":["StableLmForCausalLM"],"bos_token_id":0,"eos_token_id":0,"hidden_act":"silu","hidden_size":2560,"initializer_range":0.02,"intermediate_size":6912,"layer_norm_eps":1e-05,"max_position_embeddings":4096,"model_type":"stablelm","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":32,"partial_rotary_factor":0.25,"rope_theta":10000,"rope_scaling":null,"rotary_scaling_factor":1.0,"tie_word_embeddings":false,"torch_dtype":"bfloat16","use_cache":true,"use_qkv_bias":false,"vocab_size":50304}""")]
    [InlineData("""{"architectures":["SmolLM3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":null,"eos_token_id":128012,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":11008,"layer_types":null,"max_position_embeddings":65536,"max_window_layers":28,"mlp_bias":false,"model_type":"smollm3","no_rope_layer_interval":4,"num_attention_heads":16,"num_hidden_layers":36,"num_key_value_heads":4,"pretraining_tp":2,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":5000000.0,"sliding_window":null,"tie_word_embeddings":true,"torch_dtype":"bfloat16","use_sliding_window":false,"vocab_size":128256}""")]
    [InlineData("""{"architectures":["Starcoder2ForCausalLM"],"activation_function":"gelu","attention_dropout":0.1,"attention_softmax_in_fp32":true,"bos_token_id":0,"embedding_dropout":0.1,"eos_token_id":0,"hidden_act":"gelu_pytorch_tanh","hidden_size":3072,"initializer_range":0.018042,"intermediate_size":12288,"layer_norm_epsilon":1e-05,"max_position_embeddings":16384,"mlp_type":"default","model_type":"starcoder2","norm_epsilon":1e-05,"norm_type":"layer_norm","num_attention_heads":24,"num_hidden_layers":30,"num_key_value_heads":2,"residual_dropout":0.1,"rope_theta":999999.4420358813,"scale_attention_softmax_in_fp32":true,"scale_attn_weights":true,"sliding_window":4096,"torch_dtype":"float32","use_bias":true,"vocab_size":49152}""")]
    [InlineData("""{"architectures":["Qwen2MoeForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"decoder_sparse_step":1,"eos_token_id":151643,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":5632,"max_position_embeddings":8192,"max_window_layers":21,"model_type":"qwen2_moe","moe_intermediate_size":1408,"norm_topk_prob":false,"num_attention_heads":16,"num_experts":60,"num_experts_per_tok":4,"num_hidden_layers":24,"num_key_value_heads":16,"output_router_logits":false,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"router_aux_loss_coef":0.001,"shared_expert_intermediate_size":5632,"sliding_window":32768,"tie_word_embeddings":false,"torch_dtype":"bfloat16","use_cache":true,"use_sliding_window":false,"vocab_size":151936}""")]
    public void Published_configs_are_read(string json) => Assert.NotEmpty(ModelConfig.Parse(json).Tensors);
}
