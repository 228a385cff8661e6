using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Evaluation.Yardsticks;

/// <summary>A known change of a base, whose divergence from it is what others are held against (protocol.md, M12).</summary>
public abstract class Yardstick
{
    /// <summary>Short name, such as <c>rounded-4</c>.</summary>
    public abstract string Id { get; }

    /// <summary>What it is, for a table: <c>RTN-4</c>.</summary>
    public abstract string Title { get; }

    /// <summary>What is done to the base, exactly.</summary>
    public abstract string Description { get; }

    /// <summary>The changed base, ready to run. It shares the base's threads, memory allowed, packed weights and texts; weights are computed while they are read.</summary>
    /// <param name="model">The base; must outlive the result.</param>
    /// <exception cref="InvalidInputException">Nothing of the kind is defined for this architecture.</exception>
    public abstract LanguageModel Open(LanguageModel model);

    /// <summary>Opens the base with other values in some of its tensors.</summary>
    /// <param name="model">The base.</param>
    /// <param name="replace">Values by canonical name; null where a tensor stays.</param>
    private protected LanguageModel Open(LanguageModel model, Func<string, Tensor, ComputedValues?> replace)
    {
        ArgumentNullException.ThrowIfNull(model);
        return LanguageModel.Of(ReplacedWeights.In(model.Checkpoint, model.Config, $"{model.Checkpoint.Name} ({Title})", replace), null, model);
    }

    /// <summary>The matrices of a model's blocks, experts and routers included; embeddings, head, norms, biases and convolutions are none.</summary>
    /// <returns>By canonical name: whether the input, that is what W x sums over, runs down the rows (GPT-2, GPT-OSS) rather than along them.</returns>
    private protected static Dictionary<string, bool> BlockMatrices(TransformerSpec spec)
    {
        var matrices = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var map in spec.Layers.SelectMany(l => l.Maps())) matrices[map.Weight] = map.Transposed;
        return matrices;
    }
}
