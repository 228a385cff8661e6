using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>What an edit does to a head that is the embedding, and whether other programs can run the result.</summary>
public static class TiedHeads
{
    // From llama.cpp: src/models/*.cpp create the output tensor from TOKEN_EMBD whatever the file holds; conversion/gemma.py leaves lm_head.weight out. Gemma 3
    // reads OUTPUT since it has models with a head of their own.
    private const string Always = "llama.cpp takes the embedding for the head of this architecture, whatever the file holds";
    private const string Formerly = "older builds of llama.cpp take the embedding for the head of this architecture, whatever the file holds";

    /// <summary>What becomes of the head; null where the model's is not tied, or the embedding is not edited.</summary>
    /// <param name="model">The base.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="options">How the plan is put into weights.</param>
    public static string? Fate(EditableModel model, IReadOnlyList<WeightEdit> edits, EditOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(edits);
        ArgumentNullException.ThrowIfNull(options);
        if (!model.Config.TiedHead || !edits.Any(e => e.Places.Any(p => p.Writer == ResidualWriter.Embedding && p.Strength != 0))) return null;
        return options.KeepTiedHead ? "stays the embedding, so that its rows are edited too"
            : "becomes a tensor of its own with the base's rows; only the embedding is edited";
    }

    /// <summary>Why another program would run another model than the one that is written; null where none is known to.</summary>
    /// <inheritdoc cref="Fate"/>
    public static string? Warning(EditableModel model, IReadOnlyList<WeightEdit> edits, EditOptions options)
    {
        var untied = Fate(model, edits, options) is not null && !options.KeepTiedHead;
        // A head that the base has already is written as it is.
        if (!untied && model.Config.TiedHead) return null;
        var (reason, vllm) = model.Config.ModelType switch
        {
            "gemma" or "gemma2" => (Always, " vLLM refuses such a model."),
            "cohere" => (Always, ""),
            "gemma3" or "gemma3_text" => (Formerly, ""),
            _ => (null, ""),
        };
        if (reason is null) return null;
        return $"{model.Config.ModelType} with a head of its own: {reason}, so that a GGUF file of this is another model than the one written " +
            $"here.{vllm}{(untied ? " With --keep-tied-head embedding and head change together, which those programs run." : "")}";
    }
}
