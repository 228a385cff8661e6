using System.Runtime.Intrinsics;

namespace Assay.Models.Kernels;

/// <summary>Reads one step (32 weights that share a k) of a packed panel and widens it to float32 in registers.</summary>
/// <remarks>Types of 16 bits hold column l in the low and column l + 16 in the high half of 32-bit lane l, so that a load, a shift and a mask
/// give two vectors (engine.md).</remarks>
internal unsafe interface IPanel
{
    /// <summary>Bytes of a step.</summary>
    static abstract int Step { get; }

    /// <summary>Columns 0 … 15 and 16 … 31.</summary>
    static abstract void Load(byte* step, out Vector512<float> low, out Vector512<float> high);

    /// <summary>Columns 8·part … 8·part + 7 and those 16 further on.</summary>
    static abstract void Load(byte* step, int part, out Vector256<float> low, out Vector256<float> high);

    /// <summary>Columns 4·part … 4·part + 3 and those 16 further on.</summary>
    static abstract void Load(byte* step, int part, out Vector128<float> low, out Vector128<float> high);
}
