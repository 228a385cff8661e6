using Assay.Models;

namespace Assay.Evaluation.Yardsticks;

/// <summary>The floor: the base with its residual stream rounded to bf16 after every block.</summary>
public sealed class RoundedStream : Yardstick
{
    /// <inheritdoc/>
    public override string Id => "floor";

    /// <inheritdoc/>
    public override string Title => "bf16 floor";

    /// <inheritdoc/>
    public override string Description => "the residual stream rounded to bf16, to nearest even, after every block";

    /// <inheritdoc/>
    public override LanguageModel Open(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.WithRoundedStream();
    }
}
