using Assay.Checkpoints;
using Assay.Directions.Edits;
using Assay.Directions.LinearAlgebra;
using Assay.Models;

namespace Assay.Search;

/// <summary>How much of the weights a plan of edits changes: Σ‖ΔW‖²_F over the writers' matrices, in float64, before rounding.</summary>
/// <remarks>y ← y − L(Rᵀy) on a writer's output is ΔW = −L(RᵀW): ‖ΔW‖² = Σ (LᵀL) ⊙ (GGᵀ) with G = RᵀW. Biases and offsets do not count.</remarks>
internal static class EditSize
{
    /// <summary>Σ‖ΔW‖²_F of each plan; every matrix is read once for all.</summary>
    /// <param name="model">Whose weights.</param>
    /// <param name="plans">Maps by writer, as <see cref="EditCompiler"/> makes them.</param>
    /// <param name="cancellation">Looked at between matrices.</param>
    public static double[] Of(LanguageModel model, IReadOnlyList<IReadOnlyDictionary<(int Layer, ResidualWriter Writer), ResidualMap>> plans, CancellationToken cancellation = default)
    {
        var sizes = new double[plans.Count];
        foreach (var place in plans.SelectMany(p => p.Keys).Distinct().Order())
        {
            var maps = plans.Select((p, i) => (Plan: i, Map: p.GetValueOrDefault(place))).Where(p => p.Map is not null).ToList();
            foreach (var matrix in Matrices(model.Spec, place.Layer, place.Writer))
            {
                cancellation.ThrowIfCancellationRequested();
                Add(model.Weights[matrix.Weight], matrix, maps!, sizes);
            }
        }

        return sizes;
    }

    private static IEnumerable<LinearSpec> Matrices(TransformerSpec spec, int layer, ResidualWriter writer) => writer switch
    {
        // An embedding's rows lie in the residual stream: it is stored as a transposed map.
        ResidualWriter.Embedding => ((string?[])[spec.Embedding, spec.PositionEmbedding]).OfType<string>()
            .Select(name => new LinearSpec(name, null, spec.HiddenSize, name == spec.Embedding ? spec.VocabularySize : spec.MaxPositions, Transposed: true)),
        ResidualWriter.Attention => [spec.Layers[layer].Attention.Output],
        _ => spec.Layers[layer].Mlp switch
        {
            DenseMlpSpec dense => [dense.Down],
            RoutedMlpSpec routed => [.. routed.Experts.Select(e => e.Down), .. routed.Shared is { } shared ? [shared.Down] : (LinearSpec[])[]],
            var other => throw new NotSupportedException(other.GetType().Name),
        },
    };

    private static void Add(Tensor tensor, LinearSpec matrix, List<(int Plan, ResidualMap Map)> maps, double[] sizes)
    {
        if (matrix.Block != 0) throw new NotSupportedException("A writer's outputs stand side by side.");
        long stride = tensor.Shape[^1];
        var (d, inputs) = (matrix.Outputs, matrix.Inputs);
        var row = new double[matrix.Transposed ? d : inputs];
        // (map, k, inputs), or, of a transposed matrix, whose inputs come one by one, (map, k) of the one at hand.
        var parts = maps.Select(m => new double[matrix.Transposed ? m.Map.Rank : (long)m.Map.Rank * inputs]).ToArray();
        for (var i = 0; i < (matrix.Transposed ? inputs : d); i++)
        {
            tensor.ReadDouble(matrix.Transposed ? ((long)matrix.FirstInput + i) * stride + matrix.FirstOutput : ((long)matrix.FirstOutput + i) * stride, row);
            for (var m = 0; m < maps.Count; m++)
            {
                var (plan, map) = maps[m];
                for (var k = 0; k < map.Rank; k++)
                {
                    if (matrix.Transposed) parts[m][k] = DoubleVectors.Dot(map.Right.AsSpan(k * d, d), row);
                    else DoubleVectors.AddScaled(map.Right[k * d + i], row, parts[m].AsSpan(k * inputs, inputs));
                }

                if (matrix.Transposed) sizes[plan] += Square(map, parts[m], 1);
            }
        }

        if (matrix.Transposed) return;
        for (var m = 0; m < maps.Count; m++) sizes[maps[m].Plan] += Square(maps[m].Map, parts[m], inputs);
    }

    /// <summary>‖L G‖²_F for G (k, columns).</summary>
    private static double Square(ResidualMap map, double[] parts, int columns)
    {
        var (d, sum) = (map.Width, 0.0);
        for (var j = 0; j < map.Rank; j++)
            for (var k = 0; k < map.Rank; k++)
                sum += DoubleVectors.Dot(map.Left.AsSpan(j * d, d), map.Left.AsSpan(k * d, d)) * DoubleVectors.Dot(parts.AsSpan(j * columns, columns), parts.AsSpan(k * columns, columns));
        return sum;
    }
}
