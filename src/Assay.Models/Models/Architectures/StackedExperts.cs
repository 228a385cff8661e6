using System.Collections.Immutable;

namespace Assay.Models.Architectures;

/// <summary>Where an expected tensor stands inside a stored one that holds all experts of a layer.</summary>
/// <param name="Stored">Stored name of the whole.</param>
/// <param name="Expert">Number of the expert.</param>
/// <param name="Experts">Experts of the layer.</param>
/// <param name="Part">Which of the matrices that each expert has there, one below the other.</param>
/// <param name="Parts">How many.</param>
internal sealed record StackedPart(string Stored, int Expert, int Experts, int Part, int Parts)
{
    /// <summary>Shape of the whole.</summary>
    /// <param name="shape">Of the part, (rows, columns).</param>
    public ImmutableArray<long> Whole(ImmutableArray<long> shape) => [Experts, checked(Parts * shape[0]), shape[1]];

    /// <summary>First element of the part inside the whole.</summary>
    /// <param name="shape">Of the part.</param>
    public long First(ImmutableArray<long> shape) => checked(((long)Expert * Parts + Part) * shape[0] * shape[1]);
}

/// <summary>Names of tensors that hold all experts of a layer, of architectures whose published checkpoints have a tensor for each.</summary>
/// <remarks>transformers 5 keeps experts so in memory, and saves them so with <c>save_original_format=False</c> (conversion_mapping.py):
/// <c>experts.gate_up_proj</c> (experts, 2 × width, d), gates first, and <c>experts.down_proj</c> (experts, d, width). MLX saves
/// <c>switch_mlp.gate_proj.weight</c>, <c>up_proj</c> and <c>down_proj</c>, each (experts, out, in). GPT-OSS, whose published checkpoints are stacked in an
/// order of their own, is not meant.</remarks>
internal static class StackedExperts
{
    /// <summary>The parts by the name of the whole, in the architecture's spelling; empty where it has no experts of their own tensors.</summary>
    public static Dictionary<string, List<(string Part, StackedPart Place)>> Of(ArchitectureTable table, TransformerSpec spec)
    {
        var result = new Dictionary<string, List<(string, StackedPart)>>(StringComparer.Ordinal);
        if (table.Row(TensorPart.ExpertGate) is not { } row) return result;
        var stem = row.Module[..row.Module.IndexOf(".{expert}", StringComparison.Ordinal)];
        for (var layer = 0; layer < spec.Layers.Length; layer++)
        {
            if (spec.Layers[layer].Mlp is not RoutedMlpSpec routed) continue;
            foreach (var own in Spellings(stem.Replace("{layer}", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)))
            {
                var mlx = own[..own.LastIndexOf('.')] + ".switch_mlp";
                Add($"{own}.gate_up_proj", routed, e => e.Gate!, e => e.Up);
                Add($"{own}.down_proj", routed, e => e.Down);
                Add($"{mlx}.gate_proj.weight", routed, e => e.Gate!);
                Add($"{mlx}.up_proj.weight", routed, e => e.Up);
                Add($"{mlx}.down_proj.weight", routed, e => e.Down);
            }
        }
        return result;

        void Add(string name, RoutedMlpSpec routed, params ReadOnlySpan<Func<DenseMlpSpec, LinearSpec>> maps)
        {
            var parts = new List<(string, StackedPart)>();
            for (var expert = 0; expert < routed.Experts.Length; expert++)
                for (var part = 0; part < maps.Length; part++) parts.Add((maps[part](routed.Experts[expert]).Weight,
                    new StackedPart(name, expert, routed.Experts.Length, part, maps.Length)));
            result[name] = parts;
        }
    }

    /// <summary>Other spellings of single tensors: transformers 5 calls Mixtral's <c>block_sparse_moe</c> <c>mlp</c>, as in all other architectures.</summary>
    public static Dictionary<string, string> Spellings(ArchitectureTable table, IEnumerable<TensorSpec> expected)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (table.Row(TensorPart.Router)?.Module.Contains(MixtralModule, StringComparison.Ordinal) != true) return result;
        foreach (var tensor in expected)
            if (tensor.Name.Contains(MixtralModule, StringComparison.Ordinal)) result[tensor.Name.Replace(MixtralModule, ".mlp.", StringComparison.Ordinal)] =
                tensor.Name;
        return result;
    }

    private const string MixtralModule = ".block_sparse_moe.";

    private static IEnumerable<string> Spellings(string stem) => stem.Contains(MixtralModule, StringComparison.Ordinal)
        ? [stem, stem.Replace(MixtralModule, ".mlp.", StringComparison.Ordinal)] : [stem];
}
