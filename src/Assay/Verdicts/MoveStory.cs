using Assay.Evaluation.Diffing;

namespace Assay.Verdicts;

/// <summary>Rows, columns, neurons, heads and experts that stand elsewhere.</summary>
internal static class MoveStory
{
    private const int MostRuns = 3;

    /// <summary>One clause for each order that tensors share.</summary>
    public static IEnumerable<DifferenceClause> Of(IReadOnlyList<TensorDifference> changed)
    {
        foreach (var group in changed.Where(t => t.Kind == ChangeKind.Permuted).GroupBy(t => t.Moves!.What).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var tensors = group.ToList();
            yield return new DifferenceClause(TensorWords.Energy(tensors), $"{group.Key} of {TensorWords.Layers(tensors)} stand in another order, which does not change the function",
                [$"In the same order in {TensorWords.Places(tensors)}: every value was found at its place in the base.", .. Rests(tensors)]);
        }

        foreach (var group in changed.Where(t => t.Kind == ChangeKind.Moved).GroupBy(t => Signature(t.Moves!)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var tensors = group.ToList();
            yield return new DifferenceClause(TensorWords.Energy(tensors), Sentence(tensors),
                [.. tensors.Take(8).Select(t => $"{t.Name}: {t.Detail}.")]);
        }
    }

    private static IEnumerable<string> Rests(List<TensorDifference> tensors) =>
        tensors.Where(t => t.Rest is not null).Take(8).Select(t => $"Besides, in {t.Name}: {t.Rest!.Detail}.");

    // General orders differ from tensor to tensor, and are told together; runs and known patterns are told apart.
    private static string Signature(Rearrangement moves) => $"{moves.What}/{moves.Pattern}/" + (moves.Pattern is "GGUF" or "from GGUF" || IsGeneral(moves) ? "" : Runs(moves));

    private static bool IsGeneral(Rearrangement moves) => moves.RowRuns.Count + moves.ColumnRuns.Count > MostRuns;

    private static string Sentence(List<TensorDifference> tensors)
    {
        var moves = tensors[0].Moves!;
        // Places name modules without the layers' numbers; a single tensor is named in full.
        var where = tensors.Count == 1 ? tensors[0].Name : tensors.Exists(t => t.Place.Layer is not null) ? TensorWords.Places(tensors) : TensorWords.And(tensors.ConvertAll(t => t.Name));
        return moves.Pattern switch
        {
            "GGUF" => $"rows of {where} stand in GGUF's order (the halves of each head interleaved)",
            "from GGUF" => $"rows of {where} stand as if a file in GGUF's order had been converted twice (neighbours of each head pulled apart)",
            _ when IsGeneral(moves) => $"{moves.What} of {where} stand in another order",
            "exchanged" => $"{Runs(moves)} of {where} were exchanged",
            _ => $"{Runs(moves)} in {where}",
        };
    }

    private static string Runs(Rearrangement moves) => string.Join(", ", Of(moves.RowRuns, "row", moves.Pattern).Concat(Of(moves.ColumnRuns, "column", moves.Pattern)));

    private static IEnumerable<string> Of(IReadOnlyList<MovedRun> runs, string what, string? pattern) =>
        pattern == "exchanged" && runs.Count == 2 ? [$"{what}s {TensorWords.Run(runs[0].First, runs[0].Count)} and {TensorWords.Run(runs[1].First, runs[1].Count)}"]
        : runs.Select(r => r.Count == 1 ? $"{what} {r.First} holds the base's {what} {r.From}" : $"{what}s {TensorWords.Run(r.First, r.Count)} hold the base's {what}s {TensorWords.Run(r.From, r.Count)}");
}
