using Assay.Checkpoints;

namespace Assay.Tests.Models.Architectures;

public sealed class TensorNamesTests
{
    [Fact]
    public void Names_without_the_prefix_and_with_buffers_serve_as_gpt2_was_published()
    {
        var config = ConfigText.Parse("gpt2");
        var stored = config.Tensors.Where(t => !t.Optional).Select(t => t.Name["transformer.".Length..]).Concat(["h.0.attn.bias", "h.3.attn.masked_bias"]).ToList();
        var match = config.Match(stored);
        Assert.Equal("h.1.attn.c_attn.weight", match.Stored["transformer.h.1.attn.c_attn.weight"]);
        Assert.Equal("wte.weight", match.Stored["transformer.wte.weight"]);
        Assert.Equal(["h.0.attn.bias", "h.3.attn.masked_bias"], match.Buffers);
        Assert.Null(match.TiedHead);
        // A real bias is no buffer, and neither is one of a layer that is not there.
        Assert.Contains("h.0.attn.c_attn.bias", match.Stored.Values);
        Assert.Contains("h.4.attn.bias", Assert.Single(Refusal(config, [.. stored, "h.4.attn.bias"])));
    }

    [Fact]
    public void Old_llama_frequencies_are_buffers()
    {
        var config = ConfigText.Parse("llama");
        var match = config.Match(config.Tensors.Select(t => t.Name).Append("model.layers.2.self_attn.rotary_emb.inv_freq").Append("model.rotary_emb.inv_freq"));
        Assert.Equal(2, match.Buffers.Count);
        Assert.Single(Refusal(config, [.. config.Tensors.Select(t => t.Name), "model.layers.x.self_attn.rotary_emb.inv_freq"]));
        Assert.Single(Refusal(config, [.. config.Tensors.Select(t => t.Name), "model.layers..self_attn.rotary_emb.inv_freq"]));
        Assert.Single(Refusal(config, [.. config.Tensors.Select(t => t.Name), "model.layers.99999999999.self_attn.rotary_emb.inv_freq"]));
    }

    [Fact]
    public void A_tied_head_stored_anyway_is_reported()
    {
        var tied = ConfigText.Parse("llama", ("tie_word_embeddings", "true"));
        var names = tied.Tensors.Where(t => !t.Optional).Select(t => t.Name).ToList();
        Assert.DoesNotContain("lm_head.weight", names);
        Assert.Null(tied.Match(names).TiedHead);
        Assert.Equal("lm_head.weight", tied.Match([.. names, "lm_head.weight"]).TiedHead);
        Assert.Equal("model.embed_tokens.weight", tied.Spec.Head.Weight);
        var untied = ConfigText.Parse("llama");
        Assert.Null(untied.Match([.. names, "lm_head.weight"]).TiedHead);
        Assert.Contains("lm_head.weight", Assert.Single(Refusal(untied, names)));
    }

    [Fact]
    public void Missing_and_unexpected_tensors_are_all_named()
    {
        var config = ConfigText.Parse("llama");
        var names = config.Tensors.Select(t => t.Name).Where(n => n is not ("model.norm.weight" or "model.layers.1.mlp.up_proj.weight")).Append("model.layers.1.mlp.router.weight").ToList();
        var problems = Refusal(config, names);
        Assert.Equal(3, problems.Count);
        foreach (var name in new[] { "model.norm.weight", "model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.router.weight" }) Assert.Contains(problems, p => p.Contains($"'{name}'"));
        Assert.All(problems, p => Assert.StartsWith("m.safetensors: ", p));
    }

