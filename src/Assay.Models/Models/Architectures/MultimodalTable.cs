using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>A multimodal model whose language model is one of ours under a plain prefix of names: on text it computes the same.</summary>
/// <param name="ModelType"><c>model_type</c> of the outer config.</param>
/// <param name="Class">The only entry of <c>architectures</c> that is accepted.</param>
/// <param name="TextTypes">What <c>text_config.model_type</c> may be.</param>
/// <param name="Source">Where this was read: transformers.</param>
public sealed record MultimodalTable(string ModelType, string Class, ImmutableArray<string> TextTypes, string Source)
{
    // As published, and as transformers 4.52 and later name them in memory.
    private static readonly ImmutableArray<(string Stored, string Own)> Prefixes = [("language_model.", ""), ("model.language_model.", "model.")];
    private static readonly ImmutableArray<string> OtherParts = ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."];

    /// <summary>Outer keys that hold for the language model where its own config is silent.</summary>
    internal static readonly ImmutableArray<string> Inherited = ["bos_token_id", "eos_token_id", "dtype", "torch_dtype", "tie_word_embeddings"];

    /// <summary>Outer keys whose names speak of computation, and that only the other parts read.</summary>
    internal static readonly ImmutableArray<string> OfOtherParts = ["multimodal_projector_bias", "projector_hidden_act"];

    /// <summary>The supported ones, by name.</summary>
    public static ImmutableArray<MultimodalTable> All { get; } =
    [
        new("gemma3", "Gemma3ForConditionalGeneration", ["gemma3_text"], "Gemma3Config"),
        new("llava", "LlavaForConditionalGeneration", ["llama", "mistral", "qwen2"], "LlavaConfig"),
        new("mistral3", "Mistral3ForConditionalGeneration", ["mistral"], "Mistral3Config"),
    ];

    /// <summary>The table of an outer <c>model_type</c>; null where there is none.</summary>
    public static MultimodalTable? Find(string modelType) => All.FirstOrDefault(t => t.ModelType == modelType);

    /// <summary>The name that the language model alone would have for a stored tensor; null where the tensor is of another part.</summary>
    internal static string? Own(string stored)
    {
        foreach (var (prefix, own) in Prefixes)
            if (stored.StartsWith(prefix, StringComparison.Ordinal)) return own + stored[prefix.Length..];
        return OtherPart(stored) is null ? stored : null;
    }

    /// <summary>A name of another part without the outer prefix that transformers 4.52 and later give it; null where it is of none.</summary>
    internal static string? OtherPart(string stored)
    {
        if (!OtherParts.Any(p => stored.StartsWith(p, StringComparison.Ordinal))) return null;
        return stored.StartsWith("model.", StringComparison.Ordinal) ? stored["model.".Length..] : stored;
    }
}
