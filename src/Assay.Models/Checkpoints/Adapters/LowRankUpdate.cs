using System.Buffers;
using System.Runtime.Intrinsics;

namespace Assay.Checkpoints.Adapters;

/// <summary>A matrix with a low-rank update, W + s·L·R, each row times a length over its own where there are learned lengths (DoRA).</summary>
/// <remarks>LoRA, Hu et al. 2021 (arXiv 2106.09685); DoRA, Liu et al. 2024 (arXiv 2402.09353), norms as peft forms them (tuners/lora/dora.py).
/// An element of L·R is one chain of fused multiply-adds over the rank, so it does not depend on what is read with it.</remarks>
internal sealed class LowRankUpdate : ComputedValues
{
    private const int Block = 512;

    private readonly Tensor inner, left, right;
    private readonly float scale;
    private readonly Tensor? lengths;
    private readonly bool byColumn;
    private readonly long rows, columns;
    private readonly int rank;
    private readonly Lazy<float[]>? heldRight;
    private readonly Lazy<float[]>? factors;

    /// <param name="inner">W, (rows, columns).</param>
    /// <param name="left">L, (rows, rank).</param>
    /// <param name="right">R, (rank, columns).</param>
    /// <param name="scale">s.</param>
    /// <param name="lengths">Learned lengths of the outputs; null for plain LoRA.</param>
    /// <param name="byColumn">Whether outputs are columns (GPT-2, embeddings): L and R are transposes then, and R is held in memory.</param>
    public LowRankUpdate(Tensor inner, Tensor left, Tensor right, float scale, Tensor? lengths, bool byColumn)
    {
        (this.inner, this.left, this.right, this.scale, this.lengths, this.byColumn) = (inner, left, right, scale, lengths, byColumn);
        (rows, columns) = (inner.Shape[0], inner.Shape[1]);
        rank = (int)left.Shape[1];
        if (byColumn)
        {
            heldRight = new Lazy<float[]>(() =>
            {
                var values = new float[right.Count];
                right.Read(0, values);
                return values;
            });
        }
        if (lengths is not null) factors = new Lazy<float[]>(Factors);
    }

    /// <summary>W.</summary>
    public Tensor Inner => inner;

    /// <summary>Whether outputs are scaled to learned lengths.</summary>
    public bool HasLengths => lengths is not null;

    public override void Read(long start, Span<float> destination)
    {
        var scaled = factors?.Value;
        ReadSum(start, destination);
        if (scaled is null) return;
        for (var i = 0; i < destination.Length; i++)
        {
            var (row, column) = Math.DivRem(start + i, columns);
            destination[i] *= scaled[byColumn ? column : row];
        }
    }

    public override void RequireOpen()
    {
        inner.RequireOpen();
        left.RequireOpen();
        right.RequireOpen();
    }

    /// <summary>W + s·L·R.</summary>
    private void ReadSum(long start, Span<float> destination)
    {
        var weights = ArrayPool<float>.Shared.Rent(rank);
        Span<float> update = stackalloc float[Block], part = stackalloc float[Block];
        try
        {
            long held = -1;
            while (!destination.IsEmpty)
            {
                var (row, column) = Math.DivRem(start, columns);
                var count = (int)Math.Min(Math.Min(Block, destination.Length), columns - column);
                if (row != held) left.Read(row * rank, weights.AsSpan(0, rank));
                held = row;
                update[..count].Clear();
                for (var k = 0; k < rank; k++)
                {
                    if (heldRight is null) right.Read(k * columns + column, part[..count]);
                    Add(weights[k], heldRight is null ? part[..count] : heldRight.Value.AsSpan((int)(k * columns + column), count), update[..count]);
                }
                inner.Read(start, destination[..count]);
                AddUpdate(scale, update[..count], destination[..count]);
                start += count;
                destination = destination[count..];
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(weights);
        }
    }

    /// <summary>y ← a·x + y, fused.</summary>
    private static void Add(float a, ReadOnlySpan<float> x, Span<float> y)
    {
        var i = 0;
        var wide = Vector256.Create(a);
        for (; i <= y.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            Vector256.FusedMultiplyAdd(wide, Vector256.Create(x[i..]), Vector256.Create(y[i..])).CopyTo(y[i..]);
        for (; i < y.Length; i++) y[i] = MathF.FusedMultiplyAdd(a, x[i], y[i]);
    }

    /// <summary>w ← s·u + w, fused; where u is 0, w stays as it is, the sign of a zero too: an adapter that adds nothing changes nothing.</summary>
    private static void AddUpdate(float s, ReadOnlySpan<float> u, Span<float> w)
    {
        var i = 0;
        var wide = Vector256.Create(s);
        for (; i <= w.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> x = Vector256.Create(u[i..]), y = Vector256.Create(w[i..]);
            Vector256.ConditionalSelect(Vector256.Equals(x, Vector256<float>.Zero), y, Vector256.FusedMultiplyAdd(wide, x, y)).CopyTo(w[i..]);
        }
        for (; i < w.Length; i++)
            if (u[i] != 0) w[i] = MathF.FusedMultiplyAdd(s, u[i], w[i]);
    }

    /// <summary>Learned length over own length, output by output; own lengths are summed in float64, in order.</summary>
    private float[] Factors()
    {
        var squares = new double[byColumn ? columns : rows];
        var row = new float[columns];
        for (long r = 0; r < rows; r++)
        {
            ReadSum(r * columns, row);
            if (byColumn)
                for (var c = 0; c < row.Length; c++) squares[c] += (double)row[c] * row[c];
            else
                foreach (var value in row) squares[r] += (double)value * value;
        }
        var result = new float[squares.Length];
        lengths!.Read(0, result);
        for (var i = 0; i < result.Length; i++) result[i] = (float)(result[i] / Math.Sqrt(squares[i]));
        return result;
    }
}
