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
        Assert.InRange(Refusal(ConfigText.Parse("llama"), Enumerable.Range(0, 10_000).Select(i => $"t{i}")).Count, 22, 42);

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
