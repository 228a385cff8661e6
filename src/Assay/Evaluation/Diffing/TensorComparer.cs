using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Finds out what happened to one tensor: sums first, then changes that can be done again element by element, then the spectrum.</summary>
internal sealed class TensorComparer(WorkTeam team, CancellationToken cancellation)
{
    private const int LongestSide = 1 << 22;
    private const int MostVectors = 8;
    private const int ShortVector = 1024;
    private const int FirstTestVectors = 64;
    private const int MoreTestVectors = 192;
    private const double FewRows = 1.0 / 8;

    // Of independent entries the largest singular value is within a few hundredths of the edge already at a side of 64.
    private const double Independent = 1.1;
    private const double Gap = 1.5;

    /// <summary>Compares two tensors of one shape that are known to differ in type or bytes; a tensor of several experts gives one difference each.</summary>
    /// <param name="about">Name, place, shape and types.</param>
    /// <param name="original">The base's.</param>
    /// <param name="changed">The candidate's.</param>
    public IEnumerable<TensorDifference> Compare(TensorDifference about, Tensor original, Tensor changed)
    {
        about = about with { Cosine = double.NaN };
        if (!original.DType.IsNumeric() || !changed.DType.IsNumeric())
            return [about with { Kind = ChangeKind.Opaque, Detail = $"differs; {about.BaseType} is not computed with", Norm = double.NaN, BaseNorm = double.NaN }];
        if (original.Count == 0) return [about with { Kind = ChangeKind.Converted, Detail = $"empty, {about.BaseType} → {about.CandidateType}" }];
        var shape = original.Shape;
        // Fused experts: one matrix each.
        if (shape.Length == 3 && shape[1] > 1 && shape[2] > 1 && shape[1] <= LongestSide && shape[2] <= LongestSide && shape[0] <= 4096)
        {
            return Enumerable.Range(0, (int)shape[0]).Select(e => Slice(about with { Name = $"{about.Name}[{e}]", Shape = [shape[1], shape[2]],
                Elements = shape[1] * shape[2] },
                new MatrixPair(original, changed, e * shape[1] * shape[2], (int)shape[1], (int)shape[2])));
        }

        var (rows, columns) = shape.Length >= 2 ? (shape[0], original.Count / shape[0]) : (1, original.Count);
        if (rows > LongestSide || columns > LongestSide) (rows, columns) = (1, original.Count);
        if (columns > Array.MaxLength) return [about with { Kind = ChangeKind.Opaque, Detail = $"differs; {original.Count} elements in a row are not analysed", Norm = double.NaN, BaseNorm = double.NaN }];
        return [Slice(about, new MatrixPair(original, changed, 0, (int)rows, (int)columns))];
    }

    /// <summary>Compares two tensors once the base's is put in the candidate's order, which all tensors of a group share.</summary>
    /// <param name="about">Name, place, shape and types.</param>
    /// <param name="original">The base's.</param>
    /// <param name="changed">The candidate's.</param>
    /// <param name="order">Where rows and columns come from.</param>
    public TensorDifference Ordered(TensorDifference about, Tensor original, Tensor changed, Rearrangement order)
    {
        var columns = (int)(original.Shape.Length == 0 ? 1 : original.Shape[^1]);
        var pair = new MatrixPair(original, changed, 0, (int)(original.Count / columns), columns);
        return Beneath(Summed(about, pair, ElementStatistics.Of(pair, team, cancellation)), about, pair, order, ChangeKind.Permuted);
    }

    private static TensorDifference Summed(TensorDifference about, MatrixPair pair, ElementStatistics sums) => about with
    {
        Changed = sums.Changed,
        ChangedRows = pair.Rows > 1 && pair.Columns > 1 ? sums.ChangedRows : null,
        BaseNorm = Math.Sqrt(sums.Base),
        Norm = Math.Sqrt(sums.Difference),
        Cosine = sums.Base > 0 && sums.Candidate > 0 ? sums.Product / Math.Sqrt(sums.Base * sums.Candidate) : double.NaN,
        LargestDifference = sums.LargestDifference,
        RoundingNorm = Math.Sqrt(sums.Noise),
    };

    /// <summary>Lines that moved, and what differs once they are put back.</summary>
    private TensorDifference Beneath(TensorDifference result, TensorDifference about, MatrixPair pair, Rearrangement order, ChangeKind kind)
    {
        var rest = Slice(about with { Source = null }, pair.With(order), ordered: true);
        return result with
        {
            Kind = kind, Moves = order, Rest = rest.Changed == 0 ? null : rest,
            Detail = $"{(kind == ChangeKind.Permuted ? $"{order.What} in another order" : order.ToString())}; "
                + (rest.Changed == 0 ? "every value is equal" : $"besides: {rest.Detail}"),
        };
    }

