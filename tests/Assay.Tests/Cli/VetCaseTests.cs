using System.Text.Json;
using System.Text.Json.Nodes;

namespace Assay.Tests.Cli;

/// <summary>What people and tools do to checkpoints, and what <c>assay vet</c> must say of it whatever the number of items.</summary>
public sealed class VetCaseTests : IDisposable
{
    private const ushort NaN = 0x7fc0, Infinity = 0x7f80, MinusInfinity = 0xff80;
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-case-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private string At(string name) => Path.Combine(_folder, name);

    private (int Code, string Out, string Error) Vet(string p, string q, params string[] more) =>
        CommandLine.Run(["vet", p, q, .. more.Contains("--items") ? (string[])[] : ["--items", "2"], "--measures", VetCommandTests.Few, "--documents", "1",
            "--max-new-tokens", "4", "-q", "-o",
            At("run"), .. more]);

    private JsonElement Report => JsonDocument.Parse(File.ReadAllText(At("run/report.json"))).RootElement;

    private string? Severity(string finding) => Report.GetProperty("findings").EnumerateArray().Where(f => f.GetProperty("id").GetString() == finding)
        .Select(f => f.GetProperty("severity").GetString()).FirstOrDefault();

    private string Sentence(string finding) => Report.GetProperty("findings").EnumerateArray().Single(f => f.GetProperty("id").GetString() == finding)
        .GetProperty("sentence").GetString()!;

    private static EditedOrganism Dead(string how)
    {
        var llama = EditedOrganism.Of("llama");
        return how switch
        {
            "zero head" => llama.Fill("lm_head.weight", 0),
            "one row for every token" => llama.Rows("lm_head.weight", Enumerable.Repeat(9, 1280)),
            "zero norm" => llama.Fill("model.norm.weight", 0),
            "one embedding for every token" => llama.Rows("model.embed_tokens.weight", Enumerable.Repeat(9, 1280)),
            "NaN in a matrix" => llama.Set("model.layers.3.mlp.down_proj.weight", 500, NaN),
            "infinity in a norm" => llama.Set("model.layers.2.input_layernorm.weight", 5, Infinity),
            "NaN in a row of the head" => llama.Set("lm_head.weight", 77 * 192 + 1, NaN),
            "minus infinity in a row of the head" => llama.Set("lm_head.weight", 77 * 192 + 1, MinusInfinity),
            "NaN in the embedding of a token of every prompt" => llama.Set("model.embed_tokens.weight", 1, NaN),
            "NaN in the embedding of a token that nothing holds" => llama.Set("model.embed_tokens.weight", 3 * 192, NaN),
            "NaN everywhere" => llama.Names.Aggregate(llama, (model, name) => model.Fill(name, NaN)),
            "zero everywhere" => llama.Names.Aggregate(llama, (model, name) => model.Fill(name, 0)),
            _ => throw new ArgumentException(how, nameof(how)),
        };
    }

    [Theory]
    [InlineData("zero head")]
    [InlineData("one row for every token")]
    [InlineData("zero norm")]
    [InlineData("one embedding for every token")]
    [InlineData("NaN in a matrix")]
    [InlineData("infinity in a norm")]
    [InlineData("NaN in a row of the head")]
    [InlineData("minus infinity in a row of the head")]
    [InlineData("NaN in the embedding of a token of every prompt")]
    [InlineData("NaN in the embedding of a token that nothing holds")]
    [InlineData("NaN everywhere")]
    [InlineData("zero everywhere")]
    public void A_candidate_that_says_nothing_is_broken(string how)
    {
        var (code, output, error) = Vet(EditedOrganism.Path("llama"), Dead(how).Write(At("candidate")));
        Assert.True(code == 1, output + error);
        Assert.StartsWith("BROKEN", output, StringComparison.Ordinal);
        Assert.Equal(1, Report.GetProperty("verdict").GetProperty("exit_code").GetInt32());
    }

    [Theory]
    [InlineData("zero head")]
    [InlineData("NaN in a matrix")]
    [InlineData("NaN in a row of the head")]
    public void A_broken_base_is_bad_input_and_a_dry_run_says_so(string how)
    {
        var broken = Dead(how).Write(At("base"));
        foreach (var more in (string[][])[["--dry-run"], []])
        {
            var (code, _, error) = Vet(broken, EditedOrganism.Path("llama"), more);
            Assert.Equal(65, code);
            Assert.Contains("the base is broken", error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(At("run")));
        }
    }

