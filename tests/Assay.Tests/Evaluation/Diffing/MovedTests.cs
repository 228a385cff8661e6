using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Verdicts;

namespace Assay.Tests.Evaluation.Diffing;

/// <summary>Rows, columns, neurons, heads, experts and layers that stand elsewhere, twenty seeds of each on the trained organisms: named rightly, and never a
/// direction removed.</summary>
public sealed class MovedTests
{
    private static readonly string[] Kinds = ["llama", "gemma2", "gpt2", "qwen3", "qwen3_moe"];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    private static string Kind(int seed) => Kinds[seed % Kinds.Length];

    private static string Some(ChangedModel model, Random random) =>
        random.GetItems(model.Matrices.Where(n => Math.Min(model.Shape(n).Rows, model.Shape(n).Columns) > 32).ToArray(), 1)[0];

    private static string Block(string kind, int layer) => kind == "gpt2" ? $"transformer.h.{layer}." : $"model.layers.{layer}.";

    private static (CheckpointDifference Difference, string Sentence) Compare(ChangedModel model, ChangedModel changed, DType type = DType.BF16)
    {
        var difference = ChangedModel.Compare(model, changed, threads: 1, changedType: type);
        var story = DifferenceStory.Of(difference);
        Assert.DoesNotContain(difference.Tensors, t => t.Kind == ChangeKind.Orthogonalised || t.Rest?.Kind == ChangeKind.Orthogonalised);
        Assert.DoesNotContain("direction", story.Sentence, StringComparison.Ordinal);
        return (difference, story.Sentence);
    }

