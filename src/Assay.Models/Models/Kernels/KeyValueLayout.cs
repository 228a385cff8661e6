using System.Runtime.CompilerServices;

namespace Assay.Models.Kernels;

/// <summary>Where keys and values of one layer stand in a page of 64 positions.</summary>
/// <remarks>A page: for each key-value head two panels of 32 keys, (key width, 32); then for each head the values in chunks of 32 columns,
/// (chunk, 64 positions, 32). Both are panels as <see cref="ProductTiles"/> reads them: scores and mixtures are products like any other.</remarks>
internal sealed unsafe class KeyValueLayout
{
    /// <summary>Positions of a page.</summary>
    public const int Positions = 64;

    public KeyValueLayout(AttentionSpec spec)
    {
        Heads = spec.Delta is null ? spec.KeyValueHeads : 0; // A recurrent layer keeps a state instead.
        KeyWidth = spec.HeadSize;
        ValueWidth = spec.ValueSize;
        ValueChunks = (ValueWidth + ProductTiles.Columns - 1) / ProductTiles.Columns;
    }

    public int Heads { get; }

    public int KeyWidth { get; }

    public int ValueWidth { get; }

    /// <summary>Chunks of 32 columns that a value takes.</summary>
    public int ValueChunks { get; }

    /// <summary>Floats of a page.</summary>
    public long PageFloats => (long)Heads * Positions * (KeyWidth + ValueChunks * ProductTiles.Columns);

    /// <summary>Pages that so many positions take.</summary>
    public static int Pages(int positions) => (positions + Positions - 1) / Positions;

    /// <summary>The panel, (key width, 32), of keys 32·(position / 32) … of a head.</summary>
    public float* Keys(float* page, int head, int position) =>
        page + (((long)head * Positions) + (position % Positions / ProductTiles.Columns * ProductTiles.Columns)) * KeyWidth;

    /// <summary>The rows from a position on, (…, 32), of one chunk of a head's values.</summary>
    public float* Values(float* page, int head, int chunk, int position) =>
        page + (long)Heads * Positions * KeyWidth + (((long)head * ValueChunks + chunk) * Positions + position % Positions) * ProductTiles.Columns;

    /// <summary>Writes one position's key and value of one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(float* page, int head, int position, float* key, float* value)
    {
        var keys = Keys(page, head, position) + position % ProductTiles.Columns;
        for (var i = 0; i < KeyWidth; i++) keys[i * ProductTiles.Columns] = key[i];
        for (var chunk = 0; chunk < ValueChunks; chunk++)
        {
            var width = Math.Min(ProductTiles.Columns, ValueWidth - chunk * ProductTiles.Columns);
            new ReadOnlySpan<float>(value + chunk * ProductTiles.Columns, width).CopyTo(new Span<float>(Values(page, head, chunk, position), width));
        }
    }

    /// <summary>Copies the first positions of a page, all heads, onto another; what stands behind them there stays.</summary>
    public void Copy(float* from, float* to, int positions)
    {
        for (var head = 0; head < Heads; head++)
        {
            for (var first = 0; first < positions; first += ProductTiles.Columns)
            {
                float* source = Keys(from, head, first), target = Keys(to, head, first);
                var columns = Math.Min(ProductTiles.Columns, positions - first);
                if (columns == ProductTiles.Columns)
                {
                    new ReadOnlySpan<float>(source, KeyWidth * columns).CopyTo(new Span<float>(target, KeyWidth * columns));
                    continue;
                }

                for (var i = 0; i < KeyWidth * ProductTiles.Columns; i += ProductTiles.Columns) new ReadOnlySpan<float>(source + i, columns).CopyTo(new Span<float>(target + i, columns));
            }

            for (var chunk = 0; chunk < ValueChunks; chunk++)
                new ReadOnlySpan<float>(Values(from, head, chunk, 0), positions * ProductTiles.Columns).CopyTo(new Span<float>(Values(to, head, chunk, 0), positions * ProductTiles.Columns));
        }
    }
}
