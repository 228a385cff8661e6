using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>What identifies a model (protocol.md, M13): its weights with the configuration the forward pass reads, and its packaging.</summary>
/// <param name="Name">Folder name.</param>
/// <param name="Architecture"><c>model_type</c>.</param>
/// <param name="Weights">Hash of what the forward pass reads, by role, as values, and of the forward configuration; not of how it is stored.</param>
/// <param name="Packaging">Hash of tokenizer, template, special tokens and generation config, as parsed values.</param>
/// <param name="Parameters">Elements of what the forward pass reads; a tied head once.</param>
/// <param name="Storage">How the weights are stored: where two models with equal weights hashes differ here, no value does.</param>
public sealed record ModelIdentity(string Name, string Architecture, WeightsHash Weights, PackagingHash Packaging, long Parameters, WeightsStorage Storage)
{
    /// <summary>Hashes a model; reads all of its weights once.</summary>
    public static ModelIdentity Of(LanguageModel model, IProgress<long>? progress = null, CancellationToken cancellation = default) => new(
        model.Checkpoint.Name, model.Config.ModelType,
        CanonicalForward.Hash(model.Spec, model.Weights, model.Team.Threads, progress, cancellation),
        PackagingHash.Compute(model.Checkpoint), model.Storage.Types.Sum(t => t.Elements), model.Storage);
}
