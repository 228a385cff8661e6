using System.Collections.Immutable;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Yardsticks;

/// <summary>A divergence of each rung of the rounding ladder, to say which rung another divergence equals.</summary>
/// <remarks>protocol.md, M12: piecewise linear in ln value against bits, after isotonic regression.</remarks>
public sealed class Ladder
{
    private readonly ImmutableArray<(int Bits, double Log)> _rungs;

    /// <summary>Fits the ladder.</summary>
    /// <param name="values">Divergence by bits; those that are not above 0 and finite are left out.</param>
    public Ladder(IEnumerable<(int Bits, double Value)> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var kept = values.Where(v => v.Value > 0 && double.IsFinite(v.Value)).OrderBy(v => v.Bits).ToArray();
        var logs = IsotonicRegression.Decreasing([.. kept.Select(v => Math.Log(v.Value))]);
        _rungs = [.. kept.Select((v, i) => (v.Bits, logs[i]))];
    }

    /// <summary>Rungs that could be used.</summary>
    public int Count => _rungs.Length;

    /// <summary>The rung that a divergence equals, in bits.</summary>
    /// <param name="value">The divergence, at least 0.</param>
    /// <returns>Bits, and the same in words: <c>≈ RTN-5.3</c>, <c>&lt; RTN-2</c> for more damage than the ladder has, <c>&gt; RTN-8</c> for less.</returns>
    /// <exception cref="InvalidOperationException">Fewer than two rungs.</exception>
    public (double Bits, string Words) Rung(double value)
    {
        if (_rungs.Length < 2) throw new InvalidOperationException("A ladder has at least two rungs.");
        var (first, last) = (_rungs[0], _rungs[^1]);
        var log = Math.Log(value);
        if (double.IsNaN(log)) return (double.NaN, "no rung");
        if (log > first.Log) return (first.Bits, FormattableString.Invariant($"< RTN-{first.Bits}"));
        if (log < last.Log) return (last.Bits, FormattableString.Invariant($"> RTN-{last.Bits}"));
        for (var i = 0; i + 1 < _rungs.Length; i++)
        {
            var (above, below) = (_rungs[i], _rungs[i + 1]);
            if (log < below.Log) continue;
            // Rungs that the regression made equal: the one with most bits, which is the gentler claim about the candidate.
            var bits = above.Log == below.Log ? below.Bits : above.Bits + (above.Log - log) / (above.Log - below.Log) * (below.Bits - above.Bits);
            return (bits, FormattableString.Invariant($"≈ RTN-{bits:0.#}"));
        }

        return (last.Bits, FormattableString.Invariant($"≈ RTN-{last.Bits}"));
    }
}
