using System.Globalization;
using Assay.Models;
using Assay.Models.Architectures;

namespace Assay.Evaluation.Diffing;

/// <summary>Where a tensor stands in its model.</summary>
/// <param name="Layer">Block number; null outside the blocks.</param>
/// <param name="Module">Name without the block's and the expert's number, such as <c>mlp.down_proj.weight</c>.</param>
/// <param name="Role">How it touches the residual stream; null where the architecture is not known.</param>
/// <param name="Side">On which side of the stored matrix the residual stream lies.</param>
/// <param name="Gain">Name of the norm's gain that stands between what the matrix writes and the residual stream (Gemma 2, OLMo 2); null for none.</param>
public sealed record TensorPlace(int? Layer, string Module, ResidualRole? Role, ResidualSide Side, string? Gain = null)
{
    private const string LayerHole = "{layer}";
    private const string ExpertHole = "{expert}";

    /// <summary>The place of a tensor by its canonical name.</summary>
    /// <param name="name">Name.</param>
    /// <param name="config">The model's configuration; null where it could not be read.</param>
    /// <param name="spec">What the configuration says of the tensor; null where it says nothing.</param>
    internal static TensorPlace Of(string name, ModelConfig? config, TensorSpec? spec)
    {
        var (layer, module) = Split(name);
        var row = config?.Architecture.Rows.FirstOrDefault(r => Matches(r.Module + ".weight", name) || Matches(r.Module + ".bias", name) || Matches(r.Module, name));
        if (row is null || spec is null) return new TensorPlace(layer, module, spec?.Role, ResidualSide.None);
        var norm = config!.Architecture.Rows.FirstOrDefault(r => r.Part == row.Part switch
        {
            TensorPart.Output => TensorPart.PostAttentionNorm,
            TensorPart.Down or TensorPart.ExpertDown => TensorPart.PostMlpNorm,
            _ => row.Part,
        } && r.Part != row.Part);
        return new TensorPlace(layer, module, spec.Role, SideOf(row, spec.Role), norm is null || spec.Role != ResidualRole.Writes ? null : norm.Module.Replace(LayerHole, layer?.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) + ".weight");
    }

    /// <summary>The block's number is the first whole part of a name that is a number; an expert's number is the next.</summary>
    private static (int? Layer, string Module) Split(string name)
    {
        var parts = name.Split('.');
        int? layer = null;
        var first = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) continue;
            if (layer is null) (layer, first) = (number, i + 1);
            else parts[i] = "*";
        }

        return (layer, string.Join('.', parts[first..]));
    }

    private static ResidualSide SideOf(TensorRow row, ResidualRole role) => role switch
    {
        // Rows of an embedding are what is written.
        ResidualRole.Writes when row.Part is TensorPart.Embedding or TensorPart.PositionEmbedding => ResidualSide.Right,
        ResidualRole.Writes => row.Transposed ? ResidualSide.Right : ResidualSide.Left,
        ResidualRole.Reads => row.Transposed ? ResidualSide.Left : ResidualSide.Right,
        _ => ResidualSide.None,
    };

    private static bool Matches(string pattern, string name)
    {
        var (p, n) = (pattern.Split('.'), name.Split('.'));
        if (p.Length != n.Length) return false;
        for (var i = 0; i < p.Length; i++)
            if (p[i] != n[i] && !(p[i] is LayerHole or ExpertHole && int.TryParse(n[i], NumberStyles.None, CultureInfo.InvariantCulture, out _))) return false;
        return true;
    }
}
