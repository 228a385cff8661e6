using Assay.Evaluation.Diffing;

namespace Assay.Verdicts;

/// <summary>How sentences name tensors, layers and their figures.</summary>
internal static class TensorWords
{
    private const int MostModules = 12;

    public static string Were(IReadOnlyList<TensorDifference> tensors) => $"{Count(tensors)} {(tensors.Count == 1 ? "was" : "were")}";

    public static string Count(IReadOnlyList<TensorDifference> tensors)
    {
        if (tensors.Count == 1) return tensors[0].Name;
        var matrices = tensors.Count(t => t.Shape.Length > 1);
        return matrices == tensors.Count ? $"{matrices} matrices" : matrices == 0 ? $"{tensors.Count} vectors"
            : $"{matrices} matrices and {tensors.Count - matrices} vectors";
    }

    public static string Places(IReadOnlyList<TensorDifference> tensors) =>
        string.Join(", ", tensors.GroupBy(t => t.Place.Module, StringComparer.Ordinal)
            .Select(g => g.Key + (g.Any(t => t.Place.Layer is not null) ? $" of {Layers(g)}" : "")).Take(MostModules));

    /// <summary>The layers of some tensors, such as <c>layers 0–3, 7</c>.</summary>
    public static string Layers(IEnumerable<TensorDifference> tensors) => Layers([.. tensors.Select(t => t.Place.Layer).OfType<int>().Distinct().Order()]);

    /// <summary>Layers by number, ascending.</summary>
    public static string Layers(IReadOnlyList<int> layers) => (layers.Count == 1 ? "layer " : "layers ") + Runs(layers);

    /// <summary>Numbers, ascending, as runs.</summary>
    public static string Runs(IReadOnlyList<int> numbers)
    {
        var runs = new List<string>();
        for (var i = 0; i < numbers.Count;)
        {
            var end = i;
            while (end + 1 < numbers.Count && numbers[end + 1] == numbers[end] + 1) end++;
            runs.Add(Run(numbers[i], end - i + 1));
            i = end + 1;
        }

        return string.Join(", ", runs);
    }

    /// <summary>Neighbouring numbers, such as <c>4–7</c>.</summary>
    public static string Run(int first, int count) => count == 1 ? $"{first}" : $"{first}–{first + count - 1}";

    public static string Relative(IReadOnlyList<TensorDifference> tensors)
    {
        var norms = tensors.Select(t => t.RelativeNorm).Where(double.IsFinite).Order().ToList();
        return norms.Count == 0 ? "no relative norm" : norms.Count == 1 ? Text($"relative norm {norms[0]:0.####}")
            : Text($"relative norm {norms[0]:0.####} to {norms[^1]:0.####}, median {norms[norms.Count / 2]:0.####}");
    }

    public static double Energy(IEnumerable<TensorDifference> tensors) => tensors.Where(t => double.IsFinite(t.Norm)).Sum(t => t.Norm * t.Norm);

    public static string Range(IReadOnlyList<int> values) => values.Min() == values.Max() ? $"{values[0]}" : $"{values.Min()} to {values.Max()}";

    public static string And(IReadOnlyList<string> parts) => parts.Count < 2 ? string.Concat(parts)
        : string.Join(", ", parts.Take(parts.Count - 1)) + " and " + parts[^1];

    public static string Text(FormattableString text) => FormattableString.Invariant(text);
}
