using System.Text.Json.Nodes;
using Assay.Benchmarks;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Tests.Checkpoints;
using Assay.Verdicts;

namespace Assay.Tests.Evaluation.Diffing;

public sealed class OtherKindTests
{
    private const string Down = "model.layers.1.mlp.down_proj.weight";

    private static TensorDifference Only(ChangedModel model, ChangedModel changed, DType type = DType.BF16) => Assert.Single(ChangedModel.Compare(model, changed, originalType: type, changedType: type).Differing);

    /// <summary>One matrix changed row by row.</summary>
    private static TensorDifference ByRow(int seed, Func<double[], int, double[]> change, DType type = DType.BF16, string name = Down)
    {
        var model = ChangedModel.Random(seed);
        var changed = model.Copy();
        var columns = model.Shape(name).Columns;
        changed[name] = [.. changed[name].Chunk(columns).SelectMany(change)];
        return Only(model, changed, type);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Elements_set_to_0_are_pruned(int seed)
    {
        var tensor = ByRow(seed, (row, _) => [.. row.Select(v => Math.Abs(v) < .01 ? 0 : v)]);
        Assert.Equal(ChangeKind.Pruned, tensor.Kind);
        Assert.InRange(tensor.Changed / (double)tensor.Elements, .35, .42); // P(|z| < ½) = .383.
    }

    [Fact]
    public void Few_rows_are_named()
    {
        var tensor = ByRow(1, (row, i) => i is 5 or 9 ? [.. row.Reverse()] : row);
        Assert.Equal((ChangeKind.FewRows, 2), (tensor.Kind, tensor.ChangedRows));
        Assert.Equal("2 of 64 rows differ: 5, 9", tensor.Detail);
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Rows_scaled_each_by_its_own_factor(int seed)
    {
        var tensor = ByRow(seed, (row, i) => [.. row.Select(v => v * (1 + .01 * (i % 7) + .003))]);
        Assert.Equal((ChangeKind.Scaled, "every row times a factor of its own"), (tensor.Kind, tensor.Detail));
    }

    [Fact]
    public void Columns_scaled_each_by_its_own_factor()
    {
        var tensor = ByRow(1, (row, _) => [.. row.Select((v, j) => v * (1 + .01 * (j % 7) + .003))]);
        Assert.Equal((ChangeKind.Scaled, "every column times a factor of its own"), (tensor.Kind, tensor.Detail));
    }

    [Fact]
    public void A_gain_stored_less_1_is_scaled_as_1_plus_itself()
    {
        var model = ChangedModel.Random(1);
        model["model.norm.weight"] = [.. model["model.norm.weight"].Select(v => ChangedModel.BFloat16(v - 1))];
        var changed = model.Copy();
        changed["model.norm.weight"] = [.. changed["model.norm.weight"].Select(v => 1.3 * (1 + v) - 1)];
        var tensor = Only(model, changed);
        Assert.Equal((ChangeKind.Scaled, "1 + every element times 1.3"), (tensor.Kind, tensor.Detail));
    }

    [Theory, InlineData(8, DType.BF16), InlineData(4, DType.BF16), InlineData(4, DType.F32), InlineData(8, DType.F32)]
    public void A_zero_point_is_told_from_symmetric_levels(int bits, DType type)
    {
        var tensor = ByRow(3, (row, _) =>
        {
            var (low, high, steps) = (Math.Min(0, row.Min()), Math.Max(0, row.Max()), (1 << bits) - 1);
            var scale = (float)((high - low) / steps);
            var zero = MathF.Round((float)(-low / scale));
            return [.. row.Select(v => (double)((Math.Clamp(MathF.Round((float)v / scale) + zero, 0, steps) - zero) * scale))];
        }, type);
        Assert.Equal((ChangeKind.Quantised, bits, "with zero point", "row"), (tensor.Kind, tensor.Format!.Bits, tensor.Format.Levels, tensor.Format.Unit));
    }

    [Theory, InlineData(DType.BF16), InlineData(DType.F32), InlineData(DType.F16)]
    public void Q8_0_blocks(DType type)
    {
        // quantize_row_q8_0_ref and back, in float as llama.cpp has it. The rows are of 64.
        var tensor = ByRow(4, (row, _) => [.. row.Chunk(32).SelectMany(block =>
        {
            var d = block.Max(v => MathF.Abs((float)v)) / 127;
            return block.Select(v => (double)(MathF.Round((float)v * (1 / d), MidpointRounding.AwayFromZero) * (float)(Half)d));
        })], type, "model.layers.1.mlp.up_proj.weight");
        Assert.Equal((ChangeKind.Quantised, "Q8_0"), (tensor.Kind, tensor.Format!.ToString()));
    }

    [Fact]
    public void Q4_0_blocks()
    {
        var tensor = ByRow(5, (row, _) => [.. row.Chunk(32).SelectMany(block =>
        {
            var most = (float)block.MaxBy(Math.Abs);
            var d = most / -8;
            return block.Select(v => (double)((Math.Min(15, (int)((float)v * (1 / d) + 8.5f)) - 8) * (float)(Half)d));
        })], DType.F32, "model.layers.1.mlp.up_proj.weight");
        Assert.Equal((ChangeKind.Quantised, "Q4_0"), (tensor.Kind, tensor.Format!.ToString()));
    }

    [Fact]
    public void Levels_of_an_unknown_recipe_are_counted()
    {
        // Fifteen levels a row that no recipe gives, and not the nearest ones either.
        var random = new Random(6);
        var tensor = ByRow(6, (row, _) => [.. row.Select(v => ChangedModel.BFloat16(Math.Sinh(Math.Clamp(Math.Round(v * 150 + random.NextDouble() - .5), -7, 7) / 5) * .03))]);
        Assert.Equal((ChangeKind.Quantised, 4, "unknown"), (tensor.Kind, tensor.Format!.Bits, tensor.Format.Levels));
    }

    [Theory, InlineData(6, 16, 1), InlineData(5, 32, 2), InlineData(8, 64, 3)]
    public void Even_levels_of_an_unknown_recipe_are_recognised_where_bits_suffice(int bits, int group, int seed)
    {
        // Like K-quants: a scale and a minimum for each group, themselves rounded, and not the nearest level.
        var random = new Random(seed);
        var tensor = ByRow(seed, (row, _) => [.. row.Chunk(group).SelectMany(block =>
        {
            var (low, steps) = ((float)(Math.Round(block.Min() * 512) / 512), (1 << bits) - 1);
            var scale = (float)(Half)((block.Max() - low) / steps);
            return block.Select(v => (double)(scale * (float)Math.Clamp(Math.Floor((v - low) / scale + random.NextDouble()), 0, steps) + low));
        })], DType.F32, "model.layers.1.mlp.up_proj.weight");
        Assert.Equal((ChangeKind.Quantised, "even"), (tensor.Kind, tensor.Format!.Levels));
        Assert.InRange(tensor.Format.Bits, bits - 1, bits);
        // Parts of a group may happen to need a bit less than the whole.
        Assert.Contains(tensor.Format.Unit, (string[])["row", $"group of {group}", "group of 32", "group of 16"]);
    }

    [Fact]
    public void Other_float_types_on_the_way()
    {
        // E4M3 by its definition: four significant bits, exponents from −6.
        static double E4M3(double v) => v == 0 ? 0 : Math.Round(v / Math.ScaleB(1, Math.Max(-6, (int)Math.Floor(Math.Log2(Math.Abs(v)))) - 3)) * Math.ScaleB(1, Math.Max(-6, (int)Math.Floor(Math.Log2(Math.Abs(v)))) - 3);
        var tensor = ByRow(7, (row, _) => [.. row.Select(E4M3)]);
        Assert.Equal((ChangeKind.RoundTrip, "F8_E4M3"), (tensor.Kind, tensor.Through));
        // Full float32 values cut to bf16 and stored as float32 again.
        var (model, random) = (ChangedModel.Random(7), new Random(7));
        model[Down] = [.. ChangedModel.Normal(random, model[Down].Length, .02).Select(v => (double)(float)v)];
        var changed = model.Copy();
        changed[Down] = [.. changed[Down].Select(ChangedModel.BFloat16)];
        var cut = Only(model, changed, DType.F32);
        Assert.Equal((ChangeKind.RoundTrip, "BF16"), (cut.Kind, cut.Through));
    }

    [Fact]
    public void A_difference_below_rounding_is_no_structure()
    {
        var random = new Random(8);
        var tensor = ByRow(8, (row, _) => [.. row.Select(v => v * (1 + .004 * (random.NextDouble() - .5)))]);
        Assert.Equal(ChangeKind.WithinRounding, tensor.Kind);
        Assert.Empty(tensor.Left);
    }

    [Fact]
    public void Numbers_that_became_none_are_counted()
    {
        var tensor = ByRow(1, (row, i) => i == 3 ? [.. row.Select(_ => double.NaN)] : row);
        Assert.Equal(ChangeKind.NonFinite, tensor.Kind);
        Assert.StartsWith("112 elements are NaN or infinite", tensor.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_added_and_reshaped_tensors_are_named()
    {
        var model = ChangedModel.Random(1);
        var changed = model.Copy();
        changed.Remove(Down);
        changed.Remove("model.norm.weight");
        changed.Add("model.norm.weight", [32], new double[32]);
        changed.Add("extra.weight", [2, 2], [1, 2, 3, 4]);
        var difference = ChangedModel.Compare(model, changed);
        Assert.Equal([(Down, ChangeKind.Missing), ("extra.weight", ChangeKind.Added), ("model.norm.weight", ChangeKind.Reshaped)], difference.Differing.Select(t => (t.Name, t.Kind)).OrderBy(t => t.Kind == ChangeKind.Missing ? 0 : 1).ThenBy(t => t.Name, StringComparer.Ordinal));
        Assert.Equal($"{Down} is missing; besides, extra.weight is new, and model.norm.weight has another shape.", DifferenceStory.Of(difference).Sentence);
    }

    [Fact]
    public void A_longer_vocabulary_keeps_its_rows()
    {
        var model = ChangedModel.Random(1);
        var changed = model.Copy();
        changed.Add("lm_head.weight", [164, ChangedModel.Hidden], [.. model["lm_head.weight"], .. new double[4 * ChangedModel.Hidden]]);
        var tensor = Only(model, changed);
        Assert.Equal((ChangeKind.Reshaped, "[160, 64] → [164, 64]; the first 160 rows are equal"), (tensor.Kind, tensor.Detail));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void A_removed_direction_is_seen_below_restored_norms(int seed)
    {
        // editing.md, mistake 3: norms restored for each column make the difference full rank, and keep the direction removed.
        var model = ChangedModel.Random(seed);
        var (changed, r) = (model.Copy(), ChangedModel.Unit(ChangedModel.Normal(new Random(seed), ChangedModel.Hidden, 1)));
        var columns = model.Shape(Down).Columns;
        for (var j = 0; j < columns; j++)
        {
            var column = Enumerable.Range(0, r.Length).Select(i => model[Down][i * columns + j]).ToArray();
            var along = column.Zip(r).Sum(x => x.First * x.Second);
            var left = column.Select((x, i) => x - along * r[i]).ToArray();
            var factor = Math.Sqrt(column.Sum(x => x * x) / left.Sum(x => x * x));
            for (var i = 0; i < r.Length; i++) changed[Down][i * columns + j] = left[i] * factor;
        }

        var tensor = Only(model, changed);
        Assert.Equal((ChangeKind.Orthogonalised, ResidualSide.Left, 1), (tensor.Kind, tensor.Removal!.Side, tensor.Removal.Directions));
        Assert.InRange(Math.Abs(tensor.Left[0].Zip(r).Sum(x => x.First * x.Second)), .99, 1);
        Assert.InRange(tensor.Removal.Beside, .001, .1);
    }

    [Fact]
    public void A_direction_turned_round_is_amplified_the_other_way_and_more()
    {
        var model = ChangedModel.Random(4);
        foreach (var (strength, word) in new[] { (2.0, "turned round (strength 2: 100 % of it remains, with the other sign) in"),
            (-1.0, "amplified (strength -1) in"), (.5, "removed with strength 0.5 from") })
        {
            var (changed, r) = (model.Copy(), ChangedModel.Unit(ChangedModel.Normal(new Random(4), ChangedModel.Hidden, 1)));
            var columns = model.Shape(Down).Columns;
            var along = Enumerable.Range(0, columns).Select(j => Enumerable.Range(0, r.Length).Sum(i => r[i] * model[Down][i * columns + j])).ToArray();
            changed[Down] = [.. model[Down].Select((v, at) => v - strength * r[at / columns] * along[at % columns])];
            Assert.StartsWith("A direction was " + word, DifferenceStory.Of(ChangedModel.Compare(model, changed)).Sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_tied_head_is_no_tensor_of_its_own_until_it_is_untied()
    {
        using var folder = new TemporaryFolder();
        var (tied, untied) = (SyntheticCheckpoint.LlamaConfig(ChangedModel.Layers, ChangedModel.Hidden, 4, 2, 112, 160, tied: true), ChangedModel.Config);
        var model = ChangedModel.Random(1);
        model["lm_head.weight"] = model["model.embed_tokens.weight"];
        var without = model.Copy();
        without.Remove("lm_head.weight");
        var stored = ChangedModel.Compare(model.Write(folder, "stored", config: tied), without.Write(folder, "left", config: tied));
        Assert.Empty(stored.Differing);
        Assert.Equal("lm_head.weight is tied to the embedding; only the base stores it all the same.", Assert.Single(stored.Notes));
        var story = DifferenceStory.Of(ChangedModel.Compare(folder["left"], model.Write(folder, "untied", config: untied)));
        Assert.Equal("lm_head.weight was added with the values of model.embed_tokens.weight.", story.Sentence);
    }

    [Theory]
    [InlineData("use_cache", "false")]
    [InlineData("_name_or_path", "\"elsewhere\"")]
    [InlineData("transformers_version", "\"5.23.0\"")]
    public void A_key_that_is_not_read_beside_an_untied_head_is_no_other_computation(string key, string value)
    {
        using var folder = new TemporaryFolder();
        var (model, without) = (ChangedModel.Random(1), ChangedModel.Random(1));
        model["lm_head.weight"] = model["model.embed_tokens.weight"];
        without.Remove("lm_head.weight");
        without.Write(folder, "tied", config: SyntheticCheckpoint.LlamaConfig(ChangedModel.Layers, ChangedModel.Hidden, 4, 2, 112, 160, tied: true));
        string With(string name, string more, string to)
        {
            var config = JsonNode.Parse(ChangedModel.Config)!.AsObject();
            (config[key], config[more]) = (JsonNode.Parse(value), JsonNode.Parse(to));
            return model.Write(folder, name, config: config.ToJsonString());
        }

        var difference = ChangedModel.Compare(folder["tied"], With("untied", key, value));
        Assert.Contains(difference.Packaging.Values, v => v.Path == key);
        var story = DifferenceStory.Of(difference);
        Assert.Equal("lm_head.weight was added with the values of model.embed_tokens.weight.", story.Sentence);
        Assert.DoesNotContain(story.Evidence, e => e.Contains("forward pass reads", StringComparison.Ordinal));

        // Where something is read that differs, that is told, and what is not read is not.
        var other = DifferenceStory.Of(ChangedModel.Compare(folder["tied"], With("another", "rope_theta", "20000.0")));
        Assert.EndsWith("; the config computes something else.", other.Sentence, StringComparison.Ordinal);
        var evidence = Assert.Single(other.Evidence, e => e.Contains("forward pass reads", StringComparison.Ordinal));
        Assert.Contains("rope_theta", evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(key, evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_left_out_is_a_layer_left_out()
    {
        var model = ChangedModel.Random(1);
        var changed = model.Copy();
        foreach (var name in model.Names.Where(n => n.StartsWith("model.layers.2.", StringComparison.Ordinal)).ToList())
        {
            changed[name.Replace(".2.", ".1.", StringComparison.Ordinal)] = model[name];
            changed.Remove(name);
        }

        using var folder = new TemporaryFolder();
        var difference = ChangedModel.Compare(model.Write(folder, "base"), changed.Write(folder, "candidate", config: SyntheticCheckpoint.LlamaConfig(2, ChangedModel.Hidden, 4, 2, 112, 160)));
        var story = DifferenceStory.Of(difference);
        Assert.StartsWith("Layer 1 was left out (layer 1 holds the base's layer 2)", story.Sentence, StringComparison.Ordinal);
        Assert.True(difference.Packaging.Forward);
        Assert.Contains(difference.Packaging.Values, v => v is { File: "config.json", Path: "num_hidden_layers", Base: "3", Candidate: "2" });
    }

    [Fact]
    public void Another_model_is_no_version_of_it()
    {
        var difference = ChangedModel.Compare(ChangedModel.Random(1), ChangedModel.Random(2));
        Assert.InRange(difference.MedianCosine!.Value, -.05, .05);
        Assert.Equal("These are not two versions of one model: their weights have nothing in common.", DifferenceStory.Of(difference).Sentence);
    }

    [Fact]
    public void Experts_in_one_tensor_are_told_apart()
    {
        var (model, random) = (ChangedModel.Random(1), new Random(1));
        model.Add("experts.down_proj", [3, 48, 80], [.. ChangedModel.Normal(random, 3 * 48 * 80, .02).Select(ChangedModel.BFloat16)]);
        var changed = model.Copy();
        var (u, v) = (ChangedModel.Normal(random, 48, 1), ChangedModel.Normal(random, 80, .003));
        for (var i = 0; i < 48; i++)
            for (var j = 0; j < 80; j++) changed["experts.down_proj"][(48 + i) * 80 + j] += u[i] * v[j];
        var tensor = Only(model, changed);
        Assert.Equal(("experts.down_proj[1]", ChangeKind.LowRank, 1), (tensor.Name, tensor.Kind, tensor.Spectrum!.Rank));
    }

    [Fact]
    public void Without_a_config_the_sides_are_named_for_what_they_are()
    {
        var (model, random) = (ChangedModel.Random(1), new Random(2));
        var changed = model.Copy();
        var r = ChangedModel.Unit(ChangedModel.Normal(random, ChangedModel.Hidden, 1));
        foreach (var name in model.Matrices.Where(n => n.Contains("down_proj", StringComparison.Ordinal)))
        {
            var columns = model.Shape(name).Columns;
            var along = Enumerable.Range(0, columns).Select(j => Enumerable.Range(0, r.Length).Sum(i => r[i] * model[name][i * columns + j])).ToArray();
            changed[name] = [.. model[name].Select((v, at) => v - r[at / columns] * along[at % columns])];
        }

        using var folder = new TemporaryFolder();
        var (a, b) = (model.Write(folder, "base"), changed.Write(folder, "candidate"));
        File.Delete(Path.Combine(a, "config.json"));
        File.WriteAllText(Path.Combine(b, "config.json"), """{"model_type": "nothing-known"}""");
        var difference = ChangedModel.Compare(a, b);
        Assert.Equal(2, difference.Notes.Count);
        Assert.All(difference.Tensors, t => Assert.Null(t.Place.Role));
        Assert.All(difference.Differing, t => Assert.Equal(ChangeKind.Orthogonalised, t.Kind));
        Assert.Equal("left", Assert.Single(difference.Directions, d => d.Members.Count == ChangedModel.Layers).Space);
        Assert.Equal("One direction was removed from 3 matrices.", DifferenceStory.Of(difference).Sentence.Split(';')[0].TrimEnd('.') + ".");
    }

    [Fact]
    public void A_larger_matrix_goes_the_sampled_way_to_the_same_answer()
    {
        var random = new Random(9);
        var (rows, columns) = (384, 520);
        var model = ChangedModel.Random(9);
        model.Add("large.weight", [rows, columns], [.. ChangedModel.Normal(random, rows * columns, .02).Select(ChangedModel.BFloat16)]);
        foreach (var rank in (int[])[1, 5, 40, 100])
        {
            var changed = model.Copy();
            for (var k = 0; k < rank; k++)
            {
                var (u, v) = (ChangedModel.Normal(random, rows, 1), ChangedModel.Normal(random, columns, .002 / Math.Sqrt(rank)));
                for (var i = 0; i < rows; i++)
                    for (var j = 0; j < columns; j++) changed["large.weight"][i * columns + j] += u[i] * v[j];
            }

            var tensor = Only(model, changed);
            Assert.Equal((ChangeKind.LowRank, rank, false, false), (tensor.Kind, tensor.Spectrum!.Rank, tensor.Spectrum.Exact, tensor.Spectrum.RankIsLowerBound));
        }

        var noisy = model.Copy();
        noisy["large.weight"] = [.. noisy["large.weight"].Zip(ChangedModel.Normal(random, rows * columns, .002), (a, b) => a + b)];
        var dense = Only(model, noisy);
        Assert.Equal((ChangeKind.Dense, true), (dense.Kind, dense.Spectrum!.RankIsLowerBound));
    }

    [Theory]
    [InlineData("config.json", "rope_theta", "20000.0", "the config computes something else", null)]
    [InlineData("generation_config.json", "eos_token_id", "7", "the generation config differs", "eos_token_id 2 → 7")]
    public void What_differs_beside_the_weights_is_told(string file, string key, string value, string clause, string? evidence)
    {
        using var folder = new TemporaryFolder();
        var model = ChangedModel.Random(1);
        var (a, b) = (model.Write(folder, "base"), model.Write(folder, "candidate"));
        var path = Path.Combine(b, file);
        var json = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());
        if (file != "config.json") File.WriteAllText(Path.Combine(a, file), "{}");
        var difference = ChangedModel.Compare(a, b);
        Assert.Contains(difference.Packaging.Values, v => v.File == file && v.Path == key);
        var story = DifferenceStory.Of(difference);
        Assert.Equal($"The weights are identical, but {clause}.", story.Sentence);
        if (evidence is not null) Assert.Contains(story.Evidence, e => e.Contains(evidence, StringComparison.Ordinal));
    }

    [Fact]
    public void Tokens_and_templates_that_differ_are_told()
    {
        using var folder = new TemporaryFolder();
        var model = ChangedModel.Random(1);
        var (a, b) = (model.Write(folder, "base"), model.Write(folder, "candidate"));
        File.WriteAllText(Path.Combine(a, "tokenizer.json"), """{"model": {"vocab": {"a": 0, "b": 1, "c": 2}, "merges": []}, "added_tokens": [{"id": 3, "content": "<s>"}], "normalizer": null}""");
        File.WriteAllText(Path.Combine(b, "tokenizer.json"), """{"model": {"vocab": {"a": 1, "b": 0, "d": 2}, "merges": ["a b"]}, "added_tokens": [{"id": 3, "content": "<s>"}], "normalizer": {"type": "NFC"}}""");
        File.WriteAllText(Path.Combine(a, "chat_template.jinja"), "one\ntwo\nthree");
        File.WriteAllText(Path.Combine(b, "chat_template.jinja"), "one\n2\nthree");
        var packaging = ChangedModel.Compare(a, b).Packaging;
        Assert.Equal(
        [
            "tokenizer.json model.vocab: 1 token is new: 'd'.", "tokenizer.json model.vocab: 1 token is gone: 'c'.",
                "tokenizer.json model.vocab: 2 tokens are of another id or score: 'a', 'b'.",
            "tokenizer.json model.merges[0] is absent in the base and 'a' + 'b' in the candidate.",
                "tokenizer.json normalizer is absent in the base and {\"type\":\"NFC\"} in the candidate.",
        ], packaging.Tokenizer);
        Assert.Equal("The chat templates differ from line 2 on (3 and 3 lines): base 'two', candidate '2'.", Assert.Single(packaging.Template));
        Assert.Equal(["tokenizer", "chat template"], packaging.Parts);
    }

    [Fact]
    public void Threads_change_no_bit()
    {
        var (model, random) = (ChangedModel.Random(1), new Random(3));
        var changed = model.Copy();
        foreach (var name in changed.Matrices.ToList()) changed[name] = [.. changed[name].Select(v => v + .001 * random.NextDouble())];
        var one = ChangedModel.Compare(model, changed, 1);
        foreach (var threads in (int[])[2, 5])
        {
            var other = ChangedModel.Compare(model, changed, threads);
            foreach (var (a, b) in one.Tensors.Zip(other.Tensors))
            {
                Assert.Equal((a.Name, a.Kind, a.Norm, a.Cosine, a.RoundingNorm), (b.Name, b.Kind, b.Norm, b.Cosine, b.RoundingNorm));
                Assert.Equal(a.Spectrum?.Leading, b.Spectrum?.Leading);
                Assert.Equal(a.Left.SelectMany(v => v), b.Left.SelectMany(v => v));
            }
        }
    }
}
