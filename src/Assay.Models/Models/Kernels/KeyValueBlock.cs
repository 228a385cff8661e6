namespace Assay.Models.Kernels;

/// <summary>Keys and values of one layer and one sequence, with room for a fixed number of positions.</summary>
/// <remarks>Keys: (kv head, block of 16 positions, head size, 16), so that 16 positions are scored together; values: (kv head, position, head size).</remarks>
internal sealed unsafe class KeyValueBlock : IDisposable
{
    private readonly FloatBuffer _memory = new();

    /// <summary>Positions for which there is room: a multiple of 16.</summary>
    public int Capacity { get; private set; }

    private int HeadSize { get; set; }

    private int Heads { get; set; }

    /// <summary>Floats that so many positions take.</summary>
    public static long Floats(int heads, int headSize, int positions) => 2L * heads * headSize * RoundUp(positions);

    /// <summary>Makes room; contents are lost when it grows.</summary>
    public void Ensure(int heads, int headSize, int positions)
    {
        (Heads, HeadSize, Capacity) = (heads, headSize, RoundUp(positions));
        _memory.Ensure(Floats(heads, headSize, positions));
    }

    /// <summary>Keys of one head: (blocks, head size, 16).</summary>
    public float* Keys(int head) => _memory.Data + (long)head * Capacity * HeadSize;

    /// <summary>Values of one head: (positions, head size).</summary>
    public float* Values(int head) => _memory.Data + (long)(Heads + head) * Capacity * HeadSize;

    /// <summary>Writes one position's key and value of one head.</summary>
    public void Write(int head, int position, float* key, float* value)
    {
        var block = Keys(head) + (long)(position / 16) * HeadSize * 16;
        // The lanes of a block beyond the last position are multiplied too, and masked after: they must hold numbers, not what the memory held before.
        if (position % 16 == 0) new Span<float>(block, HeadSize * 16).Clear();
        for (var i = 0; i < HeadSize; i++) block[i * 16 + position % 16] = key[i];
        new ReadOnlySpan<float>(value, HeadSize).CopyTo(new Span<float>(Values(head) + (long)position * HeadSize, HeadSize));
    }

    public void Dispose() => _memory.Dispose();

    private static int RoundUp(int positions) => checked(positions + 15) / 16 * 16;
}
