namespace Assay.Benchmarks.Fuzzing;

/// <summary>What came of one reader's damaged files.</summary>
/// <param name="Reader">Which.</param>
/// <param name="Cases">How many files.</param>
/// <param name="Read">Those that were read.</param>
/// <param name="Refused">Those that were refused as documented.</param>
/// <param name="Slowest">Milliseconds of the slowest, and which it was.</param>
/// <param name="Largest">Bytes that the one allocating most allocated, and which it was.</param>
/// <param name="Faults">Other outcomes, each with its case: an exception that is no refusal, more than 2 seconds, more than 256 MB.</param>
internal sealed record FuzzResult(string Reader, int Cases, int Read, int Refused, (double Milliseconds, int Case) Slowest, (long Bytes, int Case) Largest,
    IReadOnlyList<string> Faults);