    [Theory]
    [InlineData("qwen3", new[] { 0, 1, 2 }, "LAYERS-GONE", "Layer 3 ")]
    [InlineData("llama", new[] { 0, 1, 3, 4, 5 }, "LAYERS-GONE", "Layer 2 ")]
    [InlineData("llama", new[] { 0, 5 }, "LAYERS-GONE", "Layers 1 to 4 ")]
    [InlineData("llama", new[] { 0, 1, 2, 2, 3, 4, 5 }, "LAYERS-TWICE", "Layer 2 ")]
    [InlineData("llama", new[] { 0, 1, 2, 1, 2, 3, 4, 5 }, "LAYERS-TWICE", "Layers 1 to 2 ")]
    [InlineData("llama", new[] { 0, 1, 2, 3, 4, 5, 5 }, "LAYERS-TWICE", "Layer 5 ")]
    public void Fewer_or_more_layers_are_measured_and_named(string kind, int[] order, string finding, string layers)
    {
        var candidate = EditedOrganism.Of(kind).Layers(order).Write(At("candidate"), c =>
        {
            c["num_hidden_layers"] = order.Length;
            if (c["layer_types"] is JsonArray types) c["layer_types"] = new JsonArray([.. order.Select(_ => types[0]!.DeepClone())]);
        });
        var (code, output, error) = Vet(EditedOrganism.Path(kind), candidate);
        Assert.True(code is 0 or 2, output + error);
        Assert.StartsWith(layers, Sentence(finding), StringComparison.Ordinal);
        var kld = Report.GetProperty("measures").EnumerateArray().Single(m => m.GetProperty("id").GetString() == "kld.trigger.mean").GetProperty("value")
            .GetDouble();
        Assert.True(kld > 0);
    }

