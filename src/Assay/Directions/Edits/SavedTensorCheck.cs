using System.Numerics.Tensors;
using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;
using Tensor = Assay.Checkpoints.Tensor;

namespace Assay.Directions.Edits;

/// <summary>Holds a tensor of a saved file against what was promised.</summary>
internal static class SavedTensorCheck
{
    /// <summary>Reads both, row by row.</summary>
    /// <param name="saved">From the file.</param>
    /// <param name="promised">Computed anew.</param>
    /// <param name="problems">Where it is told what does not hold.</param>
    /// <param name="cancellation">Honoured between rows.</param>
    public static EditedTensorCheck Compare(Tensor saved, EditedTensor promised, ProblemList problems, CancellationToken cancellation)
    {
        var width = saved.Shape.Length == 0 ? 1 : checked((int)saved.Shape[^1]);
        var (single, row, wanted, before) = (new float[width], new double[width], new double[width], new double[width]);
        var map = promised.Change?.Map;
        var right = map is null ? null : DirectionBasis.Orthonormal(map.Right, map.Width);
        var rows = promised.Change?.Axis == ResidualAxis.Rows ? (int)saved.Shape[^2] : 0;
        var products = right is not null && rows > 0 ? new double[checked(right.Length / rows * width)] : [];
        double difference = 0, stored = 0, change = 0, original = 0, left = 0;
        for (long index = 0; index < saved.Count / width; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            EditedTensor.ReadRow(saved, index, single, row);
            EditedTensor.ReadRow(promised.Source, index, single, before);
            promised.Read(index * width, wanted);
            stored += DoubleVectors.Dot(row, row);
            original += DoubleVectors.Dot(before, before);
            if (right is not null && rows == 0)
            {
                for (var k = 0; k < right.Length / width; k++) left += Square(DoubleVectors.Dot(right.AsSpan(k * width, width), row));
            }
            else if (right is not null)
            {
                var i = (int)(index % rows);
                for (var k = 0; k < right.Length / rows; k++) DoubleVectors.AddScaled(right[k * rows + i], row, products.AsSpan(k * width, width));
                if (i == rows - 1)
                {
                    left += DoubleVectors.Dot(products, products);
                    products.AsSpan().Clear();
                }
            }
            TensorPrimitives.Subtract(row, wanted, row);
            TensorPrimitives.Subtract(wanted, before, before);
            difference += DoubleVectors.Dot(row, row);
            change += DoubleVectors.Dot(before, before);
        }
        var (error, rest) = (Ratio(difference, stored), Ratio(left, stored));
        // Rounding near 0 is of an absolute size.
        var allowed = StoredValues.Tolerance(saved.DType) + (stored > 0 ? StoredValues.Smallest(saved.DType) * Math.Sqrt(saved.Count / stored) : 0);
        var removesAll = map is not null && promised.Change!.Added is null && map.RemovesAll;
        if (!(error <= allowed)) problems.Add($"tensor {ProblemList.Quote(saved.Name)}: the saved values differ from the promised ones by {error:e2} of their size; rounding to {saved.DType.FormatName()} explains {allowed:e2}.");
        if (removesAll && !(rest <= allowed)) problems.Add($"tensor {ProblemList.Quote(saved.Name)}: {rest:e2} of its size lies still along the removed direction; rounding to {saved.DType.FormatName()} explains {allowed:e2}.");
        return new EditedTensorCheck(saved.Name, saved.DType, promised.Change?.Layer ?? -1, promised.Change?.Writer ?? default, Ratio(change, original), error, removesAll ? rest : null, promised.NotRescaled);
    }

    private static double Square(double x) => x * x;

    private static double Ratio(double part, double whole) => part == 0 ? 0 : Math.Sqrt(part / whole);
}
