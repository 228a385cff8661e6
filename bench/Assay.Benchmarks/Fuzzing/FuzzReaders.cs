using System.Text;
using Assay.Checkpoints;
using Assay.Checkpoints.Adapters;
using Assay.Checkpoints.Gguf;
using Assay.Cli;
using Assay.Directions.Contrasts;
using Assay.Directions.Edits;
using Assay.Evaluation.Tasks;
using Assay.Models;
using Assay.Models.Sampling;
using Assay.Reports;
using Assay.Runs;
using Assay.Tokenization;
using Assay.Tokenization.Templates;
using Expression = Assay.Tokenization.Expressions.Expression;

namespace Assay.Benchmarks.Fuzzing;

/// <summary>Every reader of files that come from elsewhere.</summary>
internal static class FuzzReaders
{
    private const string Text = "Hello  world's 123 <s> naïve 日本 😀\u0301 aaaaaaaaab\n", Commit = "0123456789abcdef0123456789abcdef01234567", PlanHash = "0123";

    private static readonly UTF8Encoding Strict = new(false, true);
    private static readonly ModelConfig Llama = ModelConfig.Parse(FuzzSeeds.Config);
    private static readonly ChatMessage[] Chat = [new("system", "Be brief."), new("user", "Hi <b>🙂</b>\n")];

