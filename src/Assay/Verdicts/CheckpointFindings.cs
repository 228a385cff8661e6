using System.Globalization;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Verdicts;

/// <summary>What goes wrong when other programs open or run a checkpoint, seen without running it.</summary>
public static class CheckpointFindings
{
    /// <summary>Files that make other programs load something else than these weights.</summary>
    /// <param name="checkpoint">The files.</param>
    /// <param name="who">Which model, where there are two, as "The candidate"; null for one.</param>
    public static IReadOnlyList<Finding> Files(Checkpoint checkpoint, string? who = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (!checkpoint.HasLeftoverAdapter) return [];
        return [new Finding("ADAPTER-BESIDE-WEIGHTS",
            $"{(who is null ? "" : who + ": ")}adapter_config.json lies beside the weights: transformers with PEFT loads base_model_name_or_path and this " +
            "adapter instead. "
            + "Here the weights were read. Move adapter_config.json and adapter_model.* elsewhere if the weights are meant.", FindingSeverity.Warning)];
    }

    /// <summary>Ids at which generation is to stop, and which the model cannot say: replies then end only where their length is cut.</summary>
    /// <param name="model">The model.</param>
    /// <param name="who">Which model, where there are two; null for one.</param>
    public static IReadOnlyList<Finding> EndOfSequence(LanguageModel model, string? who = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var findings = new List<Finding>();
        foreach (var id in model.Generation.EosTokenIds.Distinct())
        {
            var why = id >= model.Spec.VocabularySize ? string.Create(CultureInfo.InvariantCulture, $"the head has {model.Spec.VocabularySize} rows")
                : model.Tokenizer is not null && id >= model.ValidVocabulary
                    ? string.Create(CultureInfo.InvariantCulture, $"the tokenizer has ids up to {model.ValidVocabulary - 1}")
                : model.Generation.Rules.SuppressTokens.Contains(id) ? "suppress_tokens of the generation config leaves it out"
                : null;
            if (why is not null)
                findings.Add(new Finding("EOS-CANNOT-BE-SAID", string.Create(CultureInfo.InvariantCulture,
                    $"{(who is null ? "G" : who + ": g")}eneration stops at the id {id}, which the model cannot say: {why}."), FindingSeverity.Warning));
        }

        return findings;
    }
}