    [Fact]
    public void A_tensor_there_twice_is_refused()
    {
        var config = ConfigText.Parse("llama");
        Assert.Contains("norm.weight", Assert.Single(Refusal(config, [.. config.Tensors.Select(t => t.Name), "norm.weight"])));
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused_briefly() =>
        Assert.Equal(
            [
                "m.safetensors: none of the 39 tensors that the config expects is there, as 'model.embed_tokens.weight' and 'lm_head.weight'. The weights " +
                    "and the config are from different models.",
                "m.safetensors: 10000 tensors as 't0', up to 't9999', are no tensors of 'llama' with this config.",
            ],
            Refusal(ConfigText.Parse("llama"), Enumerable.Range(0, 10_000).Select(i => $"t{i}")));

    [Fact]
    public void Many_of_one_cause_are_one_sentence()
    {
        var config = ConfigText.Parse("qwen3_moe");
        var names = config.Tensors.Select(t => t.Name).Where(n => !n.Contains(".experts.", StringComparison.Ordinal)).ToList();
        var problem = Assert.Single(Refusal(config, names));
        Assert.StartsWith("m.safetensors: no expert of any of the 4 layers that have experts is there: 36 tensors are expected, the first " +
            "'model.layers.0.mlp.experts.0.gate_proj.weight'", problem, StringComparison.Ordinal);
        // A layout of its own is named too, once.
        var problems = Refusal(config, [.. names, .. Enumerable.Range(0, 4).SelectMany(l =>
            (string[])[$"model.layers.{l}.mlp.experts.w13", $"model.layers.{l}.mlp.experts.w2"])]);
        Assert.Equal(2, problems.Count(p => p.Contains("tensors as 'model.layers.0.mlp.experts.w", StringComparison.Ordinal)
            || p.Contains("no expert of any", StringComparison.Ordinal)));
        // All norms of one kind.
        Assert.Equal("m.safetensors: 4 tensors as 'model.layers.0.self_attn.q_norm.weight', up to 'model.layers.3.self_attn.q_norm.weight', are missing; the " +
            "config expects them.",
            Assert.Single(Refusal(config, config.Tensors.Select(t => t.Name).Where(n => !n.EndsWith("q_norm.weight", StringComparison.Ordinal)))));
    }

    // transformers 5 (conversion_mapping.py), also with its name for Mixtral's module; MLX's switch_mlp.
    [Theory]
    [InlineData("qwen3_moe", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")]
    [InlineData("qwen2_moe", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")]
    [InlineData("olmoe", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")]
    [InlineData("deepseek_v3", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")]
    [InlineData("qwen3_next", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")]
    [InlineData("mixtral", "mlp.experts.gate_up_proj", "mlp.experts.down_proj")]
    [InlineData("mixtral", "block_sparse_moe.experts.gate_up_proj", "block_sparse_moe.experts.down_proj")]
    [InlineData("qwen3_moe", "mlp.switch_mlp.gate_proj.weight", "mlp.switch_mlp.up_proj.weight", "mlp.switch_mlp.down_proj.weight")]
    public void Stacked_experts_serve_every_expert(string type, params string[] stacks)
    {
        var config = ConfigText.Parse(type);
        var single = config.Tensors.Select(t => t.Name).Where(n => n.Contains(".experts.", StringComparison.Ordinal)).ToList();
        var layers = single.Select(n => n.Split('.')[2]).Distinct().ToList();
        List<string> stored = [.. config.Tensors.Select(t => t.Name).Except(single)
            .Select(n => stacks[0].StartsWith("mlp", StringComparison.Ordinal) ? n.Replace("block_sparse_moe", "mlp", StringComparison.Ordinal) : n),
            .. layers.SelectMany(l => stacks.Select(s => $"model.layers.{l}.{s}"))];
        var match = config.Match(stored);
        Assert.Equal(config.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), match.Stored.Keys.Order(StringComparer.Ordinal));
        Assert.All(single, n => Assert.Contains(match.Stored[n], stored));
        // Each stack beside single tensors is there twice: one sentence.
        Assert.Contains("are both", Assert.Single(Refusal(config, [.. stored, single[0]])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shape_that_differs_is_told_with_the_keys_that_speak_against_it()
    {
        var config = ConfigText.Parse("llama");
        var tensors = config.Tensors.Select(t => Stored(t.Name, [.. t.Shape])).ToList();
        Assert.Equal(config.Tensors.Count, config.Match(tensors).Stored.Count);
        tensors[tensors.FindIndex(t => t.Name == "model.layers.3.mlp.down_proj.weight")] = Stored("model.layers.3.mlp.down_proj.weight", 16, 32);
        tensors[tensors.FindIndex(t => t.Name == "model.norm.weight")] = Stored("model.norm.weight", 1, 16);
        var problems = Assert.Throws<InvalidInputException>(() => config.Match(tensors, "m.safetensors")).Problems;
        Assert.Equal(
            "m.safetensors: tensor 'model.layers.3.mlp.down_proj.weight' has shape [16, 32]; config.json (hidden_size 16, intermediate_size 24) expects [16, 24]. The weights and the config are from different models.",
            problems[0]);
        Assert.Contains("[1, 16]", problems[1]);
        Assert.Equal(2, problems.Count);
    }

    private static unsafe Tensor Stored(string name, params long[] shape) => new(name, DType.F32, [.. shape], null, 0);

    private static IReadOnlyList<string> Refusal(Assay.Models.ModelConfig config, IEnumerable<string> stored) =>
        Assert.Throws<InvalidInputException>(() => config.Match(stored, "m.safetensors")).Problems;
}
