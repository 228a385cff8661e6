using Assay.Evaluation.Vetting;

namespace Assay.Runs;

/// <summary>Passes progress on, and does something once after the first result is kept.</summary>
/// <param name="inner">Whom it is passed to; null for nobody.</param>
/// <param name="then">What is done.</param>
internal sealed class FirstResult(IProgress<VetProgress>? inner, Action then) : IProgress<VetProgress>
{
    private Action? _then = then;

    /// <inheritdoc/>
    public void Report(VetProgress value)
    {
        inner?.Report(value);
        if (value.Done == 0 || _then is not { } now) return;
        _then = null;
        now();
    }
}
