using System.Globalization;
using System.Text;

namespace Assay.Checkpoints.Gguf;

/// <summary>Writes the config.json that a GGUF file's metadata and tensors stand for, noting what was defaulted.</summary>
/// <remarks>Every key below the architecture's name is read or refused: nothing that may change the computation passes unseen.</remarks>
internal sealed class GgufConfig
{
    // Said of a model, not computed with.
    private static readonly string[] Unread = ["tensor_data_layout", "rope.scaling.finetuned"];

    private const int MostBlocksWithoutTensors = 256; // A vocabulary alone has none to count.

    private readonly string path;
    private readonly IReadOnlyDictionary<string, GgufValue> metadata;
    private readonly GgufArchitecture table;
    private readonly IReadOnlyDictionary<string, Tensor> tensors;
    private readonly OrderedDictionary<string, string> config = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> defaulted = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly ProblemList problems = new();

    /// <param name="path">For messages.</param>
    /// <param name="metadata">Of the first file.</param>
    /// <param name="table">The architecture.</param>
    /// <param name="tensors">By GGUF's names.</param>
    public GgufConfig(string path, IReadOnlyDictionary<string, GgufValue> metadata, GgufArchitecture table, IReadOnlyDictionary<string, Tensor> tensors)
    {
        this.path = path;
        this.metadata = metadata;
        this.table = table;
        this.tensors = tensors;
        Read();
        problems.ThrowIfAny();
    }

    /// <summary>The text of config.json.</summary>
    public string Json => "{\n" + string.Join(",\n", config.Select(pair => $"  \"{pair.Key}\": {pair.Value}")) + "\n}\n";

    /// <summary>The text of generation_config.json: what the file recommends for sampling; null where it recommends nothing.</summary>
    public string? GenerationJson
    {
        get
        {
            var keys = new List<string>();
            foreach (var (name, key) in (ReadOnlySpan<(string, string)>)[("temp", "temperature"), ("top_k", "top_k"), ("top_p", "top_p"), ("min_p", "min_p"), ("penalty_repeat", "repetition_penalty")])
                if (metadata.TryGetValue("general.sampling." + name, out var value)) keys.Add($"\"{key}\": {value.Number()}");
            return keys.Count == 0 ? null : $"{{\"do_sample\": true, {string.Join(", ", keys)}}}";
        }
    }

    /// <summary>Config keys that the file does not say, with where the value is from.</summary>
    public IReadOnlyDictionary<string, string> Defaulted => defaulted;

    /// <summary>Query heads.</summary>
    public long Heads => Number(table.WidthKeys.Heads);

    /// <summary>Key heads.</summary>
    public long KeyHeads => config.ContainsKey("num_key_value_heads") ? Number("num_key_value_heads") : Heads;

    /// <summary>Blocks.</summary>
    public long Layers => Number(table.Keys.First(k => k.Name == "block_count").Config);

    /// <summary>A value as JSON; 0 where it is missing, which is a problem of its own.</summary>
    public string Value(string key) => config.TryGetValue(key, out var value) ? value : "0";

