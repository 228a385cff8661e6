using Assay.Evaluation.Vetting;

namespace Assay.Benchmarks;

/// <summary>What a comparison took.</summary>
/// <param name="FirstResult">Seconds from the start of the process to the first unit in the journal.</param>
/// <param name="Tokens">Tokens written and read.</param>
/// <param name="Stages">Seconds of each stage, in order.</param>
/// <param name="PeakBytes">Peak private memory.</param>
internal sealed record VetTimes(double FirstResult, long Tokens, IReadOnlyList<StageTime> Stages, long PeakBytes = 0)
{
    /// <summary>What was foretold; null where nothing was.</summary>
    public VetDuration? Foretold { get; init; }

    /// <summary>Seconds from then to the end.</summary>
    public double AfterForetold { get; init; }
}

/// <summary>Seconds of a stage.</summary>
/// <param name="Name">Which.</param>
/// <param name="Seconds">How long, in all.</param>
internal readonly record struct StageTime(string Name, double Seconds)
{
    /// <summary>As a pair.</summary>
    public void Deconstruct(out string name, out double seconds) => (name, seconds) = (Name, Seconds);
}
