using Assay.Directions.LinearAlgebra;
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
/// <param name="Beside">Share of the difference's energy outside the removed directions: rounding, restored norms, anything else.</param>
public sealed record DirectionRemoval(ResidualSide Side, int Directions, double Strength, double Explained, double Remaining, double Beside)
{
    /// <summary>Share of the elements that differ which come out exactly as stored when the removal is done again on the base and rounded.</summary>
    public double Exact { get; init; }

    // Of each direction's energy; the rest may be something else, for other tools restore norms on top.
    private const double LeastExplained = .9;

    // Some of several directions would be an arbitrary cut, unless they are most of what there is.
    private const double LeastShare = .75;
    private const int MostDirections = 8;

    // In few dimensions a few vectors explain any other: in 16, one of 10⁸ random pairs has cos² ≥ .9.
    private const int DimensionsEach = 16;

    // Directions that lose less than this share of what the strongest loses belong to something else.
    private const double LeastStrength = .25;

    /// <summary>Looks for a removal on either side.</summary>
    /// <param name="pair">The matrices.</param>
    /// <param name="spectrum">Of their difference.</param>
    /// <param name="rank">Singular values above the noise.</param>
    /// <param name="total">Energy of the difference.</param>
    /// <param name="noise">Expected energy of rounding.</param>
    /// <param name="team">Threads.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    /// <returns>Null where the difference is no such removal.</returns>
    internal static DirectionRemoval? Find(MatrixPair pair, Spectrum spectrum, int rank, double total, double noise, WorkTeam team, CancellationToken cancellation)
    {
        var count = Math.Min(Math.Min(rank, MostDirections), spectrum.Left.Length);
        var left = On(ResidualSide.Left, pair, spectrum, count, rank, total, noise, team, cancellation);
        var right = On(ResidualSide.Right, pair, spectrum, count, rank, total, noise, team, cancellation);
        return left is null || right?.Explained > left.Explained ? right : left;
    }

    private static DirectionRemoval? On(ResidualSide side, MatrixPair pair, Spectrum spectrum, int count, int rank, double total, double noise, WorkTeam team, CancellationToken cancellation)
    {
        var (removed, other) = side == ResidualSide.Left ? (spectrum.Left, spectrum.Right) : (spectrum.Right, spectrum.Left);
        count = Math.Min(count, (side == ResidualSide.Left ? pair.Columns : pair.Rows) / DimensionsEach);
        if (count == 0) return null;
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
            if (k < rank && leading < LeastShare * all) return null;
            var fit = Fit(parts, width, length, spectrum, other, k);
            var told = true;
            for (var j = 0; j < k; j++) told &= fit.Left[j] <= (1 - LeastExplained) * energies[j] + 3 * noise / along;
            if (!told) continue;
            // A removal of the k directions spanned is λ times the identity in any basis of them.
            var symmetric = new double[k * k];
            for (var i = 0; i < k; i++)
                for (var j = 0; j < k; j++) symmetric[i * k + j] = (fit.Map[i * k + j] + fit.Map[j * k + i]) / 2;
            var (strengths, axes) = SymmetricEigen.Decompose(symmetric, k);
            var most = strengths.Max(Math.Abs);
            var kept = Enumerable.Range(0, k).Where(i => Math.Abs(strengths[i]) >= LeastStrength * most).ToList();
            var (remaining, energy) = Along(parts, width, length, spectrum, other, k, axes, kept);
            return new DirectionRemoval(side, kept.Count, kept.Average(i => strengths[i]), 1 - fit.Left.Sum() / leading, remaining, Math.Max(0, 1 - energy / total));
        }

        return null;
    }

    /// <summary>Least squares M in Σ σ v ≈ −P M over k directions, and what it leaves of each.</summary>
    private static (double[] Left, double[] Map) Fit(double[] parts, int width, int length, Spectrum spectrum, double[][] other, int k)
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
        if (!(values[0] > 0)) return ([.. Enumerable.Repeat(double.PositiveInfinity, k)], []);
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

        var left = new double[k];
        for (var x = 0; x < length; x++)
        {
            for (var j = 0; j < k; j++)
            {
                double predicted = 0;
                for (var i = 0; i < k; i++) predicted -= parts[x * width + i] * m[i * k + j];
                var rest = spectrum.Values[j] * other[j][x] - predicted;
                left[j] += rest * rest;
            }
        }

        return (left, m);
    }

    /// <summary>What remains of the base along some axes of the span, relative; and the energy of the difference along them.</summary>
    private static (double Remaining, double Energy) Along(double[] parts, int width, int length, Spectrum spectrum, double[][] other, int k, double[] axes, List<int> kept)
    {
        double had = 0, remains = 0, energy = 0;
        foreach (var axis in kept)
        {
            for (var x = 0; x < length; x++)
            {
                double before = 0, difference = 0;
                for (var j = 0; j < k; j++)
                {
                    before += axes[axis * k + j] * parts[x * width + j];
                    difference += axes[axis * k + j] * spectrum.Values[j] * other[j][x];
                }

                had += before * before;
                energy += difference * difference;
                remains += (before + difference) * (before + difference);
            }
        }

        return (Math.Sqrt(remains / had), energy);
    }
}
