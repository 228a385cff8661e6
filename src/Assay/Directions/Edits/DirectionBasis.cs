using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Edits;

/// <summary>Makes of a direction the maps that remove it, in float64.</summary>
internal static class DirectionBasis
{
    // A direction this close to the span of those before it adds nothing to be removed.
    private const double Dependent = 1e-6;

    /// <summary>The map that removes a direction from a writer's output.</summary>
    /// <param name="direction">Orthogonal or oblique.</param>
    /// <param name="strength">λ.</param>
    /// <param name="gain">g of the norm between the writer and the residual stream; null for none.</param>
    /// <param name="width">d.</param>
    /// <param name="what">The place, for messages.</param>
    /// <param name="withOffset">Whether the direction's offset is added, λ times.</param>
    /// <remarks>Behind a gain the stream gets g ⊙ y up to a factor, so that Vᵀ(g ⊙ y) = (g ⊙ V)ᵀy is what must vanish: orthogonally the span of g ⊙ V
    /// is removed, obliquely A ⊘ g and g ⊙ B take the places of A and B.</remarks>
    /// <exception cref="InvalidInputException">Not of this width, not finite, empty, or a gain of 0 under an oblique removal.</exception>
    public static ResidualMap Removal(Direction direction, double strength, double[]? gain, int width, string what, bool withOffset = false)
    {
        Check(direction, width);
        if (!double.IsFinite(strength)) throw new InvalidInputException($"{what}: strength {strength}; a finite number is expected. Correct the plan.");
        var vectors = Widen(direction.Vectors);
        double[] left, right;
        if (direction.Readouts.IsDefaultOrEmpty)
        {
            if (gain is not null) Multiply(vectors, gain);
            right = Orthonormal(vectors, width);
            left = (double[])right.Clone();
        }
        else
        {
            right = Dual(vectors, Widen(direction.Readouts), width, direction.Estimator);
            left = vectors;
            if (gain is not null)
            {
                if (gain.Contains(0)) throw new InvalidInputException($"{what}: the gain of the norm behind it is 0 at element {Array.IndexOf(gain, 0)}, so an oblique removal ('{direction.Estimator}') would divide by it. Remove the direction orthogonally, or leave this place out.");
                Multiply(right, gain);
                for (var i = 0; i < left.Length; i++) left[i] /= gain[i % width];
            }
        }
        for (var i = 0; i < left.Length; i++) left[i] *= strength;
        var offset = withOffset && !direction.Offset.IsDefaultOrEmpty ? [.. direction.Offset.Select(c => strength * c)] : (double[]?)null;
        return new ResidualMap(width, left, right, offset);
    }

    /// <summary>Rows made orthonormal, in order (modified Gram–Schmidt, twice); rows that depend on those before are left out.</summary>
    public static double[] Orthonormal(double[] rows, int width)
    {
        var kept = new List<double[]>();
        for (var k = 0; k < rows.Length / width; k++)
        {
            var row = rows.AsSpan(k * width, width).ToArray();
            var whole = DoubleVectors.Norm(row);
            if (whole == 0) continue;
            for (var pass = 0; pass < 2; pass++)
                foreach (var other in kept) DoubleVectors.AddScaled(-DoubleVectors.Dot(other, row), other, row);
            var rest = DoubleVectors.Norm(row);
            if (rest <= Dependent * whole) continue;
            for (var i = 0; i < width; i++) row[i] /= rest;
            kept.Add(row);
        }
        return kept.Count == 0 ? throw new InvalidInputException("A direction has no length where it is to be removed; give another.") : [.. kept.SelectMany(r => r)];
    }

    /// <summary>Readouts with the same span and BᵀA = I to float64: what is stored is rounded to float32.</summary>
    private static double[] Dual(double[] vectors, double[] readouts, int width, string estimator)
    {
        var count = vectors.Length / width;
        // Gauss–Jordan on [B Aᵀ | B] with pivots of rows.
        var rows = new double[count][];
        for (var j = 0; j < count; j++)
        {
            rows[j] = new double[count + width];
            for (var k = 0; k < count; k++) rows[j][k] = DoubleVectors.Dot(readouts.AsSpan(j * width, width), vectors.AsSpan(k * width, width));
            readouts.AsSpan(j * width, width).CopyTo(rows[j].AsSpan(count));
        }
        var largest = rows.Max(r => r.Take(count).Max(Math.Abs));
        for (var k = 0; k < count; k++)
        {
            var pivot = Enumerable.Range(k, count - k).MaxBy(j => Math.Abs(rows[j][k]));
            (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
            if (!(Math.Abs(rows[k][k]) > 1e-9 * largest))
                throw new InvalidInputException($"The read-outs of '{estimator}' are blind to its vectors (BᵀA is singular): no oblique removal exists. Estimate the direction again, or remove it orthogonally.");
            var scale = 1 / rows[k][k];
            for (var i = 0; i < rows[k].Length; i++) rows[k][i] *= scale;
            for (var j = 0; j < count; j++)
                if (j != k) DoubleVectors.AddScaled(-rows[j][k], rows[k], rows[j]);
        }
        return [.. rows.SelectMany(r => r.Skip(count))];
    }

    private static void Check(Direction direction, int width)
    {
        var (vectors, readouts, offset) = (direction.Vectors, direction.Readouts, direction.Offset);
        if (vectors.IsDefaultOrEmpty || vectors.Length % width != 0 || !(readouts.IsDefaultOrEmpty || readouts.Length == vectors.Length) || !(offset.IsDefaultOrEmpty || offset.Length == width))
            throw new InvalidInputException($"Direction '{direction.Estimator}' has {Length(vectors)} elements, {Length(readouts)} of read-outs and {Length(offset)} of an offset; " +
                $"the model's residual stream is {width} wide. It was found on another model.");
        if (vectors.Concat(readouts.IsDefault ? [] : readouts).Concat(offset.IsDefault ? [] : offset).Any(x => !float.IsFinite(x)))
            throw new InvalidInputException($"Direction '{direction.Estimator}' has elements that are no finite numbers. Estimate it again.");

        static int Length(ImmutableArray<float> values) => values.IsDefault ? 0 : values.Length;
    }

    private static double[] Widen(ImmutableArray<float> values) => [.. values.Select(v => (double)v)];

    private static void Multiply(double[] rows, double[] gain)
    {
        for (var i = 0; i < rows.Length; i++) rows[i] *= gain[i % gain.Length];
    }
}
