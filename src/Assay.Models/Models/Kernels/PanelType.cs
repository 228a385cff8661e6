namespace Assay.Models.Kernels;

/// <summary>How the weights of a packed panel are stored.</summary>
internal enum PanelType
{
    /// <summary>bfloat16, two columns a 32-bit lane.</summary>
    BFloat16,
    /// <summary>IEEE half precision, two columns a 32-bit lane.</summary>
    Float16,
    /// <summary>float32.</summary>
    Float32,
}
