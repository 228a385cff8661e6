using System.Collections.Immutable;
using System.Globalization;
using Assay.Models;

namespace Assay.Evaluation.Yardsticks;

/// <summary>Gaussian noise on the block matrices: W + σ·rms(W)·N(0, 1), each element's draw of its own.</summary>
/// <remarks>rms is that of the whole tensor under its canonical name, a fused one in one, each expert alone. The draw is a function of seed, canonical name and element
/// (C order), so a stack of experts or a file of another format gets the same noise. Computed in float64, kept as float32.</remarks>
public sealed class NoisyWeights : Yardstick
{
    private readonly int level;

    /// <summary>A rung of the noise ladder.</summary>
    /// <param name="level">1 to 4, of <see cref="Levels"/>.</param>
    /// <param name="seed">Of the draws.</param>
    public NoisyWeights(int level, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, Levels.Length);
        (this.level, Seed) = (level, seed);
    }

    /// <summary>σ of the levels 1 to 4. RTN-4 in groups of 32 moves Gaussian weights by about a tenth of their rms, RTN-8 by half a percent.</summary>
    public static ImmutableArray<double> Levels { get; } = [1.0 / 256, 1.0 / 64, 1.0 / 16, 1.0 / 4];

    /// <summary>σ, in units of each matrix's rms.</summary>
    public double Sigma => Levels[level - 1];

    /// <summary>Of the draws.</summary>
    public long Seed { get; }

    /// <inheritdoc/>
    public override string Id => string.Create(CultureInfo.InvariantCulture, $"noise-{level}");

    /// <inheritdoc/>
    public override string Title => string.Create(CultureInfo.InvariantCulture, $"noise 1/{1 / Sigma:0}");

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture, $"Gaussian noise of 1/{1 / Sigma:0} of each block matrix's rms added, seed {Seed}");

    /// <inheritdoc/>
    public override LanguageModel Open(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var matrices = BlockMatrices(model.Spec);
        return Open(model, (name, tensor) => matrices.ContainsKey(name) ? new AddedNoise(tensor, Sigma, Seed, name) : null);
    }
}
