using System.Globalization;
using Assay.Models;

namespace Assay.Evaluation.Yardsticks;

/// <summary>A rung of the rounding ladder: block matrices rounded to b bits.</summary>
/// <remarks>Symmetric absmax round-to-nearest in groups of 32 along the input (protocol.md, M12): with n = 2^(b−1) − 1 and a = max |w| of a group, w becomes (a/n)·round(w·n/a),
/// halves to even, computed in float64 and kept as float32; a group of zeros stays zero, the last group of a row may be shorter.</remarks>
public sealed class RoundedWeights : Yardstick
{
    /// <summary>A rung.</summary>
    /// <param name="bits">2 to 8.</param>
    public RoundedWeights(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        Bits = bits;
    }

    /// <summary>b.</summary>
    public int Bits { get; }

    /// <inheritdoc/>
    public override string Id => string.Create(CultureInfo.InvariantCulture, $"rounded-{Bits}");

    /// <inheritdoc/>
    public override string Title => string.Create(CultureInfo.InvariantCulture, $"RTN-{Bits}");

    /// <inheritdoc/>
    public override string Description =>
        string.Create(CultureInfo.InvariantCulture, $"block matrices rounded to {Bits} bits, symmetric about 0, to the nearest of {(1 << Bits) - 1} levels up to the largest of each 32 along the input");

    /// <inheritdoc/>
    public override LanguageModel Open(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var matrices = BlockMatrices(model.Spec);
        return Open(model, (name, tensor) => matrices.TryGetValue(name, out var transposed) ? new GroupRounding(tensor, Bits, transposed) : null);
    }
}
