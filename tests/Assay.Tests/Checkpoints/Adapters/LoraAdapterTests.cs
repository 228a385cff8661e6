using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Checkpoints.Adapters;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Checkpoints.Adapters;

public sealed class LoraAdapterTests : IDisposable
{
    private const string Query = "base_model.model.model.layers.0.self_attn.q_proj";

    private readonly TemporaryFolder folder = new();
    private readonly string llama = Path.Combine(GoldenFiles.Repository, "golden", "models", "llama");

    public void Dispose() => folder.Dispose();

    private static float[] Some(int count, float size = .1f) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 23 - 11) * size / 11)];

    private string Adapter(JsonObject? changes = null, params (string Name, long[] Shape)[] tensors)
    {
        var config = new JsonObject { ["peft_type"] = "LORA", ["r"] = 2, ["lora_alpha"] = 4, ["target_modules"] = new JsonArray("q_proj", "embed_tokens", "lm_head"), ["bias"] = "none" };
        foreach (var (key, value) in changes ?? []) config[key] = value?.DeepClone();
        var path = folder["adapter-" + Guid.NewGuid().ToString("n")];
        folder.Write(Path.Combine(path, "adapter_config.json"), config.ToJsonString());
        if (tensors.Length == 0) tensors = [(Query + ".lora_A.weight", [2, 64]), (Query + ".lora_B.weight", [64, 2])];
        SafetensorsWriter.Write(Path.Combine(path, "adapter_model.safetensors"), tensors.Select(t => TensorToWrite.From(t.Name, [.. t.Shape], Some((int)t.Shape.Aggregate(1L, (a, b) => a * b)))));
        return path;
    }

    private string Refused(string adapter) => Assert.Throws<InvalidInputException>(() => Checkpoint.Open(llama + "+" + adapter).Dispose()).Message;

    [Fact]
    public void An_adapter_changes_its_module_and_nothing_else()
    {
        using var plain = Checkpoint.Open(llama);
        using var adapted = Checkpoint.Open(llama + "+" + Adapter());
        Assert.Equal(plain.Tensors.Select(t => t.Name), adapted.Tensors.Select(t => t.Name));
        var changed = plain.Tensors.Where(t => !t.HoldsTheBytesOf(adapted[t.Name])).Select(t => t.Name);
        Assert.Equal(["model.layers.0.self_attn.q_proj.weight"], changed);
        Assert.Equal(plain.ReadText("config.json"), adapted.ReadText("config.json"));
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "peft_type is 'IA3'; only LORA")]
    [InlineData("bias", "\"lora_only\"", "'bias' is '\"lora_only\"'")]
    [InlineData("init_lora_weights", "\"pissa\"", "'init_lora_weights' is '\"pissa\"'")]
    [InlineData("layer_replication", "[[0,1]]", "'layer_replication' is '[[0,1]]'")]
    [InlineData("lora_bias", "true", "'lora_bias' is 'true'")]
    [InlineData("target_parameters", "[\"x\"]", "'target_parameters'")]
    [InlineData("trainable_token_indices", "[1]", "'trainable_token_indices' is '[1]'")]
    [InlineData("alora_invocation_tokens", "[1,2]", "'alora_invocation_tokens' is '[1,2]'")]
    [InlineData("use_qalora", "true", "'use_qalora' is 'true'")]
    [InlineData("something_new", "3", "'something_new' is '3'")]
    [InlineData("r", "0", "'r' is '0'")]
    [InlineData("r", "1.5", "'r' is '1.5'")]
    [InlineData("lora_alpha", "\"x\"", "'lora_alpha' is '\"x\"'")]
    [InlineData("rank_pattern", "{\"(?=x)\":1}", "not an expression that is supported")]
    [InlineData("target_modules", "[\"o_proj\"]", "is not among those that target_modules names")]
    [InlineData("exclude_modules", "[\"q_proj\"]", "is not among those that target_modules names")]
    [InlineData("layers_to_transform", "[1]", "is not among those that target_modules names")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "there is no tensor of 'lm_head'")]
    [InlineData("use_dora", "true", "lacks lora_magnitude_vector")]
    [InlineData("r", "3", "rank 3")]
    public void What_would_change_the_computation_is_refused_by_key_and_value(string key, string value, string expected) =>
        Assert.Contains(expected, Refused(Adapter(new JsonObject { [key] = JsonNode.Parse(value) })), StringComparison.Ordinal);

    [Theory]
    [InlineData("layers_to_transform", "[0, 2]"), InlineData("layers_to_transform", "0"), InlineData("target_modules", "\"all-linear\""), InlineData("target_modules", "\".*q_proj\"")]
    [InlineData("init_lora_weights", "\"gaussian\""), InlineData("new_and_empty", "null"), InlineData("lora_dropout", "0.1"), InlineData("layers_pattern", "\"layers\"")]
    public void What_does_not_is_taken(string key, string value)
    {
        using var adapted = Checkpoint.Open(llama + "+" + Adapter(new JsonObject { [key] = JsonNode.Parse(value) }));
        Assert.True(adapted["model.layers.0.self_attn.q_proj.weight"].IsUpdated);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_named()
    {
        Assert.Contains("lacks lora_B", Refused(Adapter(null, (Query + ".lora_A.weight", [2, 64]))), StringComparison.Ordinal);
        Assert.Contains("The adapter is for another base", Refused(Adapter(null, (Query + ".lora_A.weight", [2, 65]), (Query + ".lora_B.weight", [64, 2]))), StringComparison.Ordinal);
        Assert.Contains("is not in", Refused(Adapter(null, (Query.Replace(".0.", ".9.", StringComparison.Ordinal) + ".lora_A.weight", [2, 64]), (Query.Replace(".0.", ".9.", StringComparison.Ordinal) + ".lora_B.weight", [64, 2]))), StringComparison.Ordinal);
        Assert.Contains("does not begin with 'base_model.model.'", Refused(Adapter(null, ("model.x.lora_A.weight", [2, 64]))), StringComparison.Ordinal);
        Assert.Contains("is not what a module that target_modules names keeps (base_layer), so PEFT would leave it unread",
            Refused(Adapter(null, ("base_model.model.lm_head.weight", [320, 64]))), StringComparison.Ordinal);
    }

    [Fact]
    public void All_linear_leaves_the_output_layer_out() =>
        Assert.Contains("'lm_head' is not among those that target_modules names",
            Refused(Adapter(new JsonObject { ["target_modules"] = "all-linear" }, ("base_model.model.lm_head.lora_A.weight", [2, 64]),
            ("base_model.model.lm_head.lora_B.weight", [320, 2]))), StringComparison.Ordinal);

    [Fact]
    public void What_is_missing_is_said()
    {
        Assert.Contains("no such folder; a PEFT adapter's folder", Refused(folder["none"]), StringComparison.Ordinal);
        Assert.Contains("there is no adapter_config.json", Refused(llama), StringComparison.Ordinal);
        Assert.Contains("nothing stands on one side", Assert.Throws<InvalidInputException>(() => Checkpoint.Open(llama + "+")).Message, StringComparison.Ordinal);
        var pickle = Adapter();
        File.Move(Path.Combine(pickle, "adapter_model.safetensors"), Path.Combine(pickle, "adapter_model.bin"));
        Assert.Contains("Python pickle", Refused(pickle), StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_with_a_plus_sign_is_a_path()
    {
        Directory.CreateDirectory(folder["a+b"]);
        foreach (var file in Directory.GetFiles(llama, "*.json").Append(Path.Combine(llama, "model.safetensors"))) File.Copy(file, Path.Combine(folder["a+b"], Path.GetFileName(file)));
        using (var plain = Checkpoint.Open(folder["a+b"])) Assert.Equal("a+b", plain.Name);
        using var adapted = Checkpoint.Open(folder["a+b"] + "+" + Adapter());
        Assert.StartsWith("a+b+adapter-", adapted.Name, StringComparison.Ordinal);
    }

    /// <summary>Loading goes through the module paths of the class; every table's prefix is known to the reader of adapters.</summary>
    [Fact]
    public void Paths_begin_as_the_architectures_tables_say()
    {
        foreach (var table in Assay.Models.Architectures.ArchitectureTable.All)
        {
            folder.Write($"{table.ModelType}/config.json", $$"""{"model_type":"{{table.ModelType}}"}""");
            SafetensorsWriter.Write(folder[$"{table.ModelType}/model.safetensors"], [TensorToWrite.From("x", [1], Some(1))]);
            using var model = Checkpoint.Open(folder[table.ModelType]);
            var paths = new ModulePaths(model);
            Assert.All(table.Rows, row => Assert.Equal(row.Module, paths.Own(row.Module)));
            Assert.Null(paths.Own("layers.0.self_attn.q_proj"));
        }
    }

    [Theory]
    [InlineData("rank_pattern"), InlineData("alpha_pattern")]
    public void Patterns_times_modules_are_bounded(string key)
    {
        var patterns = new JsonObject();
        for (var i = 0; i < 4096; i++) patterns[$"x{i}"] = 1;
        var tensors = Enumerable.Range(0, 1200).SelectMany(i => new (string, long[])[] { ($"base_model.model.model.layers.{i}.q_proj.lora_A.weight", [1, 1]),
            ($"base_model.model.model.layers.{i}.q_proj.lora_B.weight", [1, 1]) }).ToArray();
        Assert.Contains("are more than are matched here", Refused(Adapter(new JsonObject { [key] = patterns }, tensors)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r", "1e400"), InlineData("r", "-1"), InlineData("r", "65537"), InlineData("r", "\"NaN\""), InlineData("lora_alpha", "1e400"),
        InlineData("lora_alpha", "\"NaN\""), InlineData("lora_alpha", "null")]
    [InlineData("target_modules", "[1]"), InlineData("layers_to_transform", "[99999999999]"), InlineData("rank_pattern", "{\"q_proj\":0}"),
        InlineData("rank_pattern", "{\"((((a{1000}){1000}){1000}){1000})\":1}"), InlineData("alpha_pattern", "[]x")]
    public void Hostile_values_are_refused_by_key(string key, string value)
    {
        var adapter = Adapter();
        folder.Write(Path.Combine(adapter, "adapter_config.json"), File.ReadAllText(Path.Combine(adapter, "adapter_config.json"))
            .Replace("{\"peft_type\":\"LORA\",", $"{{\"peft_type\":\"LORA\",\"{key}\":{value},", StringComparison.Ordinal)
            .Replace(key == "r" ? ",\"r\":2" : "\u0001", "", StringComparison.Ordinal)
            .Replace(key == "lora_alpha" ? ",\"lora_alpha\":4" : "\u0001", "", StringComparison.Ordinal)
                .Replace(key == "target_modules" ? ",\"target_modules\":[\"q_proj\",\"embed_tokens\",\"lm_head\"]" : "\u0001", "", StringComparison.Ordinal));
        Assert.Contains(value.EndsWith('x') ? "not valid JSON" : key, Refused(adapter), StringComparison.Ordinal);
    }

    /// <summary>PEFT's wrapper changes one use of a tied matrix: the other keeps the base's weights.</summary>
    [Theory]
    [InlineData("model.embed_tokens", ".lora_embedding_A", ".lora_embedding_B")]
    [InlineData("lm_head", ".lora_A.weight", ".lora_B.weight")]
    public void A_tied_matrix_becomes_two(string module, string a, string b)
    {
        var tied = Path.Combine(GoldenFiles.Root, "models", "llama-tied-mha");
        if (!Directory.Exists(tied)) Assert.Skip($"{tied} is not there.");
        var embedding = module != "lm_head";
        var adapter = Adapter(null, ($"base_model.model.{module}{a}", embedding ? [2, 320] : [2, 64]), ($"base_model.model.{module}{b}", embedding ? [64, 2] : [320, 2]));
        using var plain = LanguageModel.Open(tied);
        using var adapted = LanguageModel.Open(tied + "+" + adapter);
        Assert.True(plain.Config.TiedHead);
        Assert.False(adapted.Config.TiedHead);
        Assert.Equal(embedding, adapted.Checkpoint["model.embed_tokens.weight"].IsUpdated);
        Assert.Equal(!embedding, adapted.Checkpoint["lm_head.weight"].IsUpdated);

        // By hand: W + 2 (B A), transposed for the embedding.
        float[] w = new float[320 * 64], got = new float[320 * 64], fa = Some(embedding ? 640 : 128), fb = Some(embedding ? 128 : 640);
        plain.Checkpoint["model.embed_tokens.weight"].Read(0, w);
        adapted.Checkpoint[module + ".weight"].Read(0, got);
        for (var v = 0; v < 320; v++)
        {
            for (var d = 0; d < 64; d++)
            {
                var delta = embedding ? fb[d * 2] * fa[v] + fb[d * 2 + 1] * fa[320 + v] : fb[v * 2] * fa[d] + fb[v * 2 + 1] * fa[64 + d];
                Assert.True(Math.Abs(w[v * 64 + d] + 2 * delta - got[v * 64 + d]) < 1e-6);
            }
        }
    }
}
