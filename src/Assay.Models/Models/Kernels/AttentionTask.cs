namespace Assay.Models.Kernels;

/// <summary>Consecutive queries of the heads that share one key-value head, over one sequence.</summary>
/// <param name="Pages">Pages of the sequence's keys and values in this layer, as addresses.</param>
/// <param name="KeyValueHead">Which head of them.</param>
/// <param name="Queries">First query of the group's first head: (count, queryStride), heads side by side.</param>
/// <param name="QueryStride">Floats between positions.</param>
/// <param name="Output">(count, outputStride), heads side by side.</param>
/// <param name="OutputStride">Floats between positions.</param>
/// <param name="First">Position of the first query.</param>
/// <param name="Count">Queries.</param>
/// <param name="Sinks">(group,): a logit for each head that takes part in the softmax and has no value; 0 for none.</param>
internal readonly record struct AttentionTask(nint[] Pages, int KeyValueHead, nint Queries, long QueryStride, nint Output, long OutputStride, int First, int Count, nint Sinks);