    private TensorDifference Slice(TensorDifference about, MatrixPair pair, bool ordered = false)
    {
        var sums = ElementStatistics.Of(pair, team, cancellation);
        var matrix = pair.Rows > 1 && pair.Columns > 1;
        var result = Summed(about, pair, sums);
        if (sums.Changed == 0)
            return result.BaseType == result.CandidateType ? result : result with { Kind = ChangeKind.Converted, Detail = $"{result.BaseType} → {result.CandidateType}, no value changed" };
        if (!double.IsFinite(sums.Difference))
        {
            // What else was done must not hide behind a NaN.
            var rest = Slice(about, pair.Masked(), ordered);
            if (rest.Changed == sums.Changed) return rest;
            return result with
            {
                Kind = ChangeKind.NonFinite, Rest = rest.Changed == 0 ? null : rest, Cosine = rest.Cosine,
                Detail = $"{sums.NonFinite} elements are NaN or infinite that were not, or numbers that were"
                    + (rest.Changed == 0 ? "" : $"; besides: {rest.Detail}"),
            };
        }

        if (matrix && !ordered && LineMoves.Find(pair, sums, team, cancellation) is { } moves) return Beneath(result, about, pair, moves, ChangeKind.Moved);
        return Replayed(result, pair, sums) ?? Structured(result, pair, sums, matrix);
    }

    /// <summary>Changes that are recognised by doing them again.</summary>
    private TensorDifference? Replayed(TensorDifference result, MatrixPair pair, ElementStatistics sums)
    {
        if (pair.Columns > LineTest.LongestLine || pair.Rows > LineTest.LongestLine) return null;
        var rows = LineTest.Draw(pair, columns: false);
        if (RoundTrip(result, pair, rows) is { } trip) return trip;
        if (sums.Zeroed == sums.Changed)
            return result with { Kind = ChangeKind.Pruned, Detail = $"{sums.Changed} of {result.Elements} elements set to 0, the others untouched" };
        var columns = pair.Rows > 1 ? LineTest.Draw(pair, columns: true) : null;
        return Scaled(result, pair, sums, rows, columns) ?? Quantised(result, pair, sums, rows, columns);
    }

    private TensorDifference? RoundTrip(TensorDifference result, MatrixPair pair, LineTest.Sample rows)
    {
        var grids = new[] { pair.Grid, FloatFormat.Half, FloatFormat.BFloat16, FloatFormat.Single, FloatFormat.E4M3, FloatFormat.E5M2 };
        foreach (var through in grids.Distinct())
        {
            if (through.Precision >= pair.BaseGrid.Precision && through.LeastExponent <= pair.BaseGrid.LeastExponent) continue;
            var replay = new RoundTripReplay(through, pair.Grid);
            if (LineTest.OnSample(replay, rows, pair.Grid) < 1 || !Holds(replay, pair)) continue;
            return result with
            {
                Kind = through == pair.Grid && pair.Grid != pair.BaseGrid ? ChangeKind.Converted : ChangeKind.RoundTrip,
                Through = through.Name,
                Detail = through == pair.Grid && pair.Grid != pair.BaseGrid ? $"{result.BaseType} → {result.CandidateType}, {result.Changed} values rounded"
                    : $"round trip through {through.Name}: {result.Changed} of {result.Elements} values were rounded on the way",
            };
        }

        return null;
    }

    private TensorDifference? Scaled(TensorDifference result, MatrixPair pair, ElementStatistics sums, LineTest.Sample rows, LineTest.Sample? columns)
    {
        if (sums.Base > 0 && sums.Product != 0)
        {
            var (factor, spread) = (sums.Product / sums.Base, Math.Sqrt(sums.WeightedNoise) / sums.Base);
            var replay = new ScaleReplay(factor, spread, false, pair.Grid);
            if (LineTest.OnSample(replay, rows, pair.Grid) >= replay.Required && Holds(replay, pair))
                return result with { Kind = ChangeKind.Scaled, Factor = factor, Detail = FormattableString.Invariant($"every element times {factor:g4}") };
        }

        if (pair.Rows == 1)
        {
            if (rows.Original[0].Length < 8) return null;
            var (factor, spread) = ScaleReplay.Fit(rows.Original[0], rows.Changed[0], 1, pair.Grid);
            var replay = new ScaleReplay(factor, spread, true, pair.Grid);
            return LineTest.OnSample(replay, rows, pair.Grid) >= replay.Required
                ? result with { Kind = ChangeKind.Scaled, Factor = factor, Detail = FormattableString.Invariant($"1 + every element times {factor:g4}") }
                : null;
        }

        foreach (var (sample, byColumn) in new[] { (rows, false), (columns!, true) })
        {
            if (sample.Original[0].Length < 8) continue;
            var replay = new ScaleReplay(null, 0, false, pair.Grid) { Columns = byColumn };
            if (LineTest.OnSample(replay, sample, pair.Grid) >= replay.Required && Holds(replay, pair))
                return result with { Kind = ChangeKind.Scaled, Detail = $"every {(byColumn ? "column" : "row")} times a factor of its own" };
        }

        return null;
    }

