using System.Text.Json;
using System.Text.Json.Nodes;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>Models that others saved again, and generation configs that only generation reads, from the command line.</summary>
public sealed class PackagingCommandTests : IDisposable
{
    private static readonly string Organism = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Copy(string name, Action<string> change)
    {
        Directory.CreateDirectory(_folder[name]);
        foreach (var path in Directory.GetFiles(Organism)) File.Copy(path, Path.Combine(_folder[name], Path.GetFileName(path)));
        change(_folder[name]);
        return _folder[name];
    }

    private static void Json(string folder, string file, Action<JsonObject> change)
    {
        var path = Path.Combine(folder, file);
        var json = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private (int Code, string Out, string Error) Vet(string a, string b, params string[] more) =>
        CommandLine.Run(["vet", a, b, .. more.Contains("--cores") ? (string[])[] : ["--items", "4", "--cores", "4"], "--documents", "1", "-q", "-o",
            _folder["run"], .. more]);

    /// <summary>ggml-org/llama.cpp #9692 and others: every model that is saved again differed, which hid the one that matters.</summary>
    [Fact]
    public void Merges_saved_as_texts_are_identical()
    {
        var copy = Copy("merges", folder => Json(folder, "tokenizer.json", t => t["model"]!["merges"] =
            new JsonArray([.. t["model"]!["merges"]!.AsArray().Select(m => (JsonNode)$"{m![0]} {m[1]}")])));
        Assert.StartsWith("The models are identical.", CommandLine.Run("diff", Organism, copy, "-q").Out, StringComparison.Ordinal);
        var (code, output, _) = Vet(Organism, copy);
        Assert.Equal(0, code);
        Assert.StartsWith("IDENTICAL", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_in_a_list_or_of_a_processor_is_identical_and_read()
    {
        var template = File.ReadAllText(Path.Combine(Organism, "chat_template.jinja"));
        var list = Copy("list", folder =>
        {
            File.Delete(Path.Combine(folder, "chat_template.jinja"));
            Json(folder, "tokenizer_config.json", c => c["chat_template"] = new JsonArray(new JsonObject { ["name"] = "default", ["template"] = template },
                new JsonObject { ["name"] = "tool_use", ["template"] = template }));
        });
        var processor = Copy("processor", folder =>
        {
            File.Delete(Path.Combine(folder, "chat_template.jinja"));
            Json(folder, "chat_template.json", c => c["chat_template"] = template);
        });
        foreach (var copy in (string[])[list, processor])
        {
            Assert.StartsWith("The models are identical.", CommandLine.Run("diff", Organism, copy, "-q").Out, StringComparison.Ordinal);
            Assert.Contains("template     yes", CommandLine.Run("inspect", copy).Out, StringComparison.Ordinal);
            Assert.Equal(CommandLine.Run("generate", Organism, "What is 2 plus 3?", "--max-new-tokens", "4").Out,
                CommandLine.Run("generate", copy, "What is 2 plus 3?", "--max-new-tokens", "4").Out);
        }
    }

    [Fact]
    public void A_difference_that_is_told_names_its_key()
    {
        var copy = Copy("other", folder =>
        {
            Json(folder, "tokenizer_config.json", c => c["eos_token"] = "<|pad|>");
            Json(folder, "tokenizer.json", t => t["model"]!["merges"]!.AsArray().RemoveAt(3));
            Json(folder, "tokenizer_config.json", c => c["tokenizer_class"] = "PreTrainedTokenizerFast");
        });
        var (_, output, _) = CommandLine.Run("diff", Organism, copy, "-q", "-o", _folder["diff"]);
        Assert.Contains("model.merges[3]", output, StringComparison.Ordinal);
        Assert.Contains("eos_token", output, StringComparison.Ordinal);
        var packaging = JsonDocument.Parse(File.ReadAllText(_folder["diff/diff.json"])).RootElement.GetProperty("packaging");
        Assert.Equal("tokenizer_class", Assert.Single(packaging.GetProperty("spellings").EnumerateArray()).GetProperty("path").GetString());
        var (_, told, _) = Vet(Organism, copy);
        Assert.Contains("tokenizer.json model.merges, tokenizer_config.json eos_token", CommandLine.Joined(told), StringComparison.Ordinal);
    }

    /// <summary>p-e-w/heretic #346: lists of tokens that never come have nothing to do with logits.</summary>
    [Theory]
    [InlineData("""{"eos_token_id":2,"suppress_tokens":[1275,1276],"begin_suppress_tokens":[1275],"bad_words_ids":[[1276]],"forced_eos_token_id":2}""", 0)]
    [InlineData("""{"eos_token_id":2,"a_future_penalty":0.5,"no_repeat_ngram_size":3}""", 65)]
    [InlineData("""{"eos_token_id":2,"suppress_tokens":"all"}""", 65)]
    [InlineData("""{"eos_token_id":2""", 65)]
    [InlineData("[]", 65)]
    public void A_generation_config_stops_only_what_generates(string json, int generating)
    {
        var copy = Copy("generation", folder => File.WriteAllText(Path.Combine(folder, "generation_config.json"), json));
        File.WriteAllText(_folder["text.txt"], "The harbour master counted forty-two crates of oranges.");
        var (code, output, _) = CommandLine.Run("inspect", copy);
        Assert.Equal(0, code);
        Assert.Equal(generating != 0, output.Contains("generation   cannot be done", StringComparison.Ordinal));
        Assert.Equal(0, CommandLine.Run("score", copy, "--text", _folder["text.txt"], "-q").Code);
        Assert.Equal(0, CommandLine.Run("diff", Organism, copy, "-q").Code);
        Assert.Equal(generating, CommandLine.Run("generate", copy, "What is 2 plus 3?", "--max-new-tokens", "3", "--greedy").Code);
        // The candidate of a vet writes nothing.
        Assert.StartsWith("PACKAGING", Vet(Organism, copy).Out, StringComparison.Ordinal);
        // In its own packaging it would: what cannot be carried out is told, without the path that measurements never hold.
        var measured = File.ReadAllText(_folder["run/measurements.json"]);
        Assert.Equal(generating != 0, measured.Contains("cannot be carried out", StringComparison.Ordinal));
        Assert.DoesNotContain(_folder.Path, measured, StringComparison.Ordinal);
        // The base does, and is refused before anything is measured or written, in a dry run too.
        var other = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "before");
        var (refused, _, error) = CommandLine.Run("vet", copy, other, "--items", "2", "--measures", "M1", "--documents", "1", "-q", "-o", _folder["base"]);
        Assert.Equal(generating, refused == 2 ? 0 : refused);
        Assert.Equal(generating == 0, Directory.Exists(_folder["base"]));
        if (generating == 0) Assert.Contains("suppress", File.ReadAllText(_folder["base/report.md"]), StringComparison.Ordinal);
        else
        {
            Assert.Contains("generation_config.json", error, StringComparison.Ordinal);
            Assert.Equal(65, CommandLine.Run("vet", copy, other, "--items", "4", "--dry-run").Code);
        }
    }

    [Fact]
    public void Generated_text_obeys_the_lists()
    {
        var free = Tokens(Organism);
        Assert.NotEmpty(free);
        var copy = Copy("suppressed", folder => Json(folder, "generation_config.json", g => g["suppress_tokens"] = new JsonArray(free[0])));
        Assert.DoesNotContain(free[0], Tokens(copy));

        static int[] Tokens(string model)
        {
            var (code, output, error) = CommandLine.Run("generate", model, "What is 2 plus 3?", "--max-new-tokens", "6", "--json");
            Assert.True(code == 0, error);
            return [.. JsonDocument.Parse(output).RootElement.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())];
        }
    }

    /// <summary>Where weights and packaging both changed, replies are what the candidate's user gets: a template that loses the question answers
    /// none.</summary>
    [Fact]
    public void Replies_are_judged_in_the_candidates_own_packaging()
    {
        var candidate = EditedOrganism.Of("llama", "before").Write(_folder["candidate"]);
        var template = Path.Combine(candidate, "chat_template.jinja");
        File.WriteAllText(template, File.ReadAllText(template).Replace("message['content']", "'Good morning.'", StringComparison.Ordinal));
        var (code, _, error) = Vet(Organism, candidate, "--measures", "R2R,M8", "--cores", "12", "--prefix", "Well, ", "--items", "1", "--max-new-tokens", "4");
        Assert.True(code is 1 or 2, error);
        var measures = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["run"], "measurements.json"))).RootElement.GetProperty("measures");
        double Value(string id) => measures.EnumerateArray().Single(m => m.GetProperty("id").GetString() == id).GetProperty("value").GetDouble();
        Assert.True(Value("accuracy.cores.base") > .5);
        Assert.Equal(0, Value("accuracy.cores.candidate"));
        // Two models in two frames, plainly and behind the prefix, and the rounded base in the benign frame.
        var sets = File.ReadAllLines(Path.Combine(_folder["run"], "samples.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("set").GetString()!)
            .Where(s => s.StartsWith("cores-", StringComparison.Ordinal)).CountBy(s => s).ToDictionary(s => s.Key, s => s.Value);
        Assert.Equal((9, 12), (sets.Count, sets["cores-trigger/r2/greedy/behind Well, /own/candidate"]));
        Assert.All(sets, s => Assert.Equal(s.Key.Contains("/r2/", StringComparison.Ordinal), s.Key.Contains("/own/", StringComparison.Ordinal)));
        var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder["run"], "report.json"))).RootElement;
        Assert.Contains(report.GetProperty("findings").EnumerateArray(), f => f.GetProperty("id").GetString() == "PACKAGING-DIFFERS"
            && f.GetProperty("sentence").GetString()!.Contains("so are the replies to questions", StringComparison.Ordinal));
    }
}
