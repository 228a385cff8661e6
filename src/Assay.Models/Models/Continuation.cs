namespace Assay.Models;

/// <summary>What a model wrote after a prompt.</summary>
/// <param name="Tokens">New ids; the last is a stop token where <paramref name="Stopped"/> is true.</param>
/// <param name="Stopped">Whether it ended by itself.</param>
public sealed record Continuation(int[] Tokens, bool Stopped);
