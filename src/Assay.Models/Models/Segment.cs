namespace Assay.Models;

/// <summary>Tokens of one sequence in a batch: a whole sequence, or what follows the tokens already in its cache.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Cache">Keys and values of the tokens before; null for a sequence that starts here and is not continued.</param>
/// <param name="Edits">Changes of what this sequence's blocks add to its residual stream; null for none. A cache belongs to one set of edits.</param>
/// <param name="Parent">Index of an earlier segment of the batch whose sequence this one continues: what sequences have in common is then computed once. −1 for none. Neither may
/// have a cache, both have the same edits. Not for models that carry a state, or whose rotation depends on the length.</param>
public readonly record struct Segment(ReadOnlyMemory<int> Tokens, KvCache? Cache = null, OutputEdits? Edits = null, int Parent = -1);
