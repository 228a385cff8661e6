using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Adapters;

/// <summary>A PEFT LoRA adapter on a model: the same model with some tensors computed anew while they are read.</summary>
/// <remarks>Names from peft, utils/save_and_load.py: <c>base_model.model.</c> and the module's path in the base.</remarks>
internal static class LoraAdapter
{
    private const string Prefix = "base_model.model.";
    private const string Head = "lm_head";
    private const string HeadName = "lm_head.weight";

    /// <summary>The weights in an adapter's folder.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>The same as a pickle, which is refused.</summary>
    public const string PickleName = "adapter_model.bin";

    private static readonly string[] Embeddings = ["embed_tokens", "wte", "embed_in"];
    private static readonly string[] BasePrefixes = ["model.", "transformer.", "gpt_neox."];

    // GPT-2's matrices are Conv1D, stored (in, out): PEFT goes by that class, whatever fan_in_fan_out says.
    private static readonly string[] Conv1D = ["c_attn", "c_proj", "c_fc"];

    /// <summary>Puts an adapter on a model. The result owns both.</summary>
    /// <param name="model">The base; closed with the result, left open where this throws.</param>
    /// <param name="path">The adapter's folder.</param>
    /// <param name="name">Of the result.</param>
    /// <param name="configName">Its config's file, where it has not got its name yet.</param>
    /// <exception cref="InvalidInputException">Broken, of another kind, or not of this base; all problems at once.</exception>
    public static Checkpoint Apply(Checkpoint model, string path, string name, string configName = LoraConfig.FileName)
    {
        if (!Directory.Exists(path)) throw new InvalidInputException($"{path}: no such folder; a PEFT adapter's folder ({LoraConfig.FileName}, {WeightsName}) is expected behind '+'.");
        var configPath = Path.Combine(path, configName);
        if (!File.Exists(configPath)) throw new InvalidInputException($"{path}: there is no {LoraConfig.FileName}; a PEFT adapter's folder is expected behind '+'.");
        var config = LoraConfig.Parse(ReadText(configPath), configPath);
        var weights = Path.Combine(path, WeightsName);
        if (!File.Exists(weights) && File.Exists(Path.Combine(path, PickleName)))
            throw new InvalidInputException($"{path}: the adapter is a Python pickle ({PickleName}), which is not read, since loading one runs whatever code is in it. Save it with safe_serialization=True, on a machine where you trust the file.");
        var file = SafetensorsFile.Open(weights);
        try
        {
            return new Application(model, config, file).Build(name);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (info.Length > 1 << 24) throw new InvalidInputException($"{path}: {info.Length} bytes; at most {1 << 24} are expected.");
            return new UTF8Encoding(false, true).GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"{path}: byte {e.Index} is not UTF-8, which is expected of all text. Fetch the file again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What an adapter holds for one module.</summary>
    private sealed class Parts
    {
        public Tensor? A { get; set; }

        public Tensor? B { get; set; }

        public Tensor? Lengths { get; set; }

        public bool Embedding { get; set; }
    }

    private sealed class Application(Checkpoint model, LoraConfig config, SafetensorsFile file)
    {
        private readonly ProblemList problems = new();
        private readonly OrderedDictionary<string, Parts> modules = new(StringComparer.Ordinal);
        private readonly OrderedDictionary<string, Tensor> replaced = new(StringComparer.Ordinal);
        private readonly HashSet<string> savedFound = new(StringComparer.Ordinal);
        private readonly bool tied = IsTied(model);
        private bool untied;

        public Checkpoint Build(string name)
        {
            foreach (var tensor in file.Tensors) Sort(tensor);
            foreach (var (module, parts) in modules) Update(module, parts);
            AddHead();
            foreach (var missing in config.SavedModules.Where(m => !savedFound.Contains(m)))
                problems.Add($"{file.Path}: there is no tensor of {ProblemList.Quote(missing)}, which modules_to_save names. Fetch the adapter again.");
            if (file.Tensors.Count == 0) problems.Add($"{file.Path}: there is no tensor at all; an adapter's are expected. Fetch it again.");
            problems.ThrowIfAny();
            var tensors = model.Tensors.Select(t => replaced.Remove(t.Name, out var other) ? other : t).ToList();
            tensors.AddRange(replaced.Values); // A head of its own.
            return new Checkpoint(model.Path, name, tensors, [model, file])
            {
                HasLeftoverAdapter = model.HasLeftoverAdapter,
                Defaulted = untied ? model.Defaulted.Where(d => d.Key != "tie_word_embeddings").ToDictionary() : model.Defaulted,
                Read = fileName => fileName == "config.json" && untied && model.ReadText(fileName) is { } text ? Untie(text) : model.ReadText(fileName),
            };
        }

        private void Sort(Tensor tensor)
        {
            if (tensor.DType is not (DType.F32 or DType.F16 or DType.BF16))
            {
                Problem(tensor, $"has dtype {tensor.DType.FormatName()}; F32, F16 or BF16 are expected");
                return;
            }
            if (!tensor.Name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                Problem(tensor, $"does not begin with '{Prefix}', as PEFT's do");
                return;
            }
            var path = tensor.Name[Prefix.Length..];
            foreach (var (ending, embedding) in (ReadOnlySpan<(string, bool)>)[(".lora_A.weight", false), (".lora_B.weight", false), (".lora_embedding_A", true), (".lora_embedding_B", true), (".lora_magnitude_vector", false), (".lora_magnitude_vector.weight", false)])
            {
                if (!path.EndsWith(ending, StringComparison.Ordinal)) continue;
                var module = path[..^ending.Length];
                if (!modules.TryGetValue(module, out var parts)) modules[module] = parts = new Parts();
                parts.Embedding |= embedding;
                if (ending.Contains("magnitude", StringComparison.Ordinal)) parts.Lengths = tensor;
                else if (ending.Contains("_A", StringComparison.Ordinal)) parts.A = tensor;
                else parts.B = tensor;
                return;
            }
            Replace(tensor, path);
        }

        /// <summary>A tensor of a module that is saved as a whole.</summary>
        private void Replace(Tensor tensor, string path)
        {
            var dot = path.LastIndexOf('.');
            var module = dot < 0 ? path : path[..dot];
            if (!config.IsSaved(module))
            {
                Problem(tensor, "is neither a low-rank factor nor of a module that modules_to_save names");
                return;
            }
            foreach (var saved in config.SavedModules.Where(s => $".{module}.".Contains($".{s}.", StringComparison.Ordinal))) savedFound.Add(saved);
            if (dot < 0 || path[dot..] is not (".weight" or ".bias") || Find(module, path[dot..]) is not { } inner)
            {
                Problem(tensor, $"has no counterpart in {model.Path}");
                return;
            }
            if (!inner.Shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan()))
            {
                Problem(tensor, $"has shape {ProblemList.Format(tensor.Shape)}; the base's {ProblemList.Quote(inner.Name)} has {ProblemList.Format(inner.Shape)}");
                return;
            }
            Put(inner.Name, tensor.As(inner.Name, tensor.Shape));
        }

        private void Update(string module, Parts parts)
        {
            var what = $"{file.Path}: module {ProblemList.Quote(module)}";
            if (!config.Targets(module)) problems.Add($"{what} is not one that target_modules names, so PEFT would leave its tensors unread. Fetch the adapter again, or correct {LoraConfig.FileName}.");
            else if (parts.A is not { } a || parts.B is not { } b) problems.Add($"{what} lacks {(parts.A is null ? "lora_A" : "lora_B")}; both factors are expected. Fetch the adapter again.");
            else if (config.UsesDora != parts.Lengths is not null) problems.Add($"{what} {(config.UsesDora ? "lacks lora_magnitude_vector, and use_dora is true" : "has lora_magnitude_vector, and use_dora is not true")}. Fetch the adapter again.");
            else if (parts.Embedding && config.UsesDora) problems.Add($"{what} is an embedding with use_dora true, which is not supported. Merge the adapter with peft and give the result.");
            else if (Find(module, ".weight") is not { } inner) problems.Add($"{what} is not in {model.Path}. The adapter is for another base.");
            else Update(what, module, inner, a, b, parts);
        }

        private void Update(string what, string module, Tensor inner, Tensor a, Tensor b, Parts parts)
        {
            var byColumn = parts.Embedding || IsConv1D(module);
            var rank = config.Rank(module);
            // A is (rank, in) and B (out, rank); of an embedding the tokens are the inputs.
            if (inner.Shape.Length != 2 || a.Shape.Length != 2 || b.Shape.Length != 2 || a.Shape[0] != rank || b.Shape[1] != rank
                || a.Shape[1] != inner.Shape[byColumn ? 0 : 1] || b.Shape[0] != inner.Shape[byColumn ? 1 : 0])
            {
                problems.Add($"{what} has factors {ProblemList.Format(a.Shape)} and {ProblemList.Format(b.Shape)}; {LoraConfig.FileName} (rank {rank}) and the base's {ProblemList.Quote(inner.Name)} {ProblemList.Format(inner.Shape)} do not allow them. The adapter is for another base.");
                return;
            }
            if (parts.Lengths is { } lengths && !(lengths.Count == b.Shape[0])) problems.Add($"{what} has {lengths.Count} learned lengths for {b.Shape[0]} outputs. Fetch the adapter again.");
            else if (byColumn && a.Shape[0] * inner.Shape[1] > int.MaxValue) problems.Add($"{what} is too large. Merge the adapter with peft and give the result.");
            else if (config.UsesDora && inner.IsUpdated || inner.HasLengths) problems.Add($"{what} is under another adapter already, and one of them uses DoRA; their order would matter. Merge them with peft and give the result.");
            else
            {
                var update = byColumn ? new LowRankUpdate(inner, Transposed(a), Transposed(b), config.Scale(module), parts.Lengths, byColumn: true)
                    : new LowRankUpdate(inner, b, a, config.Scale(module), parts.Lengths, byColumn: false);
                Put(inner.Name, new Tensor(inner.Name, DType.F32, inner.Shape, update));
            }
        }

        private static Tensor Transposed(Tensor tensor) => new(tensor.Name, DType.F32, [tensor.Shape[1], tensor.Shape[0]], new TransposedRows(tensor));

        /// <summary>Puts a tensor in another's place. Where head and embedding are one, changing one of them makes them two, as in PEFT.</summary>
        private void Put(string name, Tensor tensor)
        {
            if (!replaced.TryAdd(name, tensor))
            {
                problems.Add($"{file.Path}: {ProblemList.Quote(name)} is replaced or updated twice. Fetch the adapter again.");
                return;
            }
            var isEmbedding = IsEmbedding(name);
            if (!tied || !isEmbedding && name != HeadName) return;
            if (config.TiesWeights) problems.Add($"{file.Path}: ensure_weight_tying is true, and {ProblemList.Quote(name)} is tied in the base, which is not supported. Merge the adapter with peft and give the result.");
            untied = true;
        }

        /// <summary>A head of its own for a model that has none: the embedding as it was.</summary>
        private void AddHead()
        {
            if (!untied || replaced.ContainsKey(HeadName) || model.TryGet(HeadName, out _)) return;
            if (Find(Head, ".weight") is { } head) replaced[HeadName] = head;
            else problems.Add($"{file.Path}: the adapter changes a tied embedding, and {model.Path} has no single one. Merge the adapter with peft and give the result.");
        }

        private static bool IsEmbedding(string name) => Embeddings.Any(e => name == e + ".weight" || name.EndsWith($".{e}.weight", StringComparison.Ordinal));

        /// <summary>Whether a base's head is its embedding: as its config says, else if no head is stored.</summary>
        private static bool IsTied(Checkpoint model) =>
            Config(model)?["tie_word_embeddings"] is JsonValue tie && tie.TryGetValue<bool>(out var said) ? said : !model.TryGet(HeadName, out _) && !model.TryGet("embed_out.weight", out _);

        private static JsonObject? Config(Checkpoint model) => model.ReadText("config.json") is { } text ? JsonNode.Parse(CanonicalJson.Format(text, "config.json")) as JsonObject : null;

        /// <summary>The base's tensor of a module, which may be stored with or without the architecture's prefix.</summary>
        private Tensor? Find(string module, string ending)
        {
            if (model.TryGet(module + ending, out var found)) return found;
            foreach (var prefix in BasePrefixes)
            {
                if (model.TryGet(prefix + module + ending, out found)) return found;
                if (module.StartsWith(prefix, StringComparison.Ordinal) && model.TryGet(module[prefix.Length..] + ending, out found)) return found;
            }
            // A tied head: what it stands for is the embedding.
            if (module == Head && ending == ".weight")
            {
                var embedding = model.Tensors.Where(t => IsEmbedding(t.Name)).ToList();
                if (embedding.Count == 1) return embedding[0].As(HeadName, embedding[0].Shape);
            }
            return null;
        }

        private bool IsConv1D(string module) =>
            Conv1D.Contains(module[(module.LastIndexOf('.') + 1)..]) && Config(model)?["model_type"] is JsonValue type && type.TryGetValue<string>(out var value) && value == "gpt2";

        private static string Untie(string text)
        {
            var json = JsonNode.Parse(CanonicalJson.Format(text, "config.json"))!.AsObject();
            json["tie_word_embeddings"] = false;
            return json.ToJsonString();
        }

        private void Problem(Tensor tensor, string found) => problems.Add($"{file.Path}: tensor {ProblemList.Quote(tensor.Name)} {found}. The adapter is of a kind that is not supported, or for another base.");
    }
}
