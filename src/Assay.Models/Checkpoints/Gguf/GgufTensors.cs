using System.Collections.Immutable;
using System.Globalization;

namespace Assay.Checkpoints.Gguf;

/// <summary>Turns the tensors of a GGUF file into those of the checkpoint that it was made from.</summary>
internal static class GgufTensors
{
    private const int MaxExperts = 1 << 14;

    // Read by GgufConfig.
    private static readonly string[] Rotations = ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"];

    /// <summary>Tensors under the checkpoint's names, in the file's order, what the converter did undone.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="table">The architecture.</param>
    /// <param name="config">Numbers of heads and blocks.</param>
    /// <param name="tensors">As stored.</param>
    /// <exception cref="InvalidInputException">A tensor that the architecture does not have, or whose shape does not allow it; all of them.</exception>
    public static IReadOnlyList<Tensor> Restore(string path, GgufArchitecture table, GgufConfig config, IEnumerable<Tensor> tensors)
    {
        var rows = table.Tensors.ToDictionary(r => r.Name, StringComparer.Ordinal);
        var problems = new ProblemList();
        var result = new List<Tensor>();
        foreach (var tensor in tensors)
        {
            if (Rotations.Contains(tensor.Name)) continue;
            var (name, layer, kind) = Parts(tensor.Name);
            if (kind is null || !rows.TryGetValue(name, out var row) || layer >= config.Layers)
            {
                problems.Add($"{path}: tensor {ProblemList.Quote(tensor.Name)} is not one of '{table.Name}' with this metadata ({config.Layers} blocks); a model with it would compute something else. Use the checkpoint that the file was made from.");
                continue;
            }
            var module = row.Module.Replace("{layer}", layer.ToString(), StringComparison.Ordinal);
            if (!Restore(tensor, row.Change, $"{module}.{kind}", config, result))
                problems.Add($"{path}: tensor {ProblemList.Quote(tensor.Name)} has shape {ProblemList.Format(tensor.Shape)}, which does not fit {config.Heads} query and {config.KeyHeads} key heads or what '{table.Name}' stores there. Convert the model again.");
        }
        problems.ThrowIfAny();
        return result;
    }

    private static bool Restore(Tensor tensor, GgufChange change, string name, GgufConfig config, List<Tensor> into)
    {
        switch (change)
        {
            case GgufChange.InterleavedQueries or GgufChange.InterleavedKeys:
                var heads = change == GgufChange.InterleavedQueries ? config.Heads : config.KeyHeads;
                var rows = tensor.Shape[0];
                if (heads <= 0 || rows % (2 * heads) != 0 || rows > int.MaxValue) return false;
                into.Add(new Tensor(name, tensor.DType, tensor.Shape, new PermutedRows(tensor, Halves((int)rows, (int)(rows / heads)))));
                return true;
            case GgufChange.PlusOne:
                into.Add(new Tensor(name, DType.F32, tensor.Shape, new ShiftedValues(tensor, -1)));
                return true;
            case GgufChange.Transposed when tensor.Shape.Length == 1:
                into.Add(tensor.As(name, tensor.Shape));
                return true;
            case GgufChange.Transposed:
                if (tensor.Shape.Length != 2) return false;
                into.Add(new Tensor(name, DType.F32, [tensor.Shape[1], tensor.Shape[0]], new TransposedRows(tensor)));
                return true;
            case GgufChange.StackedExperts:
                if (tensor.Shape.Length != 3 || tensor.Shape[0] > MaxExperts) return false;
                ImmutableArray<long> one = [tensor.Shape[1], tensor.Shape[2]];
                for (long e = 0; e < tensor.Shape[0]; e++)
                    into.Add(tensor.Part(name.Replace("{expert}", e.ToString(), StringComparison.Ordinal), e * one[0] * one[1], one));
                return true;
            default:
                into.Add(tensor.As(name, tensor.Shape));
                return true;
        }
    }

    /// <summary>For each row of the checkpoint the converter's: entry i of the first half of a head went to 2i, of the second to 2i + 1 (LlamaModel.permute).</summary>
    private static int[] Halves(int rows, int head)
    {
        var from = new int[rows];
        for (var row = 0; row < rows; row++)
        {
            var (index, entry) = (row / head, row % head);
            var (half, place) = (entry / (head / 2), entry % (head / 2));
            from[row] = index * head + 2 * place + half;
        }
        return from;
    }

    /// <summary>A name without its block and its ending: <c>blk.{layer}.attn_q</c>, 7, <c>weight</c>.</summary>
    private static (string Name, long Layer, string? Kind) Parts(string name)
    {
        var kind = name.EndsWith(".weight", StringComparison.Ordinal) ? "weight" : name.EndsWith(".bias", StringComparison.Ordinal) ? "bias" : null;
        if (kind is null) return (name, 0, null);
        var stem = name[..^(kind.Length + 1)];
        if (!stem.StartsWith("blk.", StringComparison.Ordinal)) return (stem, 0, kind);
        var end = stem.IndexOf('.', 4);
        if (end < 0 || !int.TryParse(stem.AsSpan(4, end - 4), NumberStyles.None, CultureInfo.InvariantCulture, out var layer) || stem[4] == '0' && end > 5) return (name, 0, null);
        return ($"blk.{{layer}}{stem[end..]}", layer, kind);
    }
}
