namespace Assay.Evaluation.Scoring;

/// <summary>A block that the score store has kept, as a journal names it.</summary>
/// <param name="Key">Which block.</param>
/// <param name="Length">Bytes of its payload.</param>
/// <param name="Hash">SHA-256 of the payload, lower-case hex.</param>
public readonly record struct StoredBlock(string Key, long Length, string Hash);