    private TensorDifference? Quantised(TensorDifference result, MatrixPair pair, ElementStatistics sums, LineTest.Sample rows, LineTest.Sample? columns)
    {
        if (result.Elements < 64) return null;
        QuantisationReplay? best = null;
        double share = 0;
        foreach (var replay in QuantisationReplay.All(sums.LargestBase, sums.Range))
        {
            if ((replay.Columns ? columns : rows) is not { } sample || LineTest.OnSample(replay, sample, pair.Grid) is not (var hit and > 0) || hit <= share) continue;
            (best, share) = (replay, hit);
        }

        if (best is not null && share >= best.Required && LineTest.OnAll(best, pair, team, cancellation) is var (missed, evidence) && missed <= (1 - best.Required) * evidence)
            return result with { Kind = ChangeKind.Quantised, Format = best.Format, Detail = FormattableString.Invariant($"rounded to nearest on {best.Format}; {100 * (1 - (double)missed / evidence):0.##} % of the changed elements come out as foretold") };
        return LevelCount.Find(pair, rows, team, cancellation) is { } format
            ? result with { Kind = ChangeKind.Quantised, Format = format, Detail = $"quantised, {format}, not by rounding the base to nearest" }
            : null;
    }

    private bool Holds(LineReplay replay, MatrixPair pair)
    {
        var (missed, evidence) = LineTest.OnAll(replay, pair, team, cancellation);
        return evidence > 0 && missed <= (1 - replay.Required) * evidence;
    }

    private TensorDifference Structured(TensorDifference result, MatrixPair pair, ElementStatistics sums, bool matrix)
    {
        if (!matrix)
        {
            var whole = new double[pair.Rows * pair.Columns <= 1 << 20 ? pair.Rows * pair.Columns : 0];
            for (var row = 0; whole.Length > 0 && row < pair.Rows; row++) pair.Difference.Read(row, 0, whole.AsSpan(row * pair.Columns, pair.Columns));
            for (var i = 0; i < whole.Length; i++) whole[i] /= result.Norm;
            // Twice the rounding's norm: a direction made of rounding errors is none.
            return result with
            {
                Kind = ChangeKind.Dense,
                Detail = $"{sums.Changed} of {result.Elements} elements differ",
                Right = whole.Length > 0 && sums.Difference > 4 * sums.Noise ? [whole] : [],
            };
        }

        var solved = SpectrumSolver.Solve(pair.Difference, MostVectors, FirstTestVectors, team, cancellation);
        var spectrum = Read(solved, pair, sums);
        // Worth a search three times as dear where the directions found hold most of the energy.
        if (spectrum.RankIsLowerBound && spectrum.EnergyOutside < .5)
        {
            solved = SpectrumSolver.Solve(pair.Difference, MostVectors, MoreTestVectors, team, cancellation);
            spectrum = Read(solved, pair, sums);
        }

        var above = Math.Max(1, spectrum.Rank);
        result = result with { Spectrum = spectrum, Left = Kept(solved.Left, above, ResidualSide.Left, result.Place), Right = Kept(solved.Right, above, ResidualSide.Right, result.Place) };
        var outside = spectrum.EnergyOutside * sums.Difference;
        if (spectrum.Rank == 0 && sums.Difference <= 3 * sums.Noise)
        {
            return result with
            {
                Kind = ChangeKind.WithinRounding, Left = [], Right = [],
                Detail = $"{sums.Changed} of {result.Elements} elements differ, no more than rounding to {result.CandidateType} explains",
            };
        }

        if (sums.ChangedRows <= FewRows * pair.Rows)
        {
            return result with
            {
                Kind = ChangeKind.FewRows,
                Detail = $"{sums.ChangedRows} of {pair.Rows} rows differ: {string.Join(", ", sums.FirstRows.Take(8))}{(sums.ChangedRows > 8 ? ", …" : "")}",
            };
        }

        // Noise a little larger than rounding has singular values above its edge, too: those go on below without a gap, and none stands out from independent entries.
        var apart = spectrum.OverIndependent >= Independent || spectrum.Rank < solved.Values.Length && solved.Values[Math.Max(0, spectrum.Rank - 1)] > Gap * solved.Values[spectrum.Rank];
        var low = apart && !spectrum.RankIsLowerBound && spectrum.Rank > 0 && 2 * spectrum.Rank <= Math.Min(pair.Rows, pair.Columns) && outside <= Math.Max(2 * sums.Noise, 1e-9 * sums.Difference);
        var removal = DirectionRemoval.Find(pair, solved, Math.Min(spectrum.Rank, solved.Left.Length), sums, team, cancellation);
        // On the other side of a matrix whose role is known it is no direction of the residual stream.
        if (removal is not null && result.Place.Role is not null && result.Place.Side != ResidualSide.None && removal.Side != result.Place.Side) removal = null;
        if (removal is null or { Replays: false } && !low && HasNothingInCommon(result, pair, sums))
        {
            return result with
            {
                Kind = ChangeKind.Replaced, Left = [], Right = [],
                Detail = FormattableString.Invariant(
                    $"nothing in common with the base's: cosine {result.Cosine:0.####}, and no row or column is one of the base's"),
            };
        }

        if (removal is not null)
        {
            return result with
            {
                Kind = ChangeKind.Orthogonalised, Removal = removal,
                Detail = Removed(removal) + (removal.Replays ? "" : FormattableString.Invariant(
                    $"; {100 * removal.Left:0.##} % of the difference's energy is something else")),
            };
        }

        return low
            ? result with { Kind = ChangeKind.LowRank, Detail = FormattableString.Invariant($"rank {spectrum.Rank} added; the rest, {100 * spectrum.EnergyOutside:0.##} % of the energy, is rounding") }
            : result with
            {
                Kind = ChangeKind.Dense,
                Detail = $"{sums.Changed} of {result.Elements} elements differ; effective rank {(spectrum.RankIsLowerBound ? "at least " : "")}{spectrum.Rank}"
                    + (spectrum.OverIndependent < Independent ? ", flat as independent noise" : ""),
            };
    }

