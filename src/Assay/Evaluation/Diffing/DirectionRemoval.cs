using Assay.Evaluation.Spectra;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Directions taken out of a matrix: W′ = W − λ r rᵀW on the left side, W′ = W − λ W r rᵀ on the right one.</summary>
/// <remarks>Directional ablation baked into weights, Arditi et al. 2024 (arXiv 2406.11717) §4. That a difference has rank one does not make it one: here its other
/// side is predicted from the base alone, and has to come out.</remarks>
/// <param name="Side"><see cref="ResidualSide.Left"/> where r is a left singular vector of the difference.</param>
/// <param name="Directions">How many were removed.</param>
/// <param name="Strength">λ: 1 removes, more overshoots, less leaves some, below 0 amplifies. The mean over several directions.</param>
/// <param name="Explained">Share of the leading part's energy that the prediction from the base explains.</param>
/// <param name="Remaining">‖rᵀW′‖ / ‖rᵀW‖: what is left of the base's component along r.</param>
public sealed record DirectionRemoval(ResidualSide Side, int Directions, double Strength, double Explained, double Remaining)
{
    // A twentieth of the energy may be something else: other tools restore norms on top.
    private const double LeastExplained = .95;
    private const int MostDirections = 8;

    /// <summary>Looks for a removal on either side.</summary>
    /// <param name="pair">The matrices.</param>
    /// <param name="spectrum">Of their difference.</param>
    /// <param name="rank">Singular values above the noise.</param>
    /// <param name="noise">Expected energy of rounding.</param>
    /// <param name="team">Threads.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    /// <returns>Null where the difference is no such removal.</returns>
    internal static DirectionRemoval? Find(MatrixPair pair, Spectrum spectrum, int rank, double noise, WorkTeam team, CancellationToken cancellation)
    {
        var count = Math.Min(Math.Min(rank, MostDirections), spectrum.Left.Length);
        if (count == 0) return null;
        var left = On(ResidualSide.Left, pair, spectrum, count, rank, noise, team, cancellation);
        var right = On(ResidualSide.Right, pair, spectrum, count, rank, noise, team, cancellation);
        return left is null || right?.Explained > left.Explained ? right : left;
    }

    private static DirectionRemoval? On(ResidualSide side, MatrixPair pair, Spectrum spectrum, int count, int rank, double noise, WorkTeam team, CancellationToken cancellation)
    {
        var (removed, other) = side == ResidualSide.Left ? (spectrum.Left, spectrum.Right) : (spectrum.Right, spectrum.Left);
        var (along, length) = (removed[0].Length, other[0].Length);
        var width = TiledProduct.Padded(count);
        var columns = new double[along * width];
        for (var i = 0; i < along; i++)
            for (var j = 0; j < count; j++) columns[i * width + j] = removed[j][i];
        // (length, width): what the base has along each direction.
        var parts = TiledProduct.Multiply(pair.Base, side == ResidualSide.Left, columns, width, team, cancellation);
        var energies = spectrum.Values.Take(rank).Select(v => v * v).ToArray();
        var all = energies.Sum();
        for (var k = count; k > 0; k--)
        {
            var leading = energies.Take(k).Sum();
            // Some of several directions would be an arbitrary cut, unless they are nearly all there is.
            if (k < rank && leading < .9 * all) return null;
            var fit = Fit(parts, width, length, spectrum, other, k);
            if (fit.Left > (1 - LeastExplained) * leading + 3 * k * noise / along) continue;
            return new DirectionRemoval(side, k, fit.Strength, 1 - fit.Left / leading, fit.Remaining);
        }

        return null;
    }

    /// <summary>Least squares M in Σ σ v ≈ −P M over k directions; what it leaves, its mean eigenvalue, and what remains along the directions.</summary>
    private static (double Left, double Strength, double Remaining) Fit(double[] parts, int width, int length, Spectrum spectrum, double[][] other, int k)
    {
        var (gram, cross) = (new double[k * k], new double[k * k]);
        for (var x = 0; x < length; x++)
        {
            for (var i = 0; i < k; i++)
            {
                var p = parts[x * width + i];
                for (var j = 0; j < k; j++)
                {
                    gram[i * k + j] += p * parts[x * width + j];
                    cross[i * k + j] += p * spectrum.Values[j] * other[j][x];
                }
            }
        }

        var (values, vectors) = SymmetricEigen.Decompose(gram, k);
        if (!(values[0] > 0)) return (double.PositiveInfinity, 0, double.NaN);
        // M = −G⁺C through the eigenvectors of G; a direction along which the base has nothing predicts nothing.
        var m = new double[k * k];
        for (var e = 0; e < k; e++)
        {
            if (values[e] <= 1e-12 * values[0]) continue;
            for (var j = 0; j < k; j++)
            {
                double dot = 0;
                for (var i = 0; i < k; i++) dot += vectors[e * k + i] * cross[i * k + j];
                for (var i = 0; i < k; i++) m[i * k + j] -= vectors[e * k + i] * dot / values[e];
            }
        }

        double left = 0, remaining = 0, had = 0, strength = 0;
        for (var x = 0; x < length; x++)
        {
            for (var j = 0; j < k; j++)
            {
                double predicted = 0;
                for (var i = 0; i < k; i++) predicted -= parts[x * width + i] * m[i * k + j];
                var actual = spectrum.Values[j] * other[j][x];
                left += (actual - predicted) * (actual - predicted);
                var p = parts[x * width + j];
                had += p * p;
                remaining += (p + actual) * (p + actual);
            }
        }

        for (var i = 0; i < k; i++) strength += m[i * k + i] / k;
        return (left, strength, Math.Sqrt(remaining / had));
    }
}