    [Fact]
    public void An_adapter_left_beside_the_weights_is_a_warning_everywhere()
    {
        var candidate = EditedOrganism.Of("llama").Write(At("candidate"));
        File.WriteAllText(Path.Combine(candidate, "adapter_config.json"), """{"peft_type": "LORA", "r": 4, "lora_alpha": 4, "base_model_name_or_path": "somewhere/else"}""");
        File.WriteAllText(Path.Combine(candidate, "adapter_model.safetensors"), "");
        const string told = "adapter_config.json lies beside the weights";
        Assert.Equal(0, Vet(EditedOrganism.Path("llama"), candidate).Code);
        Assert.Equal("warning", Severity("ADAPTER-BESIDE-WEIGHTS"));
        Assert.Contains("The candidate: " + told, Sentence("ADAPTER-BESIDE-WEIGHTS"), StringComparison.Ordinal);
        Vet(candidate, EditedOrganism.Path("llama"), "--fresh");
        Assert.Contains("The base: " + told, Sentence("ADAPTER-BESIDE-WEIGHTS"), StringComparison.Ordinal);
        Assert.Contains(told, CommandLine.Run("inspect", candidate).Out, StringComparison.Ordinal);
        Assert.Contains(told, CommandLine.Run("inspect", candidate, "--json").Out, StringComparison.Ordinal);
        Assert.DoesNotContain(told, CommandLine.Run("inspect", EditedOrganism.Path("llama")).Out, StringComparison.Ordinal);
        Assert.Contains(told, CommandLine.Run("diff", EditedOrganism.Path("llama"), candidate, "-q").Out, StringComparison.Ordinal);
        Assert.Contains(told, CommandLine.Run("diff", candidate, EditedOrganism.Path("llama"), "-q", "--json").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    public void A_float32_copy_loses_nothing(string kind)
    {
        var (code, output, error) = Vet(EditedOrganism.Path(kind), EditedOrganism.Of(kind)
            .Write(At("candidate"), c => c["dtype"] = "float32", asFloat32: true));
        Assert.True(code == 0, output + error);
        Assert.DoesNotContain("INCONCLUSIVE", output, StringComparison.Ordinal);
        Assert.Contains("no value changed", CommandLine.Joined(output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--items", "2")]
    [InlineData("--items", "30")]
    public void Neurons_in_another_order_lose_nothing_whatever_the_number_of_items(params string[] more)
    {
        var (model, random) = (EditedOrganism.Of("llama"), new Random(5));
        for (var layer = 0; layer < 6; layer++)
        {
            var (gate, up, down) = ($"model.layers.{layer}.mlp.gate_proj.weight", $"model.layers.{layer}.mlp.up_proj.weight",
                $"model.layers.{layer}.mlp.down_proj.weight");
            var order = Enumerable.Range(0, (int)model.Shape(gate)[0]).ToArray();
            random.Shuffle(order);
            model.Rows(gate, order).Rows(up, order).Columns(down, order);
        }

        var (code, output, error) = Vet(EditedOrganism.Path("llama"), model.Write(At("candidate")), more);
        Assert.True(code == 0, output + error);
        Assert.StartsWith("EQUIVALENT", output, StringComparison.Ordinal);
        Assert.Contains("Nothing was lost", output, StringComparison.Ordinal);
        // The measures are shown all the same.
        Assert.InRange(Report.GetProperty("measures").EnumerateArray().Single(m => m.GetProperty("id").GetString() == "kld.benign.mean").GetProperty("value")
            .GetDouble(), 0, 1e-6);
    }

    [Theory]
    [InlineData(true, "DEGRADED", 1)]
    [InlineData(false, "INCONCLUSIVE", 2)]
    public void Probability_on_ids_without_a_name_is_a_harm(bool said, string verdict, int exitCode)
    {
        // Rows behind the vocabulary: copies of rows that are said often, or of one that never is.
        var order = Enumerable.Range(0, 1280).Concat(Enumerable.Range(0, 64).Select(i => said ? i * 20 : 3)).ToArray();
        var model = EditedOrganism.Of("llama").Rows("model.embed_tokens.weight", order).Rows("lm_head.weight", order);
        var (code, output, error) = Vet(EditedOrganism.Path("llama"), model.Write(At("candidate"), c => c["vocab_size"] = 1344), "--items", "30");
        Assert.True(code == exitCode, output + error);
        Assert.StartsWith(verdict, output, StringComparison.Ordinal);
        Assert.Equal(said ? "harm" : null, Severity("UNNAMED-IDS"));
        var row = Report.GetProperty("measures").EnumerateArray().Single(m => m.GetProperty("id").GetString() == "unnamed_ids.benign.delta");
        Assert.Equal(said, row.GetProperty("low").GetDouble() > .005);
    }

    [Fact]
    public void Added_tokens_are_told_and_a_moved_token_is_incomparable()
    {
        var order = Enumerable.Range(0, 1280).Concat(Enumerable.Range(300, 8)).ToArray();
        var added = EditedOrganism.Of("llama").Rows("model.embed_tokens.weight", order).Rows("lm_head.weight", order)
            .Write(At("added"), c => c["vocab_size"] = 1288);
        EditedOrganism.Json(added, "tokenizer.json", t => t["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 1280, "content": "<|new|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}""")));
        Assert.NotEqual(65, Vet(EditedOrganism.Path("llama"), added).Code);
        Assert.Contains("'<|new|>' = 1280", Sentence("TOKENS-ADDED"), StringComparison.Ordinal);
        // The other way round a token of the base is missing.
        var (code, _, error) = Vet(added, EditedOrganism.Path("llama"), "--fresh");
        Assert.Equal(65, code);
        Assert.Contains("1 are missing ('<|new|>' = 1280)", error, StringComparison.Ordinal);
        var moved = EditedOrganism.Of("llama").Write(At("moved"));
        EditedOrganism.Json(moved, "tokenizer.json", t =>
        {
            var vocabulary = t["model"]!["vocab"]!.AsObject();
            var (first, second) = (vocabulary.First(v => v.Value!.GetValue<int>() == 700).Key, vocabulary.First(v => v.Value!.GetValue<int>() == 701).Key);
            (vocabulary[first], vocabulary[second]) = (701, 700);
        });
        (code, _, error) = Vet(EditedOrganism.Path("llama"), moved, "--fresh");
        Assert.Equal(65, code);
        Assert.Contains("INCOMPARABLE", error, StringComparison.Ordinal);
        Assert.Contains("2 of the base's 1280 tokens have another id", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_candidate_without_a_tokenizer_is_read_with_the_bases()
    {
        var candidate = EditedOrganism.Of("llama", "before").Write(At("candidate"));
        File.Delete(Path.Combine(candidate, "tokenizer.json"));
        var (code, output, error) = Vet(EditedOrganism.Path("llama"), candidate);
        Assert.True(code is 0 or 2, output + error);
    }

    [Fact]
    public void An_end_of_sequence_that_the_model_cannot_say_is_a_warning()
    {
        var candidate = EditedOrganism.Of("llama").Write(At("candidate"));
        EditedOrganism.Json(candidate, "generation_config.json", g => g["eos_token_id"] = new JsonArray(1, 1300));
        Assert.Equal(0, Vet(EditedOrganism.Path("llama"), candidate).Code);
        Assert.Equal("warning", Severity("EOS-CANNOT-BE-SAID"));
        Assert.Contains("1300", Sentence("EOS-CANNOT-BE-SAID"), StringComparison.Ordinal);
        Assert.Contains("EOS-CANNOT-BE-SAID", CommandLine.Run("inspect", candidate).Out, StringComparison.Ordinal);
        EditedOrganism.Json(candidate, "generation_config.json", g => (g["eos_token_id"], g["suppress_tokens"]) = (new JsonArray(1), new JsonArray(1)));
        Assert.Contains("suppress_tokens of the generation config leaves it out", CommandLine.Run("inspect", candidate).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("EOS-CANNOT-BE-SAID", CommandLine.Run("inspect", EditedOrganism.Path("llama")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_no_position_shows_is_not_called_equivalent()
    {
        // A token that no prompt and no document holds: a trigger would look so.
        var (code, output, _) = Vet(EditedOrganism.Path("llama"), EditedOrganism.Of("llama").Set("model.embed_tokens.weight", 3 * 192, 0x4000)
            .Write(At("candidate")), "--items", "30");
        Assert.Equal(2, code);
        Assert.StartsWith("INCONCLUSIVE", output, StringComparison.Ordinal);
        Assert.Contains("Nothing differed at any of ", output, StringComparison.Ordinal);
        Assert.Contains("assay diff", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_can_be_refused_is_refused_by_a_dry_run_all_at_once()
    {
        var shorter = EditedOrganism.Of("llama", "before").Write(At("candidate"), c => c["max_position_embeddings"] = 128);
        File.WriteAllText(At("taken"), "");
        var (code, output, error) = CommandLine.Run("vet", EditedOrganism.Path("llama"), shorter, "--context", "256", "--max-new-tokens", "100", "--dry-run",
            "-q", "-o", At("taken"));
        Assert.Equal((65, ""), (code, output));
        foreach (var problem in (string[])[$"{shorter}: a sequence of 256 tokens", "--max-new-tokens is 100", $"{At("taken")}: is a file"]) Assert.Contains(
            problem, error, StringComparison.Ordinal);
        Assert.DoesNotContain($"{EditedOrganism.Path("llama")}: a sequence", error, StringComparison.Ordinal);
        // Both models at once.
        error = CommandLine.Run("vet", At("one"), At("two"), "--dry-run").Error;
        Assert.Contains("one", error, StringComparison.Ordinal);
        Assert.Contains("two", error, StringComparison.Ordinal);
        // Within the candidate's own limit it is measured, and by default the window fits both.
        Assert.NotEqual(65, Vet(EditedOrganism.Path("llama"), shorter).Code);
        Assert.Equal("128", Report.GetProperty("compared").GetProperty("context").GetString());
        // The folder of another plan is refused before a run, too.
        (code, _, error) = Vet(EditedOrganism.Path("llama"), shorter, "--seed", "5", "--dry-run");
        Assert.Equal(65, code);
        Assert.Contains("another plan", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--limit", "2", "--nonce", "it's a \"nonce\" $1")]
    [InlineData("--seed", "11", "--context", "600", "--allow-long", "--clock", "2026-02-03T04:05:06.5Z")]
    public void The_printed_command_goes_on_in_its_own_folder(params string[] more)
    {
        var (p, q) = (EditedOrganism.Path("gemma2"), EditedOrganism.Path("gemma2", "before"));
        Vet(p, q, more);
        var (line, report, journal) = (Report.GetProperty("reproduce").GetString()!, File.ReadAllText(At("run/report.json")),
            File.ReadAllText(At("run/journal.jsonl")));
        var words = Words(line);
        Assert.Equal(["assay", "vet", "BASE", "CANDIDATE"], words[..4]);
        var (code, output, error) = CommandLine.Run(["vet", p, q, .. words[4..]]);
        Assert.True(code is 0 or 2, error);
        Assert.Contains("Going on from the journal", error, StringComparison.Ordinal);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Equal(report, File.ReadAllText(At("run/report.json")));
        Assert.Equal(journal, File.ReadAllText(At("run/journal.jsonl")));
    }

    /// <summary>A line as a POSIX shell cuts it into words.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var (word, quoted, any) = (new System.Text.StringBuilder(), false, false);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\'') (quoted, any) = (!quoted, true);
            else if (!quoted && line[i] == '\\') word.Append(line[++i]);
            else if (!quoted && line[i] == ' ')
            {
                if (any) words.Add(word.ToString());
                (word, any) = (word.Clear(), false);
            }
            else (word, any) = (word.Append(line[i]), true);
        }

        if (any) words.Add(word.ToString());
        return words;
    }
}
