using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>Interventions against what must be true of any model.</summary>
public sealed class InterventionTests
{
    private static readonly int[] Ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];

    public static IEnumerable<TheoryDataRow<string>> Architectures() => GoldenFiles.Folders("models");

    private static IEnumerable<Component> Parts(TransformerSpec spec, int layer)
    {
        yield return new Component(ComponentKind.Attention, layer);
        yield return new Component(ComponentKind.Mlp, layer);
        yield return new Component(ComponentKind.Heads, layer, 0, spec.Layers[layer].Attention.Heads);
        if (spec.Layers[layer].Mlp is DenseMlpSpec dense) yield return new Component(ComponentKind.Neurons, layer, 0, dense.Up.Outputs);
    }

    [Theory, MemberData(nameof(Architectures))]
    public void What_is_put_back_changes_nothing_and_what_another_sequence_had_gives_its_output(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        int[] others = [.. Ids.Reverse()];
        var plain = model.Logits(Ids);
        for (var layer = 0; layer < model.Spec.Layers.Length; layer++)
        {
            var parts = Parts(model.Spec, layer).ToList();
            var (own, theirs) = (new ComponentCache(model.Spec, parts), new ComponentCache(model.Spec, parts));
            Assert.Equal(plain, model.Logits(Ids, new ForwardOptions { ComponentHooks = [.. own.Hooks] }));
            model.Logits(others, new ForwardOptions { ComponentHooks = [.. theirs.Hooks] });
            foreach (var part in parts)
            {
                Assert.Equal(plain, model.Logits(Ids, new Interventions(model.Spec).SetRows(part, own.Rows(part)).Options));
                Assert.NotEqual(plain, model.Logits(Ids, new Interventions(model.Spec).SetRows(part, theirs.Rows(part)).Options));
                Assert.NotEqual(plain, model.Logits(Ids, new Interventions(model.Spec).Zero(part).Options));
            }

            // All of a sub-layer's heads, or neurons, make its output.
            foreach (var (whole, inside) in new[] { (parts[0], parts[2]) }.Concat(parts.Count > 3 ? [(parts[1], parts[3])] : []))
            {
                var outcome = new ComponentCache(model.Spec, [whole]);
                var change = new Interventions(model.Spec).SetRows(inside, theirs.Rows(inside)).Options;
                model.Logits(Ids, new ForwardOptions { ComponentHooks = [.. change.ComponentHooks, .. outcome.Hooks] });
                Assert.Equal(theirs.Rows(whole), outcome.Rows(whole));
            }
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void A_block_left_out_is_a_block_that_adds_nothing(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var sites = new[] { new Site(1, SitePoint.ResidPre), new Site(1, SitePoint.ResidPost) };
        var cache = new ActivationCache(sites);
        var skip = new Interventions(model.Spec).Skip(1).Options;
        model.Logits(Ids, new ForwardOptions { Hooks = skip.Hooks, Capture = cache });
        Assert.Equal(cache[sites[0]].ToArray(), cache[sites[1]].ToArray());
    }

    [Theory]
    [InlineData("qwen3_moe"), InlineData("mixtral"), InlineData("deepseek_v3"), InlineData("gpt_oss"), InlineData("qwen2_moe")]
    public void Experts_weights_are_those_of_the_router_and_without_any_only_the_shared_expert_is_left(string name)
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = 2 });
        var layer = model.Spec.Layers.Length - 1;
        var routed = (RoutedMlpSpec)model.Spec.Layers[layer].Mlp;
        var all = new Component(ComponentKind.Experts, layer, 0, routed.Experts.Length);
        var output = new Component(ComponentKind.Mlp, layer);
        var cache = new ComponentCache(model.Spec, [all, output]);
        model.Logits(Ids, new ForwardOptions { ComponentHooks = [.. cache.Hooks] });
        var weights = cache.Rows(all);
        for (var row = 0; row < Ids.Length; row++) Assert.Equal(routed.PerToken, weights.AsSpan(row * routed.Experts.Length, routed.Experts.Length).ToArray().Count(w => w != 0));
        var silent = new ComponentCache(model.Spec, [output]);
        model.Logits(Ids, new ForwardOptions { ComponentHooks = [.. new Interventions(model.Spec).Zero(all).Options.ComponentHooks, .. silent.Hooks] });
        if (routed.Shared is null) Assert.All(silent.Rows(output), v => Assert.Equal(0, v));
        else Assert.Contains(silent.Rows(output), v => v != 0);
        Assert.Throws<ArgumentException>(() => new Interventions(model.Spec).Set(all, new float[] { 1 }));
        Assert.Throws<ArgumentException>(() => new Component(ComponentKind.Neurons, layer).Entries(model.Spec));
    }

    [Fact]
    public void Parts_that_a_model_does_not_have_are_refused()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", "llama"));
        var heads = model.Spec.Layers[0].Attention.Heads;
        foreach (var part in new Component[] { new(ComponentKind.Heads, 0, heads), new(ComponentKind.Heads, 0, 0, heads + 1), new(ComponentKind.Heads, -1), new(ComponentKind.Mlp, 99), new(ComponentKind.Experts, 0), new(ComponentKind.Neurons, 0, -1), new(ComponentKind.Attention, 0, 1) })
            Assert.Throws<ArgumentException>(() => new Interventions(model.Spec).Zero(part));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Interventions(model.Spec).Skip(99));
        Assert.Throws<ArgumentException>(() => new Interventions(model.Spec).Set(new Component(ComponentKind.Mlp, 0), new float[3]));
        Assert.Throws<ArgumentException>(() => model.Logits(Ids, new ForwardOptions { ComponentHooks = [(new ComponentSite(0, ComponentPoint.ExpertWeights), (_, _, _, _) => { })] }));
        var few = new float[model.Spec.HiddenSize];
        Assert.Throws<ArgumentException>(() => model.Logits(Ids, new Interventions(model.Spec).SetRows(new Component(ComponentKind.Mlp, 0), few).Options));
    }
}
