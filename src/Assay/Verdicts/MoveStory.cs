using Assay.Evaluation.Diffing;

namespace Assay.Verdicts;

/// <summary>Rows, columns, neurons, heads and experts that stand elsewhere.</summary>
internal static class MoveStory
{
    /// <summary>One clause for each order that tensors share.</summary>
    public static IEnumerable<DifferenceClause> Of(IReadOnlyList<TensorDifference> changed)
    {
        foreach (var group in changed.Where(t => t.Kind == ChangeKind.Permuted).GroupBy(t => t.Moves!.What).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var tensors = group.ToList();
            yield return new DifferenceClause(TensorWords.Energy(tensors),
                $"{group.Key} of {TensorWords.Layers(tensors)} stand in another order, which does not change the function",
                [$"In the same order in {TensorWords.Places(tensors)}: {(tensors.TrueForAll(t => t.Rest is null) ? "every value was" : "values were")} found at {(tensors.TrueForAll(t => t.Rest is null) ? "its place" : "their places")} in the base."]);
        }

        foreach (var group in changed.Where(t => t.Kind == ChangeKind.Moved).GroupBy(t => Signature(t.Moves!)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var tensors = group.ToList();
            yield return new DifferenceClause(TensorWords.Energy(tensors), Sentence(tensors),
                [.. tensors.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        }
    }

    // General orders differ from tensor to tensor, and are told together; runs and known patterns are told apart.
    private static string Signature(Rearrangement moves) => $"{moves.What}/{moves.Pattern}/"
        + (moves.Pattern is "GGUF" or "from GGUF" || moves.IsGeneral ? "" : Runs(moves));

    private static string Sentence(List<TensorDifference> tensors)
    {
        var moves = tensors[0].Moves!;
        // Places name modules without the layers' numbers; a single tensor is named in full.
        var where = tensors.Count == 1 ? tensors[0].Name : tensors.Exists(t => t.Place.Layer is not null) ? TensorWords.Places(tensors)
            : TensorWords.And(tensors.ConvertAll(t => t.Name));
        return moves.Pattern switch
        {
            "GGUF" => $"rows of {where} stand in GGUF's order (the halves of each head interleaved)",
            "from GGUF" => $"rows of {where} stand as if a file in GGUF's order had been converted twice (neighbours of each head pulled apart)",
            "one" => $"every {moves.What[..^1]} of {where} is a copy of the base's {moves.What[..^1]} {(moves.Rows ?? moves.Columns)![0]}",
            _ when moves.IsGeneral => $"{moves.What} of {where} stand {(moves.Repeats ? "at other indices, some of them more than once" : "in another order")}",
            "exchanged" => $"{Runs(moves)} of {where} were exchanged",
            _ => $"{Runs(moves)} in {where}",
        };
    }

    private static string Runs(Rearrangement moves) => moves.Pattern == "exchanged"
        && (moves.MovedRows > 0 ? moves.RowRuns : moves.ColumnRuns) is [var one, var two]
        ? $"{moves.What} {TensorWords.Run(one.First, one.Count)} and {TensorWords.Run(two.First, two.Count)}" : moves.ToString();
}
