using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Adapters;

/// <summary>A PEFT LoRA adapter on a model: the same model with some tensors computed anew while they are read.</summary>
/// <remarks>Names from peft, utils/save_and_load.py: <c>base_model.model.</c> and the module's path in the base.</remarks>
internal static class LoraAdapter
{
    /// <summary>What every key begins with.</summary>
    public const string Prefix = "base_model.model.";

    private const string MlxWeightsName = "adapters.safetensors";
    private const string BaseLayer = ".base_layer";
    private const int MaxPatternTests = 1 << 22;

    /// <summary>The weights in an adapter's folder.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>The same as a pickle, which is refused.</summary>
    public const string PickleName = "adapter_model.bin";

    private static readonly string[] Embeddings = ["embed_tokens", "wte", "embed_in"];

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
        if (!Directory.Exists(path)) throw new InvalidInputException(NoFolder(path));
        var (configPath, weights) = (Path.Combine(path, configName), Path.Combine(path, WeightsName));
        if (!File.Exists(weights) && File.Exists(Path.Combine(path, MlxWeightsName))) throw new InvalidInputException(OfMlx(path));
        if (!File.Exists(configPath)) throw new InvalidInputException($"{path}: there is no {LoraConfig.FileName}; a PEFT adapter's folder is expected behind '+'.");
        var config = LoraConfig.Parse(ReadText(configPath), configPath) ?? throw new InvalidInputException(OfMlx(path));
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

    private static string NoFolder(string path)
    {
        var expected = $"a PEFT adapter's folder ({LoraConfig.FileName}, {WeightsName}) is expected behind '+'";
        if (!File.Exists(path)) return $"{path}: no such folder; {expected}.";
        return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? $"{path}: {expected}; a GGUF adapter is not read. Give the PEFT adapter that it was made from."
            : $"{path}: a file; {expected}. Give the folder that holds it.";
    }

    private static string OfMlx(string path) =>
        $"{path}: an adapter of mlx-lm, which is not read; PEFT's format is expected behind '+'. Fuse it (mlx_lm.fuse --model BASE --adapter-path ADAPTER " +
            "--save-path FUSED) and give FUSED.";

    private static string ReadText(string path) => RegularFile.ReadText(path, 1 << 24, "an adapter's configuration");

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
        private readonly ModulePaths paths = new(model);
        private readonly OrderedDictionary<string, Parts> modules = new(StringComparer.Ordinal);
        private readonly OrderedDictionary<string, Tensor> replaced = new(StringComparer.Ordinal);
        // Parameters of the base itself that the adapter's file holds: PEFT loads them before anything is added.
        private readonly Dictionary<string, Tensor> overwritten = new(StringComparer.Ordinal);
        private readonly HashSet<string> savedFound = new(StringComparer.Ordinal);
        // Modules of which the same is to be said.
        private readonly OrderedDictionary<string, HashSet<string>> unread = new(StringComparer.Ordinal);
        private bool? tied;
        private bool untied;

        private bool IsTied => tied ??= Tied();

        private string HeadName => paths.Head + ".weight";

