using Assay.Checkpoints;
using Assay.Directions.Contrasts;
using Assay.Models;

namespace Assay.Directions.Capture;

/// <summary>Activations of both sides of a contrast set.</summary>
/// <param name="Set">The prompts; only a split for directions belongs here.</param>
/// <param name="Targets">Of its targets.</param>
/// <param name="Baselines">Of its baselines.</param>
public sealed record ContrastActivations(ContrastSet Set, CapturedActivations Targets, CapturedActivations Baselines)
{
    /// <summary>Runs both sides' prompts, rendered alike.</summary>
    /// <param name="model">The model.</param>
    /// <param name="set">The prompts.</param>
    /// <param name="plan">What is taken.</param>
    /// <param name="clock">The time that a template may ask for.</param>
    /// <param name="progress">Told how many prompts are done.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">As <see cref="EncodedPrompts.Encode"/> and <see cref="ActivationCapture.Run"/> say.</exception>
    public static ContrastActivations Run(LanguageModel model, ContrastSet set, CapturePlan plan, DateTimeOffset clock, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        var targets = EncodedPrompts.Encode(model, [.. set.Targets.Select(i => i.Prompt)], clock);
        var baselines = EncodedPrompts.Encode(model, [.. set.Baselines.Select(i => i.Prompt)], clock);
        var ofTargets = ActivationCapture.Run(model, targets, plan, progress, cancellation);
        var before = set.Targets.Length;
        var ofBaselines = ActivationCapture.Run(model, baselines, plan, progress is null ? null : new Shifted(progress, before), cancellation);
        return new ContrastActivations(set, ofTargets, ofBaselines);
    }

    /// <summary>The moments alone of several of one set, taken at different places.</summary>
    /// <param name="parts">At least one.</param>
    internal static ContrastActivations MomentsOf(IReadOnlyList<ContrastActivations> parts) =>
        new(parts[0].Set, CapturedActivations.MomentsOf([.. parts.Select(p => p.Targets)]), CapturedActivations.MomentsOf([.. parts.Select(p => p.Baselines)]));

    private sealed class Shifted(IProgress<int> inner, int by) : IProgress<int>
    {
        public void Report(int value) => inner.Report(value + by);
    }
}
