namespace Assay.Models.Kernels;

/// <summary>Widths of the register tiles.</summary>
internal enum VectorWidth
{
    /// <summary>512 bits.</summary>
    Wide,
    /// <summary>256 bits with fused multiply-add.</summary>
    Narrow,
    /// <summary>128 bits: Arm, and x86 without fused multiply-add.</summary>
    Plain,
}