        public Checkpoint Build(string name)
        {
            foreach (var tensor in file.Tensors) Sort(tensor);
            if ((long)modules.Count * config.Patterns > MaxPatternTests)
                throw new InvalidInputException(
                    $"{file.Path}: {modules.Count} modules and {config.Patterns} patterns of {LoraConfig.FileName} are more than are matched here " +
                    $"({MaxPatternTests} pairs). Merge the adapter with peft (merge_and_unload) and give the result.");
            foreach (var (module, parts) in modules) Update(module, parts);
            AddHead();
            foreach (var (why, names) in unread)
                problems.Add($"{file.Path}: {(names.Count == 1 ? "module" : $"{names.Count} modules,")} {string.Join(", ", names.Order(StringComparer.Ordinal).Take(3).Select(ProblemList.Quote))}{(names.Count > 3 ? " and others," : names.Count > 1 ? "," : "")} {(names.Count == 1 ? "is" : "are")} {why}");
            foreach (var missing in config.SavedModules.Where(m => !savedFound.Contains(m)))
                problems.Add($"{file.Path}: there is no tensor of {ProblemList.Quote(missing)}, which modules_to_save names. Fetch the adapter again.");
            if (file.Tensors.Count == 0) problems.Add($"{file.Path}: there is no tensor at all; an adapter's are expected. Fetch it again.");
            problems.ThrowIfAny();
            var tensors = model.Tensors.Select(t => replaced.Remove(t.Name, out var other) ? other : Base(t)).ToList();
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
                if (tensor.Name.EndsWith(".lora_a", StringComparison.Ordinal)
                    || tensor.Name.EndsWith(".lora_b", StringComparison.Ordinal)) throw new InvalidInputException(OfMlx(file.Path));
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

        /// <summary>A tensor that takes a parameter's place: of a module that is saved as a whole, or the base's own, as embeddings that PEFT saves
        /// unasked.</summary>
        /// <remarks>peft, utils/save_and_load.py: what is no adapter's goes to load_state_dict under its own name. A module with an adapter on it has its own
        /// weights in <c>base_layer</c>.</remarks>
        private void Replace(Tensor tensor, string path)
        {
            var dot = path.LastIndexOf('.');
            var (module, ending) = dot < 0 ? (path, "") : (path[..dot], path[dot..]);
            var saved = config.IsSaved(module);
            foreach (var named in config.SavedModules.Where(s => $".{module}.".Contains($".{s}.", StringComparison.Ordinal))) savedFound.Add(named);
            var wrapped = !saved && module.EndsWith(BaseLayer, StringComparison.Ordinal);
            if (wrapped) module = module[..^BaseLayer.Length];
            if (!saved && wrapped != config.Targets(module))
                Problem(tensor, wrapped ? "is the base of a module that target_modules does not name, so PEFT would leave it unread"
                    : "is not what a module that target_modules names keeps (base_layer), so PEFT would leave it unread");
            else if (paths.Own(module) is not { } own)
                Unread(module, NotOfTheClass(module));
            else if (ending is not (".weight" or ".bias") || Find(own, ending) is not { } inner)
                Problem(tensor, $"has no counterpart in {model.Path}");
            else if (!inner.Shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan()))
                Problem(tensor, IsResized(inner, tensor)
                    ? $"has {tensor.Shape[0]} rows and the base's {ProblemList.Quote(inner.Name)} {inner.Shape[0]}: the vocabulary was resized for the " +
                    "adapter, and PEFT loads it on a base resized likewise only. Resize the base, merge the adapter with peft, and give the result"
                    : $"has shape {ProblemList.Format(tensor.Shape)}; the base's {ProblemList.Quote(inner.Name)} has {ProblemList.Format(inner.Shape)}");
            else if (saved) Put(inner.Name, tensor.As(inner.Name, tensor.Shape));
            else Overwrite(inner.Name, tensor);
        }

        private static bool IsResized(Tensor inner, Tensor tensor) => inner.Shape.Length == 2 && tensor.Shape.Length == 2 && inner.Shape[1] == tensor.Shape[1]
            && (IsEmbedding(inner.Name) || inner.Name.EndsWith("lm_head.weight", StringComparison.Ordinal));

        /// <summary>Loads a parameter of the base itself; where head and embedding are one, both.</summary>
        private void Overwrite(string name, Tensor tensor)
        {
            string[] names = IsTied && IsEmbeddingOrHead(name) ? [.. model.Tensors.Select(t => t.Name).Where(IsEmbeddingOrHead)] : [name];
            foreach (var each in names)
            {
                if (model[each].IsUpdated)
                {
                    Problem(tensor, $"is to be loaded into {ProblemList.Quote(each)}, which is under another adapter already; their order would matter. " +
                        "Merge them with peft and give the result");
                    return;
                }
                if (overwritten.TryAdd(each, tensor.As(each, tensor.Shape)) || overwritten[each].HoldsTheBytesOf(tensor)) continue;
                Problem(tensor, "and another tensor of the adapter differ, though embedding and head are one in the base; which one counts would be a guess");
                return;
            }
        }

        /// <summary>A tensor of the base as it is before anything is added to it.</summary>
        private Tensor Base(Tensor tensor) => overwritten.GetValueOrDefault(tensor.Name, tensor);