    // Independent values of mean 0 have a cosine of deviation 1/√n; of a hundredth, a ten-thousandth of the energy is common.
    private static bool HasNothingInCommon(TensorDifference result, MatrixPair pair, ElementStatistics sums) =>
        result.Elements >= 256 && Math.Abs(result.Cosine) <= Math.Max(6 / Math.Sqrt(result.Elements), .01) && sums.ChangedRows > (1 - FewRows) * pair.Rows;

    private static string Removed(DirectionRemoval removal) => (removal.Directions == 1 ? "a " : $"{removal.Directions} ")
        + (removal.Side == ResidualSide.Left ? "left" : "right") + (removal.Directions == 1 ? " direction" : " directions")
        + FormattableString.Invariant($" removed with strength {removal.Strength:0.###}; {100 * removal.Remaining:0.#} % of the base's component remains");

    /// <summary>Vectors that outlive the pair: of a large model's hundreds of tensors only those that a common direction may be found in.</summary>
    private static double[][] Kept(double[][] vectors, int rank, ResidualSide side, TensorPlace place)
    {
        if (vectors.Length == 0) return [];
        var most = vectors[0].Length <= ShortVector ? MostVectors : place.Role is null || place.Side == side ? CommonDirectionFinder.MostVectors : 1;
        return [.. vectors.Take(Math.Min(rank, most))];
    }

    private static DifferenceSpectrum Read(Spectrum solved, MatrixPair pair, ElementStatistics sums)
    {
        var (m, n) = (pair.Rows, pair.Columns);
        // Below this, singular values are rounding of this program's own sums.
        var edge = Math.Max(sums.NoiseEdge * RankMargin, 1e-7 * solved.Values[0]);
        var rank = solved.Values.Count(v => v > edge);
        var bounded = !solved.Exact && rank > solved.Values.Length - SpectrumSolver.Oversampling;
        double inside = 0;
        foreach (var value in solved.Values.AsSpan(0, rank)) inside += value * value;
        return new DifferenceSpectrum([.. solved.Values.Take(16)], rank, bounded, sums.NoiseEdge, sums.Difference / (solved.Values[0] * solved.Values[0]), Math.Max(0, 1 - inside / sums.Difference),
            sums.Noise / sums.Difference, solved.Values[0] / (Math.Sqrt(sums.Difference) * (1 / Math.Sqrt(m) + 1 / Math.Sqrt(n))), solved.Exact, solved.TestVectors);
    }

    // Errors of rounding are not quite independent of what is rounded; a twentieth above the edge covers it.
    private const double RankMargin = 1.05;
}
