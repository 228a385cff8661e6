using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>The inverse temperatures β = 1/T at which divergences are summed while tokens are scored, so that M6 can look for the best one afterwards.</summary>
/// <remarks>Between the nodes the sum is the polynomial through the eight nearest. A logit that lies Δ below the largest gives terms like e^(−βΔ); with steps h the
/// error is about (hΔ)⁸/8! of such a term: 1e-6 of it at Δ = 20.</remarks>
public static class TemperatureGrid
{
    private const int Near = 8;

    /// <summary>β from .15 (T = 6.7) to 2 (T = .5).</summary>
    public static InverseTemperatures Nodes { get; } = new(.15, .025, 75);

    /// <summary>The interpolated sum at β.</summary>
    /// <param name="sums">Sums at the nodes.</param>
    /// <param name="inverse">β, within the nodes.</param>
    /// <remarks>The second barycentric formula over equidistant nodes, Berrut and Trefethen 2004.</remarks>
    public static double At(ReadOnlySpan<double> sums, double inverse)
    {
        var place = (inverse - Nodes.First) / Nodes.Step;
        var first = Math.Clamp((int)Math.Floor(place) - Near / 2 + 1, 0, Nodes.Count - Near);
        double above = 0, below = 0, binomial = 1;
        for (var k = 0; k < Near; k++)
        {
            var distance = place - first - k;
            if (distance == 0) return sums[first + k];
            var weight = (k % 2 == 0 ? binomial : -binomial) / distance;
            above += weight * sums[first + k];
            below += weight;
            binomial = binomial * (Near - 1 - k) / (k + 1);
        }

        return above / below;
    }

    /// <summary>β at which the interpolated sum is least, and that sum: it has one minimum, since it is convex in β.</summary>
    /// <param name="sums">Sums at the nodes.</param>
    public static (double Inverse, double Sum) Least(ReadOnlySpan<double> sums)
    {
        var best = 0;
        for (var k = 0; k < Nodes.Count; k++)
        {
            if (!double.IsFinite(sums[k])) return (double.NaN, double.NaN);
            if (sums[k] < sums[best]) best = k;
        }

        // Golden section between the neighbours of the lowest node.
        double low = Nodes[Math.Max(0, best - 1)], high = Nodes[Math.Min(Nodes.Count - 1, best + 1)];
        var ratio = (Math.Sqrt(5) - 1) / 2;
        for (var step = 0; step < 50; step++)
        {
            double a = high - ratio * (high - low), b = low + ratio * (high - low);
            if (At(sums, a) < At(sums, b)) high = b;
            else low = a;
        }

        var inverse = (low + high) / 2;
        return (inverse, At(sums, inverse));
    }
}
