using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Tests.Models.Architectures;

/// <summary>Small configs to vary, one key at a time.</summary>
internal static class ConfigText
{
    internal static readonly IReadOnlyDictionary<string, string> Small = new Dictionary<string, string>
    {
        ["llama"] = """{"model_type":"llama","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["mistral"] = """{"model_type":"mistral","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["qwen2"] = """{"model_type":"qwen2","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["qwen3"] = """{"model_type":"qwen3","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8}""",
        ["gemma2"] = """{"model_type":"gemma2","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8}""",
        ["gpt2"] = """{"model_type":"gpt2","vocab_size":32,"n_embd":16,"n_layer":4,"n_head":4,"n_positions":64}""",
        ["cohere"] = """{"model_type":"cohere","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["deepseek_v3"] = """{"model_type":"deepseek_v3","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":4,"q_lora_rank":6,"kv_lora_rank":10,"qk_nope_head_dim":3,"qk_rope_head_dim":2,"v_head_dim":5,"n_routed_experts":8,"num_experts_per_tok":2,"moe_intermediate_size":12,"n_group":4,"topk_group":2,"first_k_dense_replace":1}""",
        ["gemma"] = """{"model_type":"gemma","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8}""",
        ["gemma3_text"] = """{"model_type":"gemma3_text","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8}""",
        ["glm4"] = """{"model_type":"glm4","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8}""",
        ["gpt_neox"] = """{"model_type":"gpt_neox","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"rotary_pct":0.5}""",
        ["gpt_oss"] = """{"model_type":"gpt_oss","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":4,"num_local_experts":3,"num_experts_per_tok":2}""",
        ["granite"] = """{"model_type":"granite","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["mixtral"] = """{"model_type":"mixtral","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"num_local_experts":3}""",
        ["olmo2"] = """{"model_type":"olmo2","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["olmo3"] = """{"model_type":"olmo3","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["olmoe"] = """{"model_type":"olmoe","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"num_experts":3,"num_experts_per_tok":2}""",
        ["phi3"] = """{"model_type":"phi3","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["qwen2_moe"] = """{"model_type":"qwen2_moe","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"moe_intermediate_size":12,"shared_expert_intermediate_size":20,"num_experts":3,"num_experts_per_tok":2}""",
        ["qwen3_next"] = """{"model_type":"qwen3_next","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":8,"moe_intermediate_size":12,"shared_expert_intermediate_size":20,"num_experts":3,"num_experts_per_tok":2,"linear_key_head_dim":4,"linear_value_head_dim":6,"linear_num_key_heads":2,"linear_num_value_heads":4}""",
        ["smollm3"] = """{"model_type":"smollm3","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["stablelm"] = """{"model_type":"stablelm","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2,"partial_rotary_factor":0.5}""",
        ["starcoder2"] = """{"model_type":"starcoder2","vocab_size":32,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
        ["qwen3_moe"] = """{"model_type":"qwen3_moe","vocab_size":32,"hidden_size":16,"intermediate_size":24,"moe_intermediate_size":12,"num_experts":3,"num_experts_per_tok":2,"num_hidden_layers":4,"num_attention_heads":4,"num_key_value_heads":2}""",
    };

    /// <summary>A small config with more keys; a key given as null text is left out.</summary>
    internal static string With(string type, params (string Key, string? Json)[] changes)
    {
        var config = JsonNode.Parse(Small[type])!.AsObject();
        foreach (var (key, json) in changes)
        {
            config.Remove(key);
            if (json is not null) config[key] = JsonNode.Parse(json);
        }
        return config.ToJsonString();
    }

    internal static ModelConfig Parse(string type, params (string Key, string? Json)[] changes) => ModelConfig.Parse(With(type, changes));

    internal static IReadOnlyList<string> Problems(string type, params (string Key, string? Json)[] changes) =>
        Assert.Throws<InvalidInputException>(() => Parse(type, changes)).Problems;
}
