using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Assay.Directions.LinearAlgebra;

namespace Assay.Directions.Edits;

/// <summary>A linear change of what a writer hands on, y ← y − L (Rᵀ y) + c, in float64.</summary>
internal sealed class ResidualMap
{
    private ImmutableArray<float> _left, _right, _offset;
    private bool? _removesAll;

    /// <param name="width">d.</param>
    /// <param name="left">L, (k, d) row by row.</param>
    /// <param name="right">R, (k, d) row by row.</param>
    /// <param name="offset">c, (d); null for none.</param>
    public ResidualMap(int width, double[] left, double[] right, double[]? offset = null) => (Width, Left, Right, Offset) = (width, left, right, offset);

    /// <summary>d.</summary>
    public int Width { get; }

    /// <summary>k.</summary>
    public int Rank => Left.Length / Width;

    /// <summary>L, (k, d).</summary>
    public double[] Left { get; }

    /// <summary>R, (k, d).</summary>
    public double[] Right { get; }

    /// <summary>c, (d); null for none.</summary>
    public double[]? Offset { get; }

    /// <summary>Whether nothing along R is left: RᵀL = I. To apply it again then changes nothing but rounding.</summary>
    public bool RemovesAll => _removesAll ??= Removes();

    /// <summary>L rounded, for a hook.</summary>
    public ImmutableArray<float> LeftSingle => _left.IsDefault ? _left = Single(Left) : _left;

    /// <summary>R rounded, for a hook.</summary>
    public ImmutableArray<float> RightSingle => _right.IsDefault ? _right = Single(Right) : _right;

    /// <summary>c rounded, for a hook; empty for none.</summary>
    public ImmutableArray<float> OffsetSingle => _offset.IsDefault ? _offset = Offset is null ? [] : Single(Offset) : _offset;

    /// <summary>This map and then another, as one.</summary>
    /// <remarks>(I − L₂R₂ᵀ)(I − L₁R₁ᵀ) = I − L₁R₁ᵀ − L₂(R₂ − R₁L₁ᵀR₂)ᵀ.</remarks>
    public ResidualMap Then(ResidualMap next)
    {
        var right = (double[])next.Right.Clone();
        for (var j = 0; j < next.Rank; j++)
        {
            var row = right.AsSpan(j * Width, Width);
            for (var k = 0; k < Rank; k++)
                DoubleVectors.AddScaled(-DoubleVectors.Dot(Left.AsSpan(k * Width, Width), next.Right.AsSpan(j * Width, Width)), Right.AsSpan(k * Width, Width), row);
        }
        var offset = Offset is null ? next.Offset : (double[])Offset.Clone();
        if (Offset is not null)
        {
            for (var k = 0; k < next.Rank; k++)
                DoubleVectors.AddScaled(-DoubleVectors.Dot(next.Right.AsSpan(k * Width, Width), Offset), next.Left.AsSpan(k * Width, Width), offset);
            if (next.Offset is not null) DoubleVectors.AddScaled(1, next.Offset, offset);
        }
        return new ResidualMap(Width, [.. Left, .. next.Left], [.. Right, .. right], offset);
    }

    private bool Removes()
    {
        for (var j = 0; j < Rank; j++)
            for (var k = 0; k < Rank; k++)
                if (Math.Abs(DoubleVectors.Dot(Right.AsSpan(j * Width, Width), Left.AsSpan(k * Width, Width)) - (j == k ? 1 : 0)) > 1e-9) return false;
        return true;
    }

    private static ImmutableArray<float> Single(double[] values)
    {
        var result = new float[values.Length];
        for (var i = 0; i < result.Length; i++) result[i] = (float)values[i];
        return ImmutableCollectionsMarshal.AsImmutableArray(result);
    }
}