    /// <summary>A whole value.</summary>
    public long Number(string key) => long.TryParse(Value(key), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private void Read()
    {
        config["model_type"] = $"\"{table.ModelType}\"";
        // The head's width first: other defaults rest on it.
        foreach (var key in table.Keys.Where(k => k.Name.Length > 0)) Take(key);
        if (problems.Any) return;
        // Before anything is made of these numbers: a block has tensors, an expert its slice of them.
        CheckCounts();
        if (problems.Any) return;
        ReadHeadSize();
        foreach (var key in table.Keys.Where(k => k.Name.Length == 0)) Default(key.Config, key.Default!(this), key.Source);
        ReadVocabulary();
        foreach (var (key, tensor) in table.Biases) Default(key, tensors.ContainsKey(tensor) ? "true" : "false", tensors.ContainsKey(tensor) ? $"{tensor} is there" : $"there is no {tensor}");
        foreach (var (key, value, source) in table.Implied) Default(key, value, source);
        if (table.Rotary) ReadRotation();
        Pin("attention.causal", "true", "attention to earlier tokens only");
        Pin("use_parallel_residual", "false", "attention and MLP one after the other");
        Pin("rope.scaling.finetuned", table.ModelType == "granite" ? "true" : null, "rotated positions");
        Pin("expert_weights_norm", "true", "normalised weights of experts");
        Pin("expert_gating_func", "1", "softmax over the experts");
        var prefix = table.Name + ".";
        foreach (var (key, value) in metadata)
            if (key.StartsWith(prefix, StringComparison.Ordinal) && !used.Contains(key) && !Unread.Contains(key[prefix.Length..]))
                problems.Add($"{path}: metadata {ProblemList.Quote(key)} ({value.Show()}) is not one that '{table.Name}' is known to have here; it may change what is computed, so the file is refused. Use the checkpoint that it was made from.");
    }

    private GgufValue? Find(string name)
    {
        var key = $"{table.Name}.{name}";
        used.Add(key);
        return metadata.GetValueOrDefault(key);
    }

    private void Take(GgufKey key)
    {
        try
        {
            if (Find(key.Name) is not { } value)
            {
                if (key.Default is null) problems.Add($"{path}: metadata '{table.Name}.{key.Name}' is missing, and llama.cpp has no default for it. Convert the model again.");
                else if (key.Config.Length > 0) Default(key.Config, key.Default(this), key.Source);
                return;
            }
            // Some converters write a list with one entry for each block.
            var text = key.Real ? value.Number() : value.Type == GgufValueType.Array && value.Wholes() is { Length: > 0 } list && list.All(n => n == list[0]) ? list[0].ToString() : value.Whole().ToString();
            if (key.ZeroIsNone && text == "0") text = "null";
            if (key.Config.Length > 0) config[key.Config] = text;
            else if (text != "null") throw value.Wrong("0, for a model without experts");
        }
        catch (InvalidInputException e)
        {
            problems.Add(e);
        }
    }

    private void Default(string key, string value, string source)
    {
        config[key] = value;
        defaulted[key] = source;
    }

    private void CheckCounts()
    {
        var limit = tensors.Count == 0 ? MostBlocksWithoutTensors : tensors.Count;
        if (Layers > limit) problems.Add($"{path}: metadata '{table.Name}.block_count' is {Layers}; {tensors.Count} tensors are there. The file is damaged or incomplete; fetch it again.");
        if (table.Keys.FirstOrDefault(k => k.Name == "expert_count" && k.Config.Length > 0) is not { } key) return;
        var experts = Number(key.Config);
        var stacked = tensors.Values.Where(t => t.Name.EndsWith("_exps.weight", StringComparison.Ordinal)).ToList();
        foreach (var tensor in stacked.Where(t => t.Shape.Length != 3 || t.Shape[0] != experts).Take(20))
            problems.Add($"{path}: tensor {ProblemList.Quote(tensor.Name)} has shape {ProblemList.Format(tensor.Shape)}; metadata '{table.Name}.expert_count' is {experts}. Convert the model again.");
        if (stacked.Count == 0 && experts > MostBlocksWithoutTensors) problems.Add($"{path}: metadata '{table.Name}.expert_count' is {experts}, and no expert is there. The file is damaged or incomplete; fetch it again.");
    }

    private void ReadHeadSize()
    {
        var (hidden, heads) = (Number(table.WidthKeys.Hidden), Heads);
        if (heads == 0 || hidden == 0)
        {
            problems.Add($"{path}: '{table.Name}.embedding_length' is {hidden} and '{table.Name}.attention.head_count' {heads}; both must be above 0. Convert the model again.");
            return;
        }
        var usual = hidden / heads;
        var (keys, values) = (Optional("attention.key_length"), Optional("attention.value_length"));
        HeadSize = keys ?? usual;
        if ((values ?? usual) != HeadSize) problems.Add($"{path}: keys have width {HeadSize} and values {values ?? usual} ('{table.Name}.attention.key_length', '{table.Name}.attention.value_length'); expected the same width. This variant of '{table.Name}' is not supported.");
        if (table.HeadSizeKey is { } key)
        {
            if (keys is null) Default(key, HeadSize.ToString(), "llama.cpp, llama-model.cpp: embedding_length over attention.head_count");
            else config[key] = HeadSize.ToString();
        }
        else if (HeadSize != usual) problems.Add($"{path}: metadata '{table.Name}.attention.key_length' is {HeadSize}; expected embedding_length over attention.head_count, {usual}. This variant of '{table.Name}' is not supported.");
    }

    private long HeadSize { get; set; }

    private void ReadVocabulary()
    {
        var tokens = metadata.TryGetValue("tokenizer.ggml.tokens", out var list) && list.Type == GgufValueType.Array ? list.Count : (long?)null;
        var rows = tensors.TryGetValue("token_embd.weight", out var embedding) ? embedding.Shape[0] : tokens ?? 0;
        var said = Optional("vocab_size");
        config["vocab_size"] = rows.ToString();
        if (said is null) defaulted["vocab_size"] = "rows of token_embd.weight";
        else if (said != rows) problems.Add($"{path}: metadata '{table.Name}.vocab_size' is {said}; token_embd.weight has {rows} rows. Convert the model again.");
        if (tokens > rows) problems.Add($"{path}: metadata 'tokenizer.ggml.tokens' has {tokens} entries; token_embd.weight has {rows} rows. Convert the model again.");
        var tied = !tensors.ContainsKey("output.weight");
        Default("tie_word_embeddings", tied ? "true" : "false", tied ? table.AlwaysTied ? "llama.cpp: the head is the embedding" : "there is no output.weight" : "output.weight is there");
        Token("bos_token_id", "tokenizer.ggml.bos_token_id");
        // The ends of a turn and of a message end a generation too, as in llama.cpp.
        Token("eos_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");
    }

    private void Token(string key, params ReadOnlySpan<string> names)
    {
        var ids = new List<long>();
        foreach (var name in names)
            if (metadata.TryGetValue(name, out var value) && value.Whole() is var id && !ids.Contains(id)) ids.Add(id);
        if (ids.Count == 0)
        {
            var spm = metadata.TryGetValue("tokenizer.ggml.model", out var model) && model.Type == GgufValueType.String && model.Text() == "llama";
            Default(key, spm ? key == "bos_token_id" ? "1" : "2" : "null", spm ? "llama.cpp, llama-vocab.cpp: defaults of SPM vocabularies" : "no such token is named");
        }
        else config[key] = ids.Count == 1 ? ids[0].ToString() : $"[{string.Join(", ", ids)}]";
    }

    private void ReadRotation()
    {
        var rotated = Optional("rope.dimension_count") ?? HeadSize;
        if (table.PartialRotaryKey is { } partial)
        {
            if (rotated != HeadSize) config[partial] = ((double)rotated / HeadSize).ToString("R");
        }
        else if (rotated != HeadSize) problems.Add($"{path}: metadata '{table.Name}.rope.dimension_count' is {rotated}; expected the head's width, {HeadSize}. This variant of '{table.Name}' is not supported.");
        var original = Optional("rope.scaling.original_context_length");
        var factor = Find("rope.scaling.factor") is { } given ? given.Number() : Find("rope.scale_linear") is { } old ? old.Number() : null;
        var attention = Find("rope.scaling.attn_factor") is { } scale ? scale.Number() : null;
        // Without a type llama.cpp divides by the factor.
        var kind = Find("rope.scaling.type") is { } type ? type.Text() : factor is null or "1" ? "none" : "linear";
        var (fast, slow) = (Find("rope.scaling.yarn_beta_fast") is { } f ? f.Number() : "32", Find("rope.scaling.yarn_beta_slow") is { } l ? l.Number() : "1");
        if (attention is not (null or "1") && kind == "yarn") problems.Add($"{path}: metadata '{table.Name}.rope.scaling.attn_factor' is {attention} with the rotation yarn; only 1 is supported. Use the checkpoint that the file was made from.");
        if (factor is not (null or "1") && kind == "longrope") problems.Add($"{path}: metadata '{table.Name}.rope.scaling.factor' is {factor} with the rotation longrope; only 1 is supported. Use the checkpoint that the file was made from.");
        var single = tensors.ContainsKey("rope_freqs.weight");
        var pair = tensors.ContainsKey("rope_factors_long.weight") && tensors.ContainsKey("rope_factors_short.weight");
        string? scaling = (kind, single, pair) switch
        {
            ("none", false, false) => null,
            // Wavelengths stretched one by one: as Llama 3.1 does, else what longrope does with one list for all lengths and no change of scale.
            ("none", true, false) => Llama3("rope_freqs.weight", rotated)
                ?? Stretched(Factors("rope_freqs.weight", rotated), Factors("rope_freqs.weight", rotated), Value("max_position_embeddings"), "1"),
            ("none" or "longrope", false, true) => Stretched(Factors("rope_factors_short.weight", rotated), Factors("rope_factors_long.weight", rotated), (original ?? Number("max_position_embeddings")).ToString(), attention ?? "1"),
            ("linear", false, false) => $$"""{"rope_type": "linear", "factor": {{factor ?? "1"}}}""",
            ("yarn", false, false) => $$"""{"rope_type": "yarn", "factor": {{factor ?? "1"}}, "original_max_position_embeddings": {{original ?? Number("max_position_embeddings")}}, "beta_fast": {{fast}}, "beta_slow": {{slow}}}""",
            _ => Refuse(),
        };
        if (scaling is not null) config["rope_scaling"] = scaling;
        // Read by llama.cpp with longrope only, else written by its converter out of habit.
        if (table.ModelType == "phi3" && original is not null) config["original_max_position_embeddings"] = original.ToString()!;

        string? Refuse()
        {
            problems.Add($"{path}: metadata '{table.Name}.rope.scaling.type' is {ProblemList.Quote(kind)}{(single ? " and there is a tensor 'rope_freqs.weight'" : "")}{(pair ? " and there are tensors 'rope_factors_long.weight' and 'rope_factors_short.weight'" : "")}; " +
                "expected none, linear, yarn, or longrope with these two. Use the checkpoint that the file was made from.");
            return null;
        }
    }

    private static string Stretched(string shorter, string longer, string original, string scale) =>
        $$"""{"rope_type": "longrope", "short_factor": {{shorter}}, "long_factor": {{longer}}, "original_max_position_embeddings": {{original}}, "attention_factor": {{scale}}}""";

    private string? Llama3(string name, long rotated)
    {
        var tensor = tensors[name];
        if (tensor.Count != rotated / 2 || !double.TryParse(Value("rope_theta"), NumberStyles.Float, CultureInfo.InvariantCulture, out var theta)) return null;
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return StretchedWavelengths.Llama3(values, theta);
    }

    private string Factors(string name, long rotated)
    {
        var tensor = tensors[name];
        if (tensor.Count != rotated / 2)
        {
            problems.Add($"{path}: tensor '{name}' has {tensor.Count} values; expected one for each pair of rotated entries, {rotated / 2}. Convert the model again.");
            return "[]";
        }
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        if (values.Any(v => !float.IsFinite(v) || v <= 0)) problems.Add($"{path}: tensor '{name}' holds values that are not above 0; expected factors on wavelengths. Convert the model again.");
        return new StringBuilder("[").AppendJoin(", ", values.Select(v => v.ToString("R"))).Append(']').ToString();
    }

    private long? Optional(string name)
    {
        try
        {
            return Find(name)?.Whole();
        }
        catch (InvalidInputException e)
        {
            problems.Add(e);
            return null;
        }
    }

    private void Pin(string name, string? only, string meaning)
    {
        if (only is null || Find(name) is not { } value || value.Show() == only) return;
        problems.Add($"{path}: metadata '{table.Name}.{name}' is {value.Show()}; only {only} ({meaning}) is supported. Use the checkpoint that the file was made from.");
    }
}
