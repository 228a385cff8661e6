using System.Collections.Immutable;
using Assay.Directions;
using Assay.Models;

namespace Assay.Search;

/// <summary>One plan of edits to be scored.</summary>
/// <param name="Id">Stable, unique in its list.</param>
/// <param name="Edits">The plan; empty for no edit.</param>
public sealed record Candidate(string Id, ImmutableArray<WeightEdit> Edits)
{
    /// <summary>First writer that the plan touches, in the order in which they run (0 the embedding, 1 + 2 l attention of block l, 2 + 2 l its MLP); <see cref="int.MaxValue"/> for none. Candidates in this order share most.</summary>
    public int FirstPlace
    {
        get
        {
            var first = int.MaxValue;
            foreach (var edit in Edits)
                foreach (var place in edit.Places)
                    first = Math.Min(first, place.Writer switch { ResidualWriter.Embedding => 0, ResidualWriter.Attention => 1 + 2 * place.Layer, _ => 2 + 2 * place.Layer });
            return first;
        }
    }
}