        private void Update(string module, Parts parts)
        {
            var what = $"{file.Path}: module {ProblemList.Quote(module)}";
            if (paths.Own(module) is not { } own) Unread(module, NotOfTheClass(module));
            else if (!config.Targets(module)) Unread(module,
                $"not among those that target_modules names, or taken out by another key, so PEFT would leave the tensors unread. Fetch the adapter again, " +
                $"or correct {LoraConfig.FileName}.");
            else if (parts.A is not { } a || parts.B is not { } b) problems.Add($"{what} lacks {(parts.A is null ? "lora_A" : "lora_B")}; both factors are expected. Fetch the adapter again.");
            else if (config.UsesDora != parts.Lengths is not null) problems.Add($"{what} {(config.UsesDora ? "lacks lora_magnitude_vector, and use_dora is true" : "has lora_magnitude_vector, and use_dora is not true")}. Fetch the adapter again.");
            else if (parts.Embedding && config.UsesDora) problems.Add($"{what} is an embedding with use_dora true, which is not supported. Merge the adapter with peft and give the result.");
            else if (Find(own, ".weight") is not { } inner) Unread(module,
                $"not in {model.Path}. {paths.OtherClass(module) ?? "The adapter is for another base."}");
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
            if (!IsEmbeddingOrHead(name) || !IsTied) return;
            if (config.TiesWeights) problems.Add($"{file.Path}: ensure_weight_tying is true, and {ProblemList.Quote(name)} is tied in the base, which is not supported. Merge the adapter with peft and give the result.");
            untied = true;
        }

        /// <summary>A head of its own for a model that has none: the embedding as it was.</summary>
        private void AddHead()
        {
            if (!untied || replaced.ContainsKey(HeadName) || paths.Find(HeadName) is not null) return;
            if (Find(paths.Head, ".weight") is { } head) replaced[HeadName] = head;
            else problems.Add($"{file.Path}: the adapter changes a tied embedding, and {model.Path} has no single one. Merge the adapter with peft and give the result.");
        }

        private bool IsEmbeddingOrHead(string name) => IsEmbedding(name) || name == HeadName || name == paths.Find(HeadName)?.Name;

        private static bool IsEmbedding(string name) => Embeddings.Any(e => name == e + ".weight" || name.EndsWith($".{e}.weight", StringComparison.Ordinal));

        /// <summary>Whether a base's head is its embedding: as its config says, else if no head is stored.</summary>
        private bool Tied()
        {
            foreach (var part in (JsonObject?[])[paths.Config?["text_config"] as JsonObject, paths.Config])
                if (part?["tie_word_embeddings"] is JsonValue tie && tie.TryGetValue<bool>(out var said)) return said;
            return paths.Find(HeadName) is null;
        }

        /// <summary>The base's tensor of a parameter.</summary>
        private Tensor? Find(string own, string ending)
        {
            if (paths.Find(own + ending) is { } found) return Base(found);
            // A tied head: what it stands for is the embedding.
            if (own == paths.Head && ending == ".weight")
            {
                var embedding = model.Tensors.Where(t => IsEmbedding(t.Name)).ToList();
                if (embedding.Count == 1) return Base(embedding[0]).As(HeadName, embedding[0].Shape);
            }
            return null;
        }

        private bool IsConv1D(string module) => paths.ModelType == "gpt2" && Conv1D.Contains(module[(module.LastIndexOf('.') + 1)..]);

        private static string Untie(string text)
        {
            var json = JsonNode.Parse(CanonicalJson.Format(text, "config.json"))!.AsObject();
            json["tie_word_embeddings"] = false;
            if (json["text_config"] is JsonObject inner && inner.ContainsKey("tie_word_embeddings")) inner["tie_word_embeddings"] = false;
            return json.ToJsonString();
        }

        /// <summary>Says of a module why its tensors cannot be used; one sentence for all of which the same is to be said.</summary>
        private void Unread(string module, string why)
        {
            if (!unread.TryGetValue(why, out var names)) unread[why] = names = [];
            names.Add(module);
        }

        private string NotOfTheClass(string module) =>
            $"no part of a model of type {ProblemList.Quote(paths.ModelType)}, whose paths begin with {paths.Beginnings}: PEFT would leave the tensors " +
                $"unread and give the base. {paths.OtherClass(module) ?? "The adapter is for another base."}";

        private void Problem(Tensor tensor, string found) => problems.Add($"{file.Path}: tensor {ProblemList.Quote(tensor.Name)} {found}. The adapter is of a kind that is not supported, or for another base.");
    }
}
