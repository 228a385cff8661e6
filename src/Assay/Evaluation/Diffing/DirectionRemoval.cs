using Assay.Directions.LinearAlgebra;
using Assay.Models.Kernels;
using Assay.Models.Sampling;

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
    /// <summary>Share of the difference's energy that is left when the removal is done again on the base, rounded to the stored type and compared.</summary>
    public double Left { get; init; } = 1;

    /// <summary>Share of the elements that differ which come out exactly as stored then.</summary>
    public double Exact { get; init; }

    /// <summary>Whether nothing is left but what rounding leaves.</summary>
    public bool Replays { get; init; }

    // Of what is not rounding; tools that restore norms behind a removal leave less than a twentieth beside it, and a difference that is mostly something else
    // is told as that.
    private const double LeastOfDifference = .75;

    // What remains of the component is |1 − λ| of it; the misfit that LeastExplained allows moves that by less than this.
    private const double RemainingTolerance = .2;

    // A removal leaves alone what is orthogonal to it. Weight decay, pruning and merges shrink everything alike.
    private const double MostElsewhere = .25;

    // The direction itself is known from a rounded difference, so a little more is left than rounding's own; and tools that compute in bfloat16 err by a few
    // thousandths of what they remove.
    private const double NoiseTolerance = 3;
    private const double LeastLeft = 1e-3;

    // What does not come out, for norms were restored on top, is a removal still where the other side is what this very direction has in the base. Of a matrix
    // that is nearly of rank one any direction has much the same, and then a fit says little: the misfit must be a fifth of what random directions have.
    private const double MostOfRandom = .2;
    private const int RandomDirections = 8;
    private const int MostBlocks = 64;

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
    /// <param name="sums">Energies of the pair, of its difference and of rounding.</param>
    /// <param name="team">Threads.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    /// <returns>Null where the difference is no such removal.</returns>
    internal static DirectionRemoval? Find(MatrixPair pair, Spectrum spectrum, int rank, ElementStatistics sums, WorkTeam team, CancellationToken cancellation)
    {
        var count = Math.Min(Math.Min(rank, MostDirections), spectrum.Left.Length);
        var left = On(ResidualSide.Left, pair, spectrum, count, rank, sums, team, cancellation);
        var right = On(ResidualSide.Right, pair, spectrum, count, rank, sums, team, cancellation);
        return left is null || right is not null && (right.Replays, right.Explained).CompareTo((left.Replays, left.Explained)) > 0 ? right : left;
    }

    private static DirectionRemoval? On(ResidualSide side, MatrixPair pair, Spectrum spectrum, int count, int rank, ElementStatistics sums, WorkTeam team,
        CancellationToken cancellation)
    {
        var (total, noise) = (sums.Difference, sums.Noise);
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
            var found = Along(parts, width, length, spectrum, other, k, axes, kept);
            var strength = kept.Average(i => strengths[i]);
            if (found.Energy < LeastOfDifference * Math.Max(0, total - noise)
                || Math.Abs(found.Remaining - Math.Abs(1 - strength)) > RemainingTolerance) continue;
            // λ of all that is orthogonal to the directions: −⟨D, W⟩ / ‖W‖² there.
            var elsewhere = sums.Base - found.Had > 1e-9 * sums.Base ? -(sums.Product - sums.Base - found.Product) / (sums.Base - found.Had) : 0;
            // Restored norms grow what is left, so only the way of the removal itself counts.
            if (elsewhere * Math.Sign(strength) > MostElsewhere * Math.Abs(strength)) continue;
            var (residual, exact) = Replay(side, pair, removed, parts, width, k, axes, strengths, kept, team, cancellation);
            var replays = residual <= Math.Max(NoiseTolerance * noise, LeastLeft * total);
            // As many as are looked for at most are a cut through something else, such as rows set to 0.
            if (!replays && kept.Count == MostDirections) return null;
            if (!replays && fit.Left.Sum() > MostOfRandom * leading * RandomMisfit(side, pair, spectrum, other, k, axes, kept, team, cancellation)) continue;
            return new DirectionRemoval(side, kept.Count, strength, 1 - fit.Left.Sum() / leading, found.Remaining, Math.Max(0, 1 - found.Energy / total))
            {
                Left = residual / total, Exact = exact, Replays = replays,
            };
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

    /// <summary>What the base has along some axes of the span, what remains of it, and the difference along them.</summary>
    private static (double Remaining, double Energy, double Had, double Product) Along(double[] parts, int width, int length, Spectrum spectrum,
        double[][] other, int k, double[] axes, List<int> kept)
    {
        double had = 0, remains = 0, energy = 0, product = 0;
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
                product += before * difference;
                remains += (before + difference) * (before + difference);
            }
        }

        return (Math.Sqrt(remains / had), energy, had, product);
    }

    /// <summary>How much of the difference's other side random directions of the base leave unexplained: the mean of 1 − cos².</summary>
    private static double RandomMisfit(ResidualSide side, MatrixPair pair, Spectrum spectrum, double[][] other, int k, double[] axes, List<int> kept,
        WorkTeam team, CancellationToken cancellation)
    {
        var along = side == ResidualSide.Left ? pair.Rows : pair.Columns;
        var width = TiledProduct.Padded(RandomDirections);
        var signs = new double[along * width];
        for (var i = 0; i < along; i++)
            for (var j = 0; j < RandomDirections; j++) signs[i * width + j] = CounterRandom.Uniform(1, i, j) < .5 ? -1 : 1;
        var parts = TiledProduct.Multiply(pair.Base, side == ResidualSide.Left, signs, width, team, cancellation);
        double sum = 0;
        foreach (var axis in kept)
        {
            var target = Combined(other[0].Length, (i, j) => spectrum.Values[j] * other[j][i], axis, k, axes);
            for (var r = 0; r < RandomDirections; r++)
            {
                double dot = 0, a = 0, b = 0;
                for (var x = 0; x < target.Length; x++)
                {
                    var part = parts[x * width + r];
                    dot += part * target[x];
                    a += part * part;
                    b += target[x] * target[x];
                }

                sum += a > 0 && b > 0 ? 1 - dot * dot / (a * b) : 0;
            }
        }

        return sum / (RandomDirections * kept.Count);
    }

    /// <summary>Does the removal again on the base, rounds, and compares: the energy left, and the share of differing elements that come out exactly.</summary>
    private static (double Residual, double Exact) Replay(
        ResidualSide side, MatrixPair pair, double[][] removed, double[] parts, int width, int k, double[] axes, double[] strengths, List<int> kept,
            WorkTeam team, CancellationToken cancellation)
    {
        var (along, across) = (side == ResidualSide.Left ? pair.Rows : pair.Columns, side == ResidualSide.Left ? pair.Columns : pair.Rows);
        var directions = kept.ConvertAll(axis => Combined(along, (i, j) => removed[j][i], axis, k, axes));
        var amounts = kept.ConvertAll(axis => Combined(across, (i, j) => parts[i * width + j], axis, k, axes));
        var weights = kept.ConvertAll(axis => strengths[axis]);
        var size = (pair.Rows + MostBlocks - 1) / MostBlocks;
        var tasks = (pair.Rows + size - 1) / size;
        var (energies, hits, counts) = (new double[tasks], new long[tasks], new long[tasks]);
        team.Run(tasks, (task, _) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var (a, b) = (new double[pair.Columns], new double[pair.Columns]);
            for (var row = task * size; row < Math.Min(pair.Rows, (task + 1) * size); row++)
            {
                pair.ReadBase(row, 0, a);
                pair.ReadCandidate(row, 0, b);
                for (var c = 0; c < a.Length; c++)
                {
                    var told = a[c];
                    for (var d = 0; d < directions.Count; d++)
                        told -= weights[d] * (side == ResidualSide.Left ? directions[d][row] * amounts[d][c] : amounts[d][row] * directions[d][c]);
                    told = pair.Grid.Round(told);
                    energies[task] += (told - b[c]) * (told - b[c]);
                    if (told == a[c] && b[c] == a[c]) continue;
                    counts[task]++;
                    if (told == b[c]) hits[task]++;
                }
            }
        });
        var evidence = counts.Sum();
        return (energies.Sum(), evidence == 0 ? 0 : (double)hits.Sum() / evidence);
    }

    private static double[] Combined(int length, Func<int, int, double> part, int axis, int k, double[] axes)
    {
        var sum = new double[length];
        for (var i = 0; i < length; i++)
            for (var j = 0; j < k; j++) sum[i] += axes[axis * k + j] * part(i, j);
        return sum;
    }
}