    private static void IsPure(CheckpointDifference difference, ChangeKind kind)
    {
        Assert.All(difference.Differing, t => Assert.Equal((t.Name, kind, true), (t.Name, t.Kind, t.Rest is null)));
        Assert.Equal(1, difference.MedianCosine!.Value, 1e-12);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Permuted_rows(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        var name = Some(model, random);
        changed.Rows(name, ChangedModel.Shuffled(random, model.Shape(name).Rows));
        // Every other seed the values are stored in another type, too.
        var (difference, sentence) = Compare(model, changed, seed % 2 == 0 ? DType.BF16 : DType.F32);
        var tensor = Assert.Single(difference.Tensors, t => t.Name == name || t.Moves is not null);
        Assert.Equal((ChangeKind.Moved, "rows", true), (tensor.Kind, tensor.Moves!.What, tensor.Rest is null));
        Assert.StartsWith($"Rows of {name} stand in another order", sentence, StringComparison.Ordinal);
        Assert.False(difference.PreservesFunction);
        Assert.Equal(1, difference.MedianCosine!.Value, 1e-12);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Permuted_columns(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        var name = Some(model, random);
        changed.Columns(name, ChangedModel.Shuffled(random, model.Shape(name).Columns));
        var (difference, sentence) = Compare(model, changed);
        IsPure(difference, ChangeKind.Moved);
        Assert.StartsWith($"Columns of {name} stand in another order", sentence, StringComparison.Ordinal);
        Assert.False(difference.PreservesFunction);
    }

    [Theory, InlineData(0), InlineData(7), InlineData(1279)]
    public void Copies_of_one_row_are_no_order(int row)
    {
        var model = ChangedModel.Organism("llama");
        var changed = model.Copy();
        changed.Rows("lm_head.weight", [.. Enumerable.Repeat(row, 1280)]);
        var (difference, sentence) = Compare(model, changed);
        Assert.Equal("one", Assert.Single(difference.Differing).Moves!.Pattern);
        Assert.StartsWith($"Every row of lm_head.weight is a copy of the base's row {row}.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_come_several_times_are_no_mere_order()
    {
        var model = ChangedModel.Organism("llama");
        var changed = model.Copy();
        changed.Rows("lm_head.weight", [.. Enumerable.Range(0, 1280).Select(i => i * 7 % 640)]);
        Assert.StartsWith("Rows of lm_head.weight stand at other indices, some of them more than once", Compare(model, changed).Sentence,
            StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_shifted_vocabulary(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        var names = model.Names.Where(n => n.Contains("embed_tokens", StringComparison.Ordinal) || n.Contains("wte", StringComparison.Ordinal)
            || n.StartsWith("lm_head", StringComparison.Ordinal)).ToList();
        var rows = model.Shape(names[0]).Rows;
        // From some id on, by some rows, to the one side or the other.
        var (first, by) = (random.Next(4, rows / 2), random.Next(1, 5) * (seed % 2 == 0 ? 1 : -1));
        foreach (var name in names) changed.Rows(name, [.. Enumerable.Range(0, rows).Select(i => i < first ? i : Math.Clamp(i - by, 0, rows - 1))]);
        var (difference, sentence) = Compare(model, changed);
        Assert.All(difference.Differing, t => Assert.Equal(ChangeKind.Moved, t.Kind));
        Assert.Equal(names.Order(StringComparer.Ordinal), difference.Differing.Select(t => t.Name).Order(StringComparer.Ordinal));
        var run = difference.Differing.First().Moves!.RowRuns.MaxBy(r => r.Count);
        Assert.Equal(run.First - by, run.From);
        Assert.InRange(run.Count, rows - first - 8, rows - first);
        Assert.Contains($"ows {run.First}–{run.First + run.Count - 1} hold the base's rows {run.From}–{run.From + run.Count - 1}", sentence,
            StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Exchanged_rows(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        var name = Some(model, random);
        var order = Enumerable.Range(0, model.Shape(name).Rows).ToArray();
        var (i, j) = (random.Next(0, order.Length / 2), random.Next(order.Length / 2, order.Length));
        (order[i], order[j]) = (j, i);
        changed.Rows(name, order);
        var (difference, sentence) = Compare(model, changed);
        IsPure(difference, ChangeKind.Moved);
        Assert.StartsWith($"Rows {i} and {j} of {name} were exchanged", sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Queries_and_keys_in_GGUFs_order(int seed)
    {
        var kind = ((string[])["llama", "qwen3", "gemma2", "qwen3_moe"])[seed % 4];
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        // convert_hf_to_gguf.py: reshape(heads, 2, size / 2, …), swapaxes(1, 2).
        int[] Order(int heads) => [.. Enumerable.Range(0, heads).SelectMany(h => Enumerable.Range(0, 16)
            .SelectMany(i => Enumerable.Range(0, 2).Select(half => h * 32 + half * 16 + i)))];
        int[] Inverse(int[] order) => [.. Enumerable.Range(0, order.Length).Select(i => Array.IndexOf(order, i))];
        for (var layer = 0; layer < 2; layer++)
        {
            foreach (var (part, heads) in new[] { ("q", 6), ("k", 2) })
                changed.Rows($"model.layers.{layer}.self_attn.{part}_proj.weight", seed % 3 == 2 ? Inverse(Order(heads)) : Order(heads));
        }

        var (difference, sentence) = Compare(model, changed);
        IsPure(difference, ChangeKind.Moved);
        Assert.False(difference.PreservesFunction);
        Assert.All(difference.Differing, t => Assert.Equal(seed % 3 == 2 ? "from GGUF" : "GGUF", t.Moves!.Pattern));
        Assert.StartsWith("Rows of self_attn.q_proj.weight of layers 0–1, self_attn.k_proj.weight of layers 0–1 stand "
            + (seed % 3 == 2 ? "as if a file in GGUF's order" : "in GGUF's order"), sentence, StringComparison.Ordinal);
    }

    /// <summary>The neurons of a layer's MLP (or of one of its experts) in another order.</summary>
    private static void Neurons(ChangedModel model, string kind, int layer, Random random, int expert = 0)
    {
        var block = Block(kind, layer) + (kind == "qwen3_moe" ? $"mlp.experts.{expert}." : "mlp.");
        if (kind == "gpt2")
        {
            var order = ChangedModel.Shuffled(random, model.Shape(block + "c_fc.weight").Columns);
            model.Columns(block + "c_fc.weight", order);
            model.Columns(block + "c_fc.bias", order);
            model.Rows(block + "c_proj.weight", order);
            return;
        }

        var neurons = ChangedModel.Shuffled(random, model.Shape(block + "up_proj.weight").Rows);
        model.Rows(block + "gate_proj.weight", neurons);
        model.Rows(block + "up_proj.weight", neurons);
        model.Columns(block + "down_proj.weight", neurons);
    }

    /// <summary>Whole groups of heads in another order, and query heads within each: 6 query and 2 key heads of 32, GPT-2 6 of each.</summary>
    private static void Heads(ChangedModel model, string kind, int layer, Random random)
    {
        var block = Block(kind, layer);
        if (kind == "gpt2")
        {
            var order = ChangedModel.Blocks(ChangedModel.Shuffled(random, 6), 32);
            int[] fused = [.. order, .. order.Select(c => c + 192), .. order.Select(c => c + 384)];
            model.Columns(block + "attn.c_attn.weight", fused);
            model.Columns(block + "attn.c_attn.bias", fused);
            model.Rows(block + "attn.c_proj.weight", order);
            return;
        }

        int[] groups = [1, 0];
        var queries = ChangedModel.Blocks([.. groups.SelectMany(g => ChangedModel.Shuffled(random, 3).Select(h => 3 * g + h))], 32);
        var keys = ChangedModel.Blocks(groups, 32);
        model.Rows(block + "self_attn.q_proj.weight", queries);
        model.Rows(block + "self_attn.k_proj.weight", keys);
        model.Rows(block + "self_attn.v_proj.weight", keys);
        model.Columns(block + "self_attn.o_proj.weight", queries);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Permuted_neurons(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        for (var layer = 0; layer < 2; layer++) Neurons(changed, kind, layer, random, seed % 4);
        var (difference, sentence) = Compare(model, changed);
        IsPure(difference, ChangeKind.Permuted);
        Assert.Equal("Neurons of layers 0–1 stand in another order, which does not change the function.", sentence);
        Assert.True(difference.PreservesFunction);
        Assert.Equal([0, 1], difference.LayerMap);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Permuted_heads(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        Heads(changed, kind, seed % 2, random);
        var (difference, sentence) = Compare(model, changed);
        IsPure(difference, ChangeKind.Permuted);
        Assert.Equal($"Heads of layer {seed % 2} stand in another order, which does not change the function.", sentence);
        Assert.True(difference.PreservesFunction);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Heads_and_neurons_of_all_layers_leave_the_lineage(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        for (var layer = 0; layer < 2; layer++)
        {
            Heads(changed, kind, layer, random);
            Neurons(changed, kind, layer, random);
        }

        var (difference, _) = Compare(model, changed, seed % 2 == 0 ? DType.BF16 : DType.F32);
        Assert.Equal([0, 1], difference.LayerMap);
        Assert.Equal(1, difference.MedianCosine!.Value, 1e-12);
        Assert.True(difference.PreservesFunction);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Permuted_experts(int seed)
    {
        var random = new Random(seed);
        var model = ChangedModel.Organism("qwen3_moe");
        var changed = model.Copy();
        int[] order = [1, 2, 3, 0];
        if (seed % 2 == 0) order = [order[1], order[0], order[3], order[2]];
        changed.Rows("model.layers.1.mlp.gate.weight", order);
        foreach (var part in (string[])["gate", "up", "down"])
            for (var e = 0; e < 4; e++) changed[$"model.layers.1.mlp.experts.{e}.{part}_proj.weight"] =
                model[$"model.layers.1.mlp.experts.{order[e]}.{part}_proj.weight"];
        // Neurons within an expert on top.
        if (seed % 3 == 0) Neurons(changed, "qwen3_moe", 1, random, seed % 4);
        var (difference, sentence) = Compare(model, changed);
        IsPure(difference, ChangeKind.Permuted);
        Assert.Equal("Experts of layer 1 stand in another order, which does not change the function.", sentence);
        Assert.True(difference.PreservesFunction);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void An_order_that_not_all_members_follow_changes_the_function(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        if (seed % 2 == 0) Neurons(changed, kind, 0, random);
        else Heads(changed, kind, 0, random);
        // One of them is left as it was.
        var names = ChangedModel.Compare(model, changed, threads: 1).Differing.Where(t => t.Shape.Length > 1).Select(t => t.Name).ToArray();
        var left = random.GetItems(names, 1)[0];
        changed[left] = model[left];
        var (difference, sentence) = Compare(model, changed);
        Assert.All(difference.Differing.Where(t => t.Shape.Length > 1), t => Assert.Equal((t.Name, ChangeKind.Moved), (t.Name, t.Kind)));
        Assert.DoesNotContain("does not change the function", sentence, StringComparison.Ordinal);
        Assert.False(difference.PreservesFunction);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void A_few_rows_changed_on_top_are_told_besides(int seed)
    {
        var (kind, random) = (((string[])["llama", "gemma2", "qwen3"])[seed % 3], new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        Neurons(changed, kind, 1, random);
        var name = "model.layers.1.mlp." + (seed % 2 == 0 ? "up" : "down") + "_proj.weight";
        var columns = model.Shape(name).Columns;
        foreach (var row in (int[])[3, 90, 177])
            for (var c = 0; c < columns; c++) changed[name][row * columns + c] = ChangedModel.BFloat16(.1 * (random.NextDouble() - .5));
        var (difference, sentence) = Compare(model, changed);
        Assert.All(difference.Differing, t => Assert.Equal(ChangeKind.Permuted, t.Kind));
        var tensor = Assert.Single(difference.Differing, t => t.Rest is not null);
        Assert.Equal((name, ChangeKind.FewRows, 3), (tensor.Name, tensor.Rest!.Kind, tensor.Rest.ChangedRows));
        Assert.Contains("Neurons of layer 1 stand in another order", sentence, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"ingle rows of {name} were changed", sentence, StringComparison.Ordinal);
        Assert.False(difference.PreservesFunction);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Exchanged_layers(int seed)
    {
        var kind = Kind(seed);
        var (layers, random) = (4, new Random(seed));
        var model = ChangedModel.Organism(kind, layers);
        var order = Enumerable.Range(0, layers).ToArray();
        var (i, j) = (random.Next(0, 2), random.Next(2, 4));
        (order[i], order[j]) = (j, i);
        var (difference, sentence) = Compare(model, model.OfLayers(order), seed % 2 == 0 ? DType.BF16 : DType.F32);
        Assert.StartsWith($"Layers {i} and {j} were exchanged", sentence, StringComparison.Ordinal);
        Assert.Equal(order, difference.LayerMap.Select(l => l!.Value));
        Assert.False(difference.PreservesFunction);
        Assert.Equal(1, difference.MedianCosine!.Value, 1e-12);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Layers_that_come_twice(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind, 4);
        // As a passthrough merge stacks them: 0 … b and a … 3.
        var (a, b) = (random.Next(1, 3), random.Next(2, 4));
        int[] order = [.. Enumerable.Range(0, b + 1), .. Enumerable.Range(a, 4 - a)];
        var (difference, sentence) = Compare(model, model.OfLayers(order));
        Assert.Equal(order, difference.LayerMap.Select(l => l!.Value));
        Assert.Equal((4, 1), (difference.BaseLayers, difference.MedianCosine!.Value));
        var twice = a == b ? $"Layer {a} of the base comes twice" : $"Layers {a}–{b} of the base come twice";
        Assert.StartsWith($"{twice} (layers {b + 1}–{order.Length - 1} hold the base's layers {a}–3)", sentence, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Layers_that_went(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind, 4);
        var gone = random.Next(0, 4);
        int[] order = [.. Enumerable.Range(0, 4).Where(l => l != gone)];
        var candidate = model.OfLayers(order);
        // "Healed" by a little training, every other time.
        if (seed % 2 == 1)
            foreach (var name in candidate.Names.ToList())
                candidate[name] = [.. candidate[name].Select(v => ChangedModel.BFloat16(v * (1 + .05 * (random.NextDouble() - .5))))];
        var (difference, sentence) = Compare(model, candidate);
        Assert.Equal(order, difference.LayerMap.Select(l => l!.Value));
        Assert.StartsWith($"Layer {gone} was left out", sentence, StringComparison.Ordinal);
        if (gone == 3) Assert.DoesNotContain("base's layer", sentence, StringComparison.Ordinal);
        else Assert.Contains(gone == 2 ? "(layer 2 " : $"(layers {gone}–2 ", sentence, StringComparison.Ordinal);
        Assert.InRange(difference.MedianCosine!.Value, .99, 1);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Replaced_matrices(int seed)
    {
        var (kind, random) = (Kind(seed), new Random(seed));
        var model = ChangedModel.Organism(kind);
        var changed = model.Copy();
        var names = model.Matrices.Where(n => ChangedModel.Layer(n) == 1).ToList();
        // A whole layer, or one matrix of it; as initialised, or as large as the trained ones are.
        if (seed % 2 == 0) names = [names[random.Next(names.Count)]];
        foreach (var name in names)
        {
            var deviation = seed % 3 == 0 ? .02 : Math.Sqrt(model[name].Average(v => v * v));
            changed[name] = [.. ChangedModel.Normal(random, model[name].Length, deviation).Select(ChangedModel.BFloat16)];
        }

        var (difference, sentence) = Compare(model, changed);
        Assert.All(difference.Differing, t => Assert.Equal((t.Name, ChangeKind.Replaced), (t.Name, t.Kind)));
        Assert.StartsWith(seed % 2 == 0 ? $"{names[0]} was replaced" : $"The {names.Count} matrices of layer 1 were replaced", sentence,
            StringComparison.Ordinal);
        Assert.Contains("nothing in common", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_NaN_does_not_hide_what_else_was_done()
    {
        var model = ChangedModel.Organism("llama");
        var changed = model.Copy();
        const string name = "model.layers.1.self_attn.o_proj.weight";
        var r = ChangedModel.Unit(ChangedModel.Normal(new Random(1), 192, 1));
        var along = Enumerable.Range(0, 192).Select(j => Enumerable.Range(0, 192).Sum(i => r[i] * model[name][i * 192 + j])).ToArray();
        changed[name] = [.. model[name].Select((v, at) => v - r[at / 192] * along[at % 192])];
        changed[name][5 * 192 + 7] = double.NaN;
        var difference = ChangedModel.Compare(model, changed, threads: 1);
        var tensor = Assert.Single(difference.Differing);
        Assert.Equal((ChangeKind.NonFinite, ChangeKind.Orthogonalised), (tensor.Kind, tensor.Rest!.Kind));
        Assert.Equal($"{name} became NaN or infinite in places; besides, a direction was removed from 1 of the 5 matrices that write to the residual stream.",
            DifferenceStory.Of(difference).Sentence);
    }

    [Fact]
    public void Weights_of_NaN_or_zeros_are_told_as_such()
    {
        var model = ChangedModel.Organism("llama");
        foreach (var (value, words) in new[] { (double.NaN, "became NaN or infinite altogether"), (0.0, "were set to 0") })
        {
            var changed = model.Copy();
            foreach (var name in changed.Names.ToList()) changed[name] = [.. changed[name].Select(_ => value)];
            var sentence = DifferenceStory.Of(ChangedModel.Compare(model, changed, threads: 1)).Sentence;
            Assert.Contains(words, sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("versions", sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_edited_bias_is_not_training()
    {
        var model = ChangedModel.Organism("gpt2");
        var changed = model.Copy();
        const string name = "transformer.h.1.mlp.c_fc.bias";
        for (var i = 0; i < 5; i++) changed[name][100 * i] += .5;
        Assert.Equal($"One vector was changed ({name}, 5 of {model[name].Length} elements).",
            DifferenceStory.Of(ChangedModel.Compare(model, changed, threads: 1)).Sentence);
    }

    [Fact]
    public void Buffers_that_nothing_reads_are_not_new()
    {
        var model = ChangedModel.Organism("llama");
        var changed = model.Copy();
        for (var layer = 0; layer < 2; layer++) changed.Add($"model.layers.{layer}.self_attn.rotary_emb.inv_freq", [16], new double[16]);
        var difference = ChangedModel.Compare(model, changed, threads: 1);
        Assert.Equal("The models are identical.", DifferenceStory.Of(difference).Sentence);
        Assert.Contains("no forward pass reads", Assert.Single(difference.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_zeros_move_nowhere()
    {
        // Unused rows of an embedding are alike; one of them more is an edited row, not a moved one.
        var model = ChangedModel.Organism("llama");
        const string name = "model.embed_tokens.weight";
        for (var i = 1200 * 192; i < 1280 * 192; i++) model[name][i] = 0;
        var changed = model.Copy();
        for (var i = 0; i < 192; i++) changed[name][1100 * 192 + i] = 0;
        var tensor = Assert.Single(ChangedModel.Compare(model, changed, threads: 1).Differing);
        Assert.Null(tensor.Moves);
    }
}
