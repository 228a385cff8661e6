using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>What identifies a model (protocol.md, M13): its weights with the configuration the forward pass reads, and its packaging.</summary>
/// <param name="Name">Folder name.</param>
/// <param name="Architecture"><c>model_type</c>.</param>
/// <param name="Weights">Hash of names, dtypes, shapes, bytes and the forward configuration.</param>
/// <param name="Packaging">Hash of tokenizer, template, special tokens and generation config, as parsed values.</param>
/// <param name="Parameters">Elements of all bound tensors.</param>
/// <param name="Storage">How the weights are stored: where two models with equal weights hashes differ here, no value does.</param>
public sealed record ModelIdentity(string Name, string Architecture, WeightsHash Weights, PackagingHash Packaging, long Parameters, WeightsStorage Storage)
{
    /// <summary>Hashes a model; reads all of its weights once.</summary>
    public static ModelIdentity Of(LanguageModel model, IProgress<long>? progress = null, CancellationToken cancellation = default) => new(
        model.Checkpoint.Name, model.Config.ModelType,
        WeightsHash.Compute(model.Weights.Select(w => (w.Key, w.Value)), model.Config.Canonical, model.Team.Threads, progress, cancellation),
        PackagingHash.Compute(model.Checkpoint), model.Weights.Values.Sum(t => t.Count), model.Storage);
}
