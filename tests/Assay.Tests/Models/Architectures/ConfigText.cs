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