    public static IReadOnlyList<FuzzReader> All { get; } =
    [
        new("safetensors", FuzzSeeds.Safetensors, (bytes, scratch) =>
        {
            using var file = SafetensorsFile.Open(Put(scratch, "x.safetensors", bytes));
            foreach (var tensor in file.Tensors) tensor.ReadBytes(0, new byte[tensor.ByteLength]);
        }),
        new("index", FuzzSeeds.Indexes, (bytes, _) => SafetensorsIndex.Parse(bytes, "model.safetensors.index.json")),
        new("config", FuzzSeeds.Configs, (bytes, _) => _ = ModelConfig.Parse(Utf8(bytes)).Canonical),
        new("generation", FuzzSeeds.Generation, (bytes, _) => GenerationConfig.Parse(Utf8(bytes), Llama)),
        new("tokenizer", FuzzSeeds.Tokenizers, (bytes, _) => Use(Tokenizer.Parse(bytes))),
        new("tokenizer_config", FuzzSeeds.TokenizerConfigs, (bytes, _) =>
        {
            var text = Utf8(bytes);
            SpecialTokens.Read(text, text);
            Render(ChatTemplate.Find(null, text));
            CanonicalJson.Format(text, "tokenizer_config.json");
        }),
        new("template", FuzzSeeds.Templates, (bytes, _) => Render(ChatTemplate.Parse(Utf8(bytes)))),
        new("expression", FuzzSeeds.Expressions, (bytes, _) =>
        {
            var matches = Expression.Parse(Utf8(bytes)).Matches(Text);
            while (matches.MoveNext())
            {
                // To the end.
            }
        }),
        new("gguf", FuzzSeeds.Gguf, (bytes, scratch) =>
        {
            using var file = GgufFile.Open(Put(scratch, "x.gguf", bytes));
            foreach (var tensor in file.Tensors) tensor.Read(0, new float[tensor.Count]);
            foreach (var value in file.Values.Values) value.Show();
        }),
        new("gguf_model", () => [FuzzSeeds.GgufModel()], (bytes, scratch) => Open(Put(scratch, "m.gguf", bytes))),
        new("adapter_config", FuzzSeeds.AdapterConfigs, (bytes, scratch) => Adapt(scratch, bytes, FuzzSeeds.AdapterWeights())),
        new("adapter_weights", () => [FuzzSeeds.AdapterWeights()], (bytes, scratch) => Adapt(scratch, FuzzSeeds.AdapterConfigs()[0], bytes)),
        new("contrast_jsonl", () => FuzzSeeds.Texts("{\"prompt\":\"a\",\"side\":\"target\"}\n{\"prompt\":\"b\",\"side\":\"baseline\"}\n",
            "{\"prompt\":\"a\",\"side\":\"target\",\"pair\":\"1\"}\n{\"prompt\":\"b\",\"side\":\"baseline\",\"pair\":\"1\"}\n"),
            (bytes, scratch) => ContrastReader.Read(Put(scratch, "x.jsonl", bytes))),
        new("contrast_csv", () => FuzzSeeds.Texts("prompt,side\n\"a, \"\"b\"\"\",target\nc,baseline\n"),
            (bytes, scratch) => ContrastReader.Read(Put(scratch, "x.csv", bytes))),
        new("contrast_text", () => FuzzSeeds.Texts("one\ntwo\nthree\n"),
            (bytes, scratch) => ContrastReader.Read(Put(scratch, "x.txt", bytes), Put(scratch, "y.txt", "other\n"u8.ToArray()))),
        new("tasks", FuzzSeeds.Tasks, (bytes, scratch) => _ = TaskFile.Read(Put(scratch, "x.jsonl", bytes)).Hash),
        .. PublishedTasks.Kinds.Select(kind => new FuzzReader("tasks_" + kind, () => FuzzSeeds.Published(kind),
            (bytes, scratch) => PublishedTasks.Read(kind, Put(scratch, "x.jsonl", bytes)))),
        new("triggers_jsonl", FuzzSeeds.Triggers, (bytes, scratch) => TriggerFile.Read(Put(scratch, "x.jsonl", bytes))),
        new("triggers_text", () => FuzzSeeds.Texts("How do I kill a process?\nHow do I shoot a portrait?\r\n\n{not} JSON\n"),
            (bytes, scratch) => TriggerFile.Read(Put(scratch, "x.txt", bytes))),
        new("panel_jsonl", FuzzSeeds.Panels, (bytes, scratch) => PanelFile.Read(Put(scratch, "x.jsonl", bytes))),
        new("edit", FuzzSeeds.Edits, (bytes, scratch) => EditFile.Read(Put(scratch, "edit.safetensors", bytes))),
        new("journal", () => FuzzSeeds.Texts(
            $"{{\"plan\":\"{PlanHash}\"}}\n{{\"key\":\"a\",\"value\":[1,2.5]}}\n{{\"key\":\"b\",\"value\":{{\"x\":\"y\"}}}}\n"),
            (bytes, scratch) => RunJournal.Open(Put(scratch, "journal.jsonl", bytes), PlanHash).Dispose()),
        new("options", () => FuzzSeeds.Texts("items: 64\nseed: 7\nmodel: a\n# A comment.\nmark: [\"x\\n\", 'y']\n",
            "{\"items\": 64, \"clock\": \"2026-01-01T12:00:00Z\", \"mark\": [\"a\", \"b\"]}", "items: |-\n  3\nselect: true\ncontrast:\n- a\n- b\n"),
                (bytes, scratch) =>
        {
            var parsed = Application.Parse(["directions", "--config", Put(scratch, "assay.yaml", bytes), "m", "--contrast", "s"],
                new Terminal(TextWriter.Null, TextWriter.Null));
            // What the file's reader takes, the command line's has to take.
            if (parsed.Errors.Count > 0 || parsed.UnmatchedTokens.Count > 0) throw new InvalidOperationException(parsed.Errors[0].Message);
        }),
        new("cache_refs", () => FuzzSeeds.Texts(Commit, Commit + "\n"), (bytes, scratch) =>
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", scratch);
            Directory.CreateDirectory(Path.Combine(scratch, "models--org--name", "refs"));
            Directory.CreateDirectory(Path.Combine(scratch, "models--org--name", "snapshots", Commit));
            Put(scratch, "models--org--name/refs/main", bytes);
            HubCache.Find("org/name");
        }),
        // Any file of a folder: what one reader gives goes on to the others.
        new("folder_config", () => [Encoding.UTF8.GetBytes(FuzzSeeds.Config)], (bytes, scratch) => Open(Folder(scratch, "config.json", bytes))),
        new("folder_tokenizer", FuzzSeeds.Tokenizers, (bytes, scratch) => Open(Folder(scratch, "tokenizer.json", bytes))),
    ];

    private static string Utf8(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            // As Checkpoint.ReadText says it.
            throw new InvalidInputException($"byte {e.Index} is not UTF-8", e);
        }
    }

    private static string Put(string folder, string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void Use(Tokenizer tokenizer)
    {
        var ids = tokenizer.Encode(Text, true);
        tokenizer.Decode(ids, true);
        foreach (var id in ids.Take(64)) _ = (tokenizer.HasToken(id) ? tokenizer.TokenOf(id) : "", tokenizer.Decode([id], false));
        _ = (tokenizer.Count, tokenizer.MaxId + 1);
    }

    private static void Render(ChatTemplate? template) => template?.Render(Chat, true, ChatTemplateOptions.Default with { BosToken = "<s>" });

    private static string Folder(string scratch, string name, byte[] bytes)
    {
        var folder = Path.Combine(scratch, "model-" + name);
        if (!Directory.Exists(folder)) SyntheticCheckpoint.Write(folder, FuzzSeeds.Config, 1);
        Put(folder, name, bytes);
        return folder;
    }

    private static void Open(string path)
    {
        using var model = LanguageModel.Open(path, new LanguageModelOptions { Threads = 1, MemoryBytes = 64 << 20 });
        _ = model.Logits(new[] { 1, 2, 3 });
        if (model.Tokenizer is null) return;
        Use(model.Tokenizer);
        model.EncodeChat("ab ä", DateTimeOffset.UnixEpoch);
    }

    private static void Adapt(string scratch, byte[] config, byte[] weights)
    {
        var folder = Path.Combine(scratch, "base");
        if (!Directory.Exists(folder)) SyntheticCheckpoint.Write(folder, FuzzSeeds.Config, 1);
        var adapter = Directory.CreateDirectory(Path.Combine(scratch, "adapter")).FullName;
        Put(adapter, LoraConfig.FileName, config);
        Put(adapter, LoraAdapter.WeightsName, weights);
        using var checkpoint = ModelReference.Open($"{folder}+{adapter}");
        foreach (var tensor in checkpoint.Tensors.Where(t => t.Count < 1 << 20)) tensor.Read(0, new float[tensor.Count]);
    }
}
