using Assay.Benchmarks;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Edits;

/// <summary>The mistakes of editing.md that a weight edit can make, each held against the definition in float64, on models stored as float64 so that nothing is rounded away.</summary>
public sealed class MistakeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<EditableModel> _open = [];

    public static IEnumerable<TheoryDataRow<string>> Models => GoldenFiles.Folders("models");

    public void Dispose()
    {
        foreach (var model in _open) model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("llama", "model.layers.1.self_attn.o_proj.weight", false)]
    [InlineData("gpt2", "transformer.h.1.attn.c_proj.weight", true)]
    public void Mistake_01_side_is_by_role_never_by_shape(string name, string square, bool transposed)
    {
        var (model, v) = (Source(name), Direction(name, 1));
        Edit(model, [new WeightEdit(v, EditPlaces.All(model.Config.Spec))]);
        using var edited = Edited();
        var tensor = edited[square];
        Assert.Equal(tensor.Shape[0], tensor.Shape[1]);
        Assert.True(Along(tensor, v.Vectors, rows: !transposed) <= 1e-14, "The output side still holds the direction.");
        Assert.True(Along(tensor, v.Vectors, rows: transposed) >= 1e-3, "The input side was edited.");
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    [InlineData("qwen3_next")]
    [InlineData("qwen2_moe")]
    [InlineData("deepseek_v3")]
    [InlineData("gpt_oss")]
    [InlineData("olmo2")]
    [InlineData("cohere")]
    public void Mistake_02_input_side_edits_need_the_norms_gain_and_hand_its_bias_on(string name)
    {
        var (model, v) = (Source(name), Direction(name, 2));
        var spec = model.Config.Spec;
        Edit(model, [new WeightEdit(v, EditPlaces.Window(spec, 1, 1))], new EditOptions { InputSide = true });
        using var edited = Edited();
        var random = new Random(5);
        var normed = Enumerable.Range(0, spec.HiddenSize).Select(_ => random.NextDouble() - .5).ToArray();
        var along = normed.Zip(v.Vectors, (x, y) => x * y).Sum() / v.Vectors.Sum(x => (double)x * x);
        var block = spec.Layers[1];
        foreach (var (map, norm) in Readers(block))
        {
            var gain = norm is null ? null : ModelCopy.Doubles(model.Weights[norm.Weight]);
            var beta = norm?.Bias is { } bias ? ModelCopy.Doubles(model.Weights[bias]) : null;
            double[] Read(Func<int, double> n) => [.. Enumerable.Range(0, spec.HiddenSize).Select(i => n(i) * (gain is null ? 1 : gain[i] + (norm!.Kind == NormKind.RmsPlusOne ? 1 : 0)) + (beta?[i] ?? 0))];
            // The edited matrix on what it really gets, and the old one on a stream without the direction.
            var got = Apply(map, n => edited[n], Read(i => normed[i]));
            var expected = Apply(map, n => model.Weights[n], Read(i => normed[i] - along * v.Vectors[i]));
            for (var o = 0; o < got.Length; o++) Assert.Equal(expected[o], got[o], 1e-12);
            Assert.NotEqual(ModelCopy.Bytes(model.Weights[map.Weight]), ModelCopy.Bytes(edited[map.Weight]));
        }
    }

    [Fact]
    public void Mistake_02_behind_a_layer_norm_as_much_is_left_as_the_direction_has_of_the_ones()
    {
        var model = Source("gpt2");
        var width = model.Config.Spec.HiddenSize;
        // A direction with a mean, and the part of it that a LayerNorm lets through.
        var raw = ModelCopy.Unit(width, 2).Select(x => x + .08).ToArray();
        var length = Math.Sqrt(raw.Sum(x => x * x));
        var v = raw.Select(x => (double)(float)(x / length)).ToArray();
        var mean = v.Average();
        var s = v.Sum(x => (x - mean) * (x - mean));
        var u = v.Select(x => (x - mean) / Math.Sqrt(s)).ToArray();
        double[] left = [.. u.Select(x => (1 - s) * x - Math.Sqrt(s) * mean)];
        var cosine = v.Sum() / Math.Sqrt(width);
        Assert.InRange(cosine, .3, .9);
        Assert.Equal(cosine, Math.Sqrt(left.Sum(x => x * x)), 1e-6);

        var options = new EditOptions { InputSide = true };
        var places = EditPlaces.Window(model.Config.Spec, 1, 1);
        Edit(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. v.Select(x => (float)x)] }, places)], options);
        MergedCheckpoint.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. u.Select(x => (float)x)] }, places)], _folder["centred"], options);
        using var edited = Edited();
        using var centred = Checkpoint.Open(_folder["centred"]);
        foreach (var (map, norm) in Readers(model.Config.Spec.Layers[1]))
        {
            var gain = ModelCopy.Doubles(model.Weights[norm!.Weight]);
            double[] Of(Func<string, Tensor> tensor, double[] n) => Apply(map with { Bias = null }, tensor, [.. n.Select((x, i) => gain[i] * x)]);
            // What the matrix makes of one unit of u in the normalised stream.
            var (before, got, wanted, none) = (Of(n => model.Weights[n], u), Of(n => edited[n], u), Of(n => model.Weights[n], left), Of(n => centred[n], u));
            for (var o = 0; o < got.Length; o++) Assert.Equal(wanted[o], got[o], 1e-6);
            static double Norm(double[] x) => Math.Sqrt(x.Sum(y => y * y));
            Assert.True(Norm(got) > .1 * Norm(before), "Nothing is left, and the remarks say otherwise.");
            Assert.True(Norm(none) <= 1e-6 * Norm(before), $"{Norm(none)}");
        }
    }

    [Fact]
    public void Mistake_02_a_norms_bias_that_no_matrix_can_take_over_is_refused_by_name()
    {
        var model = Source("stablelm");
        var refused = Assert.Throws<InvalidInputException>(() => Edit(model, [new WeightEdit(Direction("stablelm", 2), EditPlaces.Window(model.Config.Spec, 0, 0, attention: false))], new EditOptions { InputSide = true }));
        Assert.Contains("model.layers.0.mlp.gate_proj.weight", refused.Message);
    }

    [Fact]
    public void Mistake_03_norms_are_preserved_per_column()
    {
        var (model, v) = (Source("llama"), Direction("llama", 3));
        Edit(model, [new WeightEdit(v, EditPlaces.All(model.Config.Spec))], new EditOptions { PreserveNorms = true });
        using var edited = Edited();
        const string name = "model.layers.0.mlp.down_proj.weight";
        var (before, after) = (ModelCopy.Doubles(model.Weights[name]), ModelCopy.Doubles(edited[name]));
        var (rows, columns) = ((int)edited[name].Shape[0], (int)edited[name].Shape[1]);
        for (var j = 0; j < columns; j++)
            Assert.Equal(Enumerable.Range(0, rows).Sum(i => before[i * columns + j] * before[i * columns + j]), Enumerable.Range(0, rows).Sum(i => after[i * columns + j] * after[i * columns + j]), 1e-12);
        Assert.True(Along(edited[name], v.Vectors, rows: true) <= 1e-14);
        // A token's row is a column of (out, in).
        const string embedding = "model.embed_tokens.weight";
        var (old, now, width) = (ModelCopy.Doubles(model.Weights[embedding]), ModelCopy.Doubles(edited[embedding]), model.Config.Spec.HiddenSize);
        for (var t = 0; t < 20; t++) Assert.Equal(old.Skip(t * width).Take(width).Sum(x => x * x), now.Skip(t * width).Take(width).Sum(x => x * x), 1e-12);
        Assert.True(Along(edited[embedding], v.Vectors, rows: false) <= 1e-14);
    }

    [Theory]
    [InlineData(DType.BF16, .01)]
    [InlineData(DType.F16, .002)]
    [InlineData(DType.F32, 1e-5)]
    [InlineData(DType.F64, 1e-5)]
    public void Mistake_03_rounding_is_not_scaled_up_to_a_columns_norm(DType dtype, double thin)
    {
        const string name = "model.layers.0.mlp.down_proj.weight", embedding = "model.embed_tokens.weight";
        var v = Direction("llama", 3);
        var width = v.Vectors.Length;
        var along = v.Vectors.Select(x => (double)x).ToArray();
        var dot = along.Zip(ModelCopy.Unit(width, 4), (x, y) => x * y).Sum() / along.Sum(x => x * x);
        var across = along.Zip(ModelCopy.Unit(width, 4), (x, y) => y - dot * x).ToArray();
        // One column is all direction, of the next a little more than rounding is something else; so with two tokens.
        var columns = 0;
        using (var source = Checkpoint.Open(GoldenFiles.Require("models", "llama")))
        {
            columns = (int)source[name].Shape[1];
            Directory.CreateDirectory(_folder["llama"]);
            File.WriteAllText(_folder["llama/config.json"], source.ReadText("config.json"));
            SafetensorsWriter.Write(_folder["llama/model.safetensors"], source.Tensors.Select(t =>
            {
                var values = ModelCopy.Doubles(t);
                for (var i = 0; i < width; i++)
                {
                    if (t.Name == name) (values[i * columns + 3], values[i * columns + 4]) = (5 * along[i], 5 * (along[i] + thin * across[i]));
                    if (t.Name == embedding) (values[7 * width + i], values[8 * width + i]) = (2 * along[i], 2 * (along[i] + thin * across[i]));
                }
                var bytes = new byte[values.Length * dtype.Bits() / 8];
                StoredValues.Write(dtype, values, bytes);
                return TensorToWrite.From(t.Name, dtype, t.Shape, bytes);
            }));
        }
        var model = EditableModel.Open(_folder["llama"]);
        _open.Add(model);
        var report = Edit(model, [new WeightEdit(v, EditPlaces.All(model.Config.Spec))], new EditOptions { PreserveNorms = true });
        Assert.Equal([embedding, name], report.Edited.Where(e => e.NotRescaled == 1).Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.Equal(2, report.Edited.Sum(e => e.NotRescaled));
        using var edited = Edited();
        var allowed = Math.Max(1e-6, StoredValues.Tolerance(dtype));
        double[] Column(Tensor tensor, int j) => [.. ModelCopy.Doubles(tensor).Where((_, at) => at % columns == j)];
        double[] Row(Tensor tensor, int i) => [.. ModelCopy.Doubles(tensor).Skip(i * width).Take(width)];
        static double Norm(double[] x) => Math.Sqrt(x.Sum(y => y * y));
        for (var j = 0; j < 20; j++)
        {
            foreach (var (before, after, gone) in new[] { (Column(model.Weights[name], j), Column(edited[name], j), j == 3), (Row(model.Weights[embedding], j), Row(edited[embedding], j), j == 7) })
                Assert.InRange(Norm(after) / Norm(before), gone ? 0 : 1 - allowed, gone ? allowed : 1 + allowed);
        }
        Assert.True(Along(edited[name], v.Vectors, rows: true) <= Math.Max(1e-14, StoredValues.Tolerance(dtype)));
        Assert.True(Along(edited[embedding], v.Vectors, rows: false) <= Math.Max(1e-14, StoredValues.Tolerance(dtype)));
    }

    [Theory]
    [InlineData("llama-tied-mha")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    public void Mistake_06_a_tied_head_keeps_its_rows(string name)
    {
        var model = Source(name);
        Assert.True(model.Config.TiedHead);
        var report = Edit(model, [new WeightEdit(Direction(name, 6), EditPlaces.All(model.Config.Spec))]);
        using var edited = EditableModel.Open(_folder["edited"]);
        Assert.False(edited.Config.TiedHead);
        Assert.Equal(["lm_head.weight"], report.Added);
        Assert.Equal(ModelCopy.Bytes(model.Weights[model.Config.Spec.Embedding]), ModelCopy.Bytes(edited.Checkpoint["lm_head.weight"]));
        Assert.NotEqual(ModelCopy.Bytes(model.Weights[model.Config.Spec.Embedding]), ModelCopy.Bytes(edited.Weights[model.Config.Spec.Embedding]));
        // Asked for, it stays tied.
        MergedCheckpoint.Write(model, [new WeightEdit(Direction(name, 6), EditPlaces.All(model.Config.Spec))], _folder["tied"], new EditOptions { KeepTiedHead = true });
        using var tied = EditableModel.Open(_folder["tied"]);
        Assert.True(tied.Config.TiedHead);
        Assert.Equal(model.Checkpoint.Tensors.Select(t => t.Name), tied.Checkpoint.Tensors.Select(t => t.Name));
    }

    [Theory]
    [InlineData("llama-bias")]
    [InlineData("gpt2")]
    [InlineData("starcoder2")]
    [InlineData("gpt_oss")]
    public void Mistake_07_biases_of_writers_are_projected_and_only_those(string name)
    {
        var (model, v) = (Source(name), Direction(name, 7));
        Edit(model, [new WeightEdit(v, EditPlaces.All(model.Config.Spec))]);
        using var edited = Edited();
        var writers = 0;
        foreach (var spec in model.Config.Tensors.Where(t => t.Name.EndsWith("bias", StringComparison.Ordinal)))
        {
            if (spec.Role != ResidualRole.Writes) Assert.Equal(ModelCopy.Bytes(model.Weights[spec.Name]), ModelCopy.Bytes(edited[spec.Name]));
            else
            {
                writers++;
                Assert.True(Along(model.Weights[spec.Name], v.Vectors, rows: false) > 1e-3);
                Assert.True(Along(edited[spec.Name], v.Vectors, rows: false) <= 1e-14, spec.Name);
            }
        }
        Assert.True(writers > 0);
    }

    [Theory]
    [InlineData("gemma2", true)]
    [InlineData("gemma3", true)]
    [InlineData("olmo2", false)]
    [InlineData("olmo3", false)]
    [InlineData("glm4", false)]
    public void Mistake_08_behind_a_post_norm_the_gain_is_in_the_direction(string name, bool plusOne)
    {
        var (model, v) = (Source(name), Direction(name, 8));
        Edit(model, [new WeightEdit(v, EditPlaces.All(model.Config.Spec))]);
        using var edited = Edited();
        foreach (var block in model.Config.Spec.Layers)
        {
            foreach (var (map, norm) in new[] { (block.Attention.Output, block.PostAttention!), (((DenseMlpSpec)block.Mlp).Down, block.PostMlp!) })
            {
                var gain = ModelCopy.Doubles(model.Weights[norm.Weight]).Select(g => plusOne ? 1 + g : g).ToArray();
                Assert.True(Along(edited[map.Weight], [.. v.Vectors.Select((x, i) => x * gain[i])], rows: true) <= 1e-14, map.Weight);
                Assert.True(Along(edited[map.Weight], v.Vectors, rows: true) > 1e-4, "The gains of this model are all alike: the test shows nothing.");
            }
        }
    }

    [Fact]
    public void Mistake_09_strength_stays_what_it_is_after_renormalising()
    {
        var (model, v) = (Source("llama"), Direction("llama", 9));
        Edit(model, [new WeightEdit(v, EditPlaces.Window(model.Config.Spec, 0, 0, strength: .4))], new EditOptions { PreserveNorms = true });
        using var edited = Edited();
        const string name = "model.layers.0.self_attn.o_proj.weight";
        var (before, after) = (ModelCopy.Doubles(model.Weights[name]), ModelCopy.Doubles(edited[name]));
        var columns = (int)edited[name].Shape[1];
        for (var j = 0; j < columns; j++)
        {
            // Tangent of the angle to the plane: renormalising does not change it, the strength multiplies it by 1 − λ.
            Assert.Equal(.6 * Tangent(before, j), Tangent(after, j), 1e-10);
        }

        double Tangent(double[] w, int j)
        {
            double along = 0, all = 0;
            for (var i = 0; i < v.Vectors.Length; i++) (along, all) = (along + v.Vectors[i] * w[i * columns + j], all + w[i * columns + j] * w[i * columns + j]);
            var unit = along / Math.Sqrt(v.Vectors.Sum(x => (double)x * x));
            return unit / Math.Sqrt(all - unit * unit);
        }
    }

    [Fact]
    public void Mistake_10_directions_that_are_not_orthogonal_are_projected_jointly()
    {
        var model = Source("llama");
        var width = model.Config.Spec.HiddenSize;
        var (a, b) = (ModelCopy.Unit(width, 1), ModelCopy.Unit(width, 2));
        float[] near = [.. a.Zip(b, (x, y) => x + .3f * y)];
        var both = new Direction { Estimator = "given", Vectors = [.. a, .. near] };
        Edit(model, [new WeightEdit(both, EditPlaces.All(model.Config.Spec))]);
        using var edited = Edited();
        const string name = "model.layers.1.mlp.down_proj.weight";
        Assert.True(Along(edited[name], [.. a], rows: true) <= 1e-14);
        Assert.True(Along(edited[name], [.. near], rows: true) <= 1e-14);
        // One after the other the first comes back: what the joint projection is for.
        MergedCheckpoint.Write(model, [new WeightEdit(both with { Vectors = [.. a] }, EditPlaces.All(model.Config.Spec)), new WeightEdit(both with { Vectors = [.. near] }, EditPlaces.All(model.Config.Spec))], _folder["sequential"]);
        using var sequential = Checkpoint.Open(_folder["sequential"]);
        Assert.True(Along(sequential[name], [.. a], rows: true) > 1e-3);
    }

    [Fact]
    public void Mistake_11_directions_are_stored_in_float32()
    {
        var model = Source("llama");
        EditFile.For(model, [new WeightEdit(Direction("llama", 11), EditPlaces.All(model.Config.Spec))]).Write(_folder["edit.safetensors"]);
        using var file = SafetensorsFile.Open(_folder["edit.safetensors"]);
        Assert.All(file.Tensors, t => Assert.Equal(DType.F32, t.DType));
        Assert.NotEmpty(file.Tensors);
    }

    [Fact]
    public void Mistake_19_layer_1_is_not_layer_10()
    {
        SyntheticCheckpoint.Write(_folder["twelve"], SyntheticCheckpoint.LlamaConfig(12, 32, 2, 2, 64, 40), 1);
        using var model = EditableModel.Open(_folder["twelve"]);
        var report = MergedCheckpoint.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(32, 1)] }, EditPlaces.Window(model.Config.Spec, 1, 1))], _folder["edited"]);
        Assert.Equal(["model.layers.1.mlp.down_proj.weight", "model.layers.1.self_attn.o_proj.weight"], report.Edited.Select(e => e.Name).Order(StringComparer.Ordinal));
        using var edited = Edited();
        foreach (var tensor in edited.Tensors)
            Assert.Equal(!report.Edited.Any(e => e.Name == tensor.Name), ModelCopy.Bytes(tensor).AsSpan().SequenceEqual(ModelCopy.Bytes(model.Checkpoint[tensor.Name])));
    }

    [Fact]
    public void Mistake_20_an_unknown_writer_is_an_error()
    {
        var config = Source("llama").Config;
        var unknown = new TensorSpec("model.layers.0.adapter.weight", [64, 64], ResidualRole.Writes);
        Assert.Contains("model.layers.0.adapter.weight", Assert.Throws<InvalidInputException>(() => ResidualTensors.Writers(config.Spec, [.. config.Tensors, unknown])).Message);
        Assert.Contains("model.layers.0.adapter.weight", Assert.Throws<InvalidInputException>(() => ResidualTensors.Readers(config.Spec, [.. config.Tensors, unknown with { Role = ResidualRole.Reads }])).Message);
    }

    [Theory, MemberData(nameof(Models))]
    public void Mistake_21_every_writer_is_edited_whatever_holds_it(string name)
    {
        var (model, v) = (Source(name), Direction(name, 21));
        var report = Edit(model, [new WeightEdit(v, EditPlaces.All(model.Config.Spec))]);
        Assert.Equal(model.Config.Tensors.Where(t => t.Role == ResidualRole.Writes).Select(t => model.Names.Stored[t.Name]).Order(StringComparer.Ordinal), report.Edited.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.All(report.Edited, e => Assert.True(e.Residual <= 1e-14, $"{e.Name}: {e.Residual}"));
        Assert.All(report.Edited, e => Assert.True(e.Change > 1e-4 || e.Name.EndsWith("bias", StringComparison.Ordinal), $"{e.Name}: {e.Change}"));
        // Everything else is the base's, byte for byte, and nothing is in neither list.
        using var edited = Edited();
        Assert.Equal(model.Checkpoint.Tensors.Select(t => t.Name).Concat(report.Added).Order(StringComparer.Ordinal), report.Edited.Select(e => e.Name).Concat(report.Untouched).Concat(report.Added).Order(StringComparer.Ordinal));
        foreach (var untouched in report.Untouched) Assert.Equal(ModelCopy.Bytes(model.Checkpoint[untouched]), ModelCopy.Bytes(edited[untouched]));
    }

    [Theory, MemberData(nameof(Models))]
    public void Mistake_21_hooks_equal_the_edited_weights_in_every_architecture(string name)
    {
        var source = Source(name);
        var spec = source.Config.Spec;
        var width = spec.HiddenSize;
        // Two oblique directions with an offset, other strengths in other places.
        var oblique = new Direction
        {
            Estimator = "given",
            Vectors = [.. ModelCopy.Unit(width, 1), .. ModelCopy.Unit(width, 2)],
            Readouts = [.. ModelCopy.Unit(width, 1).Zip(ModelCopy.Unit(width, 3), (x, y) => x + .2f * y), .. ModelCopy.Unit(width, 2)],
            Offset = [.. ModelCopy.Unit(width, 4).Select(x => .1f * x)],
        };
        WeightEdit[] plan = [new(oblique, EditPlaces.Window(spec, 0, 0, strength: .7, embedding: true)), new(Direction(name, 5), EditPlaces.Tent(spec, 0, 2, 1.2, .3))];
        Edit(source, plan);
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6];
        using var edited = LanguageModel.Open(_folder["edited"]);
        using var model = LanguageModel.Open(_folder[name]);
        var (baked, hooked, plain) = (edited.Logits(ids), model.Logits([new Segment(ids, null, new EditCompiler(model).Hooks(plan))]), model.Logits(ids));
        var worst = baked.Zip(hooked, (x, y) => Math.Abs(x - y)).Max();
        Assert.True(worst <= 1e-4, $"{worst:e2}");
        Assert.True(baked.Zip(plain, (x, y) => Math.Abs(x - y)).Max() > .01, "The edit changes nothing.");
    }

    [Fact]
    public void Mistake_23_single_files_and_shards_are_edited_alike()
    {
        var model = Source("gpt2");
        CheckpointWriter.Copy(model.Checkpoint, _folder["sharded"], maxShardBytes: 100_000);
        Assert.True(Directory.GetFiles(_folder["sharded"], "*.safetensors").Length > 2);
        WeightEdit[] plan = [new(Direction("gpt2", 23), EditPlaces.All(model.Config.Spec))];
        Edit(model, plan);
        using (var sharded = EditableModel.Open(_folder["sharded"])) MergedCheckpoint.Write(sharded, plan, _folder["edited-shards"]);
        using var one = Edited();
        using var many = Checkpoint.Open(_folder["edited-shards"]);
        Assert.Equal(one.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), many.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in one.Tensors) Assert.Equal(ModelCopy.Bytes(tensor), ModelCopy.Bytes(many[tensor.Name]));
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.o_proj.weight")]
    [InlineData("model.layers.0.self_attn.q_proj.weight")]
    public void Mistake_39_the_saved_file_is_what_is_checked(string damaged)
    {
        var model = Source("llama");
        void Damage(string step)
        {
            if (step != "check") return;
            var path = Directory.GetFiles(_folder.Path, "model.safetensors", SearchOption.AllDirectories).Single(p => p.Contains(".partial-", StringComparison.Ordinal));
            long offset;
            using (var file = SafetensorsFile.Open(path)) offset = file.Tensors.Single(t => t.Name == damaged).Place!.Value.Offset;
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
            stream.Position = offset + 6;
            stream.Write([0x40, 0x40]); // A double of about 32.
        }
        var failed = Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Write(model, [new WeightEdit(Direction("llama", 39), EditPlaces.All(model.Config.Spec))], _folder["edited"], null, false, Damage, null, default));
        Assert.Contains(damaged, failed.Message);
        Assert.Equal(["llama"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Mistake_40_the_identity_edit_changes_no_byte()
    {
        var model = Source("gemma2");
        Edit(model, [new WeightEdit(Direction("gemma2", 40), EditPlaces.All(model.Config.Spec, strength: 0))]);
        Assert.Equal(TemporaryFolder.Contents(_folder["gemma2"]), TemporaryFolder.Contents(_folder["edited"]));
    }

    private EditableModel Source(string name)
    {
        var model = EditableModel.Open(ModelCopy.As(DType.F64, GoldenFiles.Require("models", name), _folder, name));
        _open.Add(model);
        return model;
    }

    private EditReport Edit(EditableModel model, WeightEdit[] plan, EditOptions? options = null) => MergedCheckpoint.Write(model, plan, _folder["edited"], options);

    private Checkpoint Edited() => Checkpoint.Open(_folder["edited"]);

    private static Direction Direction(string name, int seed)
    {
        using var model = Checkpoint.Open(GoldenFiles.Require("models", name));
        return new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(ModelConfig.Parse(model.ReadText("config.json")!).Spec.HiddenSize, seed)] };
    }

    /// <summary>‖vᵀW‖ / (‖v‖ ‖W‖), of a stack of matrices for each.</summary>
    private static double Along(Tensor tensor, IReadOnlyList<float> v, bool rows) => Along(tensor, [.. v.Select(x => (double)x)], rows);

    private static double Along(Tensor tensor, double[] v, bool rows)
    {
        var (values, width) = (ModelCopy.Doubles(tensor), (int)tensor.Shape[^1]);
        double sum = 0, all = values.Sum(x => x * x) * v.Sum(x => x * x);
        if (!rows)
        {
            for (var at = 0; at < values.Length; at += width)
            {
                double dot = 0;
                for (var i = 0; i < width; i++) dot += values[at + i] * v[i];
                sum += dot * dot;
            }
        }
        else
        {
            for (var matrix = 0; matrix < values.Length; matrix += v.Length * width)
            {
                for (var j = 0; j < width; j++)
                {
                    double dot = 0;
                    for (var i = 0; i < v.Length; i++) dot += values[matrix + i * width + j] * v[i];
                    sum += dot * dot;
                }
            }
        }
        return all == 0 ? 0 : Math.Sqrt(sum / all);
    }

    private static IEnumerable<(LinearSpec Map, NormSpec? Norm)> Readers(LayerSpec block)
    {
        var attention = block.Attention;
        LinearSpec?[] ofAttention = attention.Latent is { } latent ? [latent.QueryDown, latent.KeyValueDown] : [attention.Query, attention.Key, attention.Value, attention.Gate, attention.Delta?.WriteStrength, attention.Delta?.Decay];
        IEnumerable<LinearSpec?> ofMlp = block.Mlp is DenseMlpSpec dense ? [dense.Gate, dense.Up]
            : block.Mlp is RoutedMlpSpec routed ? [routed.Router, routed.Shared?.Up, routed.SharedGate, .. routed.Experts.Select(e => e.Gate), .. routed.Experts.Select(e => e.Up)] : [];
        return ofAttention.OfType<LinearSpec>().Select(m => (m, block.PreAttention)).Concat(ofMlp.OfType<LinearSpec>().Select(m => (m, block.PreMlp ?? (block.Parallel ? block.PreAttention : null))));
    }

    /// <summary>W x + b of a map, element by element from where its spec says they stand.</summary>
    private static double[] Apply(LinearSpec map, Func<string, Tensor> tensor, double[] x)
    {
        var (weight, bias, stride) = (ModelCopy.Doubles(tensor(map.Weight)), map.Bias is { } b ? ModelCopy.Doubles(tensor(b)) : null, (int)tensor(map.Weight).Shape[^1]);
        var result = new double[map.Outputs];
        for (var o = 0; o < map.Outputs; o++)
        {
            var place = map.Block == 0 ? o : o / map.Block * map.BlockStride + o % map.Block;
            for (var i = 0; i < map.Inputs; i++) result[o] += weight[map.Transposed ? (map.FirstInput + i) * stride + map.FirstOutput + place : (map.FirstOutput + place) * stride + i] * x[i];
            if (bias is not null) result[o] += bias[(map.FirstBias ?? map.FirstOutput) + place];
        }
        return result;
    }
}
