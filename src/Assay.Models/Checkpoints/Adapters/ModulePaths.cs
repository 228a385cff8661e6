using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Adapters;

/// <summary>Which tensor of a base a module path of an adapter means.</summary>
/// <remarks>PEFT goes by the modules of the class that transformers loads, and these have the same paths whatever the file's tensors are called:
/// <c>model.layers.0.…</c> for a Llama whose file says <c>layers.0.…</c>. A multimodal class has two spellings: <c>language_model.model.layers.…</c> until
/// transformers 4.51, <c>model.language_model.layers.…</c> since; files and adapters of either are in use, and PEFT renames keys of the old one when it loads
/// (peft_model.py, key_mapping).</remarks>
internal sealed class ModulePaths
{
    // Paths within the causal language model begin with this, but for the head.
    private static readonly Dictionary<string, (string Prefix, string Head)> Classes = new(StringComparer.Ordinal)
    {
        ["gpt2"] = ("transformer.", "lm_head"), ["gpt_neox"] = ("gpt_neox.", "embed_out"),
    };

    private static readonly (string Spelling, string Own)[] LanguageModel =
        [("language_model.model.", "model."), ("language_model.lm_head.", "lm_head."), ("model.language_model.", "model.")];
    private static readonly string[] OtherParts = ["vision_tower.", "multi_modal_projector."];

    private readonly Dictionary<string, Tensor> byOwnName = new(StringComparer.Ordinal);
    private readonly string prefix;

    /// <param name="model">The base.</param>
    public ModulePaths(Checkpoint model)
    {
        Config = model.ReadText("config.json") is { } text ? JsonNode.Parse(CanonicalJson.Format(text, "config.json")) as JsonObject : null;
        ModelType = Config?["model_type"] is JsonValue type && type.TryGetValue<string>(out var value) ? value : "";
        IsMultimodal = Config?["text_config"] is JsonObject;
        (prefix, Head) = Classes.GetValueOrDefault(ModelType, ("model.", "lm_head"));
        // Where a tensor is stored under two names, opening the model will say so.
        foreach (var tensor in model.Tensors) byOwnName.TryAdd(OfFile(tensor.Name), tensor);
    }

    /// <summary>The base's config; null for none.</summary>
    public JsonObject? Config { get; }

    /// <summary><c>model_type</c>; empty where the config does not say it.</summary>
    public string ModelType { get; }

    /// <summary>Whether the class holds a language model beside other parts.</summary>
    public bool IsMultimodal { get; }

    /// <summary>The output layer's module.</summary>
    public string Head { get; }

    /// <summary>How paths of the class begin, for messages.</summary>
    public string Beginnings => IsMultimodal ? "'model.language_model.' or 'language_model.model.'" : $"'{prefix}'";

    /// <summary>The path within the language model, one for all spellings; null where the class has no module there.</summary>
    public string? Own(string module)
    {
        var path = module + "."; // So that a prefix ends where a module does.
        if (!IsMultimodal) return path.StartsWith(prefix, StringComparison.Ordinal) && module.Length >= prefix.Length || module == Head ? module : null;
        if (module == Head) return module;
        foreach (var (spelling, own) in LanguageModel)
            if (path.StartsWith(spelling, StringComparison.Ordinal)) return (own + path[spelling.Length..])[..^1];
        var part = path.StartsWith("model.", StringComparison.Ordinal) ? module["model.".Length..] : module;
        return OtherParts.Any(p => (part + ".").StartsWith(p, StringComparison.Ordinal)) ? part : null;
    }

    /// <summary>The path in the class, in the spelling of today, of one within the language model.</summary>
    public string OfClass(string own) => IsMultimodal && own.StartsWith("model.", StringComparison.Ordinal) ? "model.language_model." + own["model.".Length..]
        : own;

    /// <summary>The tensor of a parameter by its own name; null where the base does not hold it.</summary>
    public Tensor? Find(string own) => byOwnName.GetValueOrDefault(own);

    /// <summary>Whether an adapter of these paths was made on another class, and on which; null where nothing speaks for it.</summary>
    public string? OtherClass(string module)
    {
        if (!IsMultimodal && LanguageModel.Any(l =>
            module.StartsWith(l.Spelling, StringComparison.Ordinal))) return "It was made on a multimodal model: put it on that one.";
        if (IsMultimodal && module.StartsWith(prefix, StringComparison.Ordinal)) return "It was made on the language model alone: put it on that one.";
        return byOwnName.ContainsKey($"{prefix}{module}.weight")
            ? $"Its keys lack '{prefix}', as those of an adapter do that was made on the model without its head. Put that in front of them " +
                $"({LoraAdapter.Prefix}{prefix}…) if the adapter is meant for this model, or merge it where it was made."
            : null;
    }

    /// <summary>A stored name as <see cref="Own"/> has it.</summary>
    private string OfFile(string stored)
    {
        if (IsMultimodal)
        {
            foreach (var (spelling, own) in LanguageModel)
                if (stored.StartsWith(spelling, StringComparison.Ordinal)) return own + stored[spelling.Length..];
            var part = stored.StartsWith("model.", StringComparison.Ordinal) ? stored["model.".Length..] : stored;
            return OtherParts.Any(p => part.StartsWith(p, StringComparison.Ordinal)) ? part : stored;
        }
        return stored.StartsWith(prefix, StringComparison.Ordinal) || stored.StartsWith(Head + ".", StringComparison.Ordinal) ? stored : prefix + stored;
    }
}
