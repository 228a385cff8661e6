using System.Collections.Immutable;

namespace Assay.Evaluation.Contexts;

/// <summary>All contexts of one item, the unit of resampling: the samples of a prompt, or the windows of a document.</summary>
/// <param name="Item">Stable name within its set.</param>
/// <param name="Stratum">Task of a prompt, domain of a document; strata are weighted equally.</param>
/// <param name="Core">Number that the same question has in every frame.</param>
/// <param name="Bytes">UTF-8 bytes of a document; 0 of a prompt.</param>
/// <param name="Contexts">In order.</param>
public sealed record ContextItem(string Item, string Stratum, int Core, long Bytes, ImmutableArray<Context> Contexts);
