namespace Assay.Benchmarks.Peers;

/// <summary>What the rounds of one contestant came to.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Rates">Units of work a second, ascending; empty where <paramref name="Failure"/> says why.</param>
/// <param name="Failure">Why nothing was measured; null where it was.</param>
internal sealed record ContestResult(string Name, IReadOnlyList<double> Rates, string? Failure)
{
    public double Median => Rates[Rates.Count / 2];
}
