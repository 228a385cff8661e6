using System.Collections.Immutable;
using System.Numerics.Tensors;
using Assay.Checkpoints;
using Assay.Directions.Capture;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Estimators;

/// <summary>A way to find a direction in the activations of a contrast set.</summary>
public abstract class DirectionEstimator
{
    /// <summary>As the command line and files spell it.</summary>
    public abstract string Name { get; }

    /// <summary>Where it was published.</summary>
    public abstract string Source { get; }

    /// <summary>One sentence that says what it finds.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether it looks at pairs, so that it matters whether they are real.</summary>
    public virtual bool UsesPairs => false;

    /// <summary>Finds components.</summary>
    /// <exception cref="InvalidInputException">The samples do not determine any.</exception>
    public abstract EstimatedComponents Fit(ContrastRows rows);

    /// <summary>Finds a direction.</summary>
    /// <param name="rows">Activations of the direction split.</param>
    /// <param name="place">Where they were taken; null for samples from elsewhere.</param>
    /// <exception cref="InvalidInputException">The samples do not determine any.</exception>
    public Direction Estimate(ContrastRows rows, ActivationPlace? place = null) => ToDirection(Fit(rows), place);

    /// <summary>Components as they are removed: orthonormal rows, or read-outs of unit length with the vectors dual to them and the offset A Bᵀ μ.</summary>
    internal Direction ToDirection(EstimatedComponents found, ActivationPlace? place)
    {
        if (found.Readouts is null)
            return new Direction { Estimator = Name, Vectors = Flat(Orthonormal(found.Vectors)), Site = place?.Site, Position = place?.Position };
        if (found.Vectors.Count != 1) throw new NotSupportedException("Read-outs are removed one at a time.");
        var (vector, readout) = ((double[])found.Vectors[0].Clone(), (double[])found.Readouts[0].Clone());
        Normalise(readout);
        var dual = DoubleVectors.Dot(readout, vector);
        if (!(Math.Abs(dual) > 1e-12 * DoubleVectors.Norm(vector))) throw Undetermined("the read-out is orthogonal to the difference of means");
        for (var j = 0; j < vector.Length; j++) vector[j] /= dual;
        var offset = Array.Empty<double>();
        if (found.Mean is { } mean)
        {
            var along = DoubleVectors.Dot(readout, mean);
            offset = [.. vector.Select(a => a * along)];
        }

        return new Direction { Estimator = Name, Vectors = Flat([vector]), Readouts = Flat([readout]), Offset = [.. offset.Select(c => (float)c)], Site = place?.Site, Position = place?.Position };
    }

    /// <summary>An orthonormal basis of the vectors' span, in their order.</summary>
    /// <remarks>Gram-Schmidt, each vector twice: Giraud, Langou and Rozložník 2005, "The loss of orthogonality in the Gram-Schmidt orthogonalization process".</remarks>
    internal IReadOnlyList<double[]> Orthonormal(IReadOnlyList<double[]> vectors)
    {
        var basis = new List<double[]>();
        foreach (var vector in vectors)
        {
            var rest = (double[])vector.Clone();
            Normalise(rest);
            for (var round = 0; round < 2; round++)
            {
                foreach (var other in basis) TensorPrimitives.FusedMultiplyAdd(other, -DoubleVectors.Dot(other, rest), rest, rest);
                if (!(DoubleVectors.Norm(rest) > 1e-10)) throw Undetermined($"component {basis.Count + 1} lies in the span of those before it");
                Normalise(rest);
            }

            basis.Add(rest);
        }

        return basis;
    }

    /// <summary>The error of samples that determine no direction.</summary>
    protected InvalidInputException Undetermined(string why) => new($"{Name}: {why}; the two sides of the contrast set do not determine a direction here. Take another place, or more and different prompts.");

    private void Normalise(double[] vector)
    {
        var length = DoubleVectors.Norm(vector);
        if (!(length > 0) || !double.IsFinite(length)) throw Undetermined("the vector found has no length");
        TensorPrimitives.Divide(vector, length, vector);
    }

    private static ImmutableArray<float> Flat(IReadOnlyList<double[]> rows) => [.. rows.SelectMany(r => r).Select(x => (float)x)];
}
