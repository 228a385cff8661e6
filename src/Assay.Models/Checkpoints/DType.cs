namespace Assay.Checkpoints;

/// <summary>Element types of a safetensors file, by the names used there.</summary>
public enum DType
{
    /// <summary>One byte, 0 or 1. Carried, hashed and copied, not computed with.</summary>
    Bool,
    /// <summary>Unsigned 8-bit integer.</summary>
    U8,
    /// <summary>Signed 8-bit integer.</summary>
    I8,
    /// <summary>Unsigned 16-bit integer.</summary>
    U16,
    /// <summary>Signed 16-bit integer.</summary>
    I16,
    /// <summary>Unsigned 32-bit integer.</summary>
    U32,
    /// <summary>Signed 32-bit integer.</summary>
    I32,
    /// <summary>Unsigned 64-bit integer.</summary>
    U64,
    /// <summary>Signed 64-bit integer.</summary>
    I64,
    /// <summary>IEEE 754 binary16.</summary>
    F16,
    /// <summary>The upper half of a binary32.</summary>
    BF16,
    /// <summary>IEEE 754 binary32.</summary>
    F32,
    /// <summary>IEEE 754 binary64.</summary>
    F64,
    /// <summary>8-bit float, 4 exponent bits. Carried only.</summary>
    F8E4M3,
    /// <summary>8-bit float, 5 exponent bits. Carried only.</summary>
    F8E5M2,
    /// <summary>8-bit exponent. Carried only.</summary>
    F8E8M0,
    /// <summary>4-bit float, two to the byte. Carried only.</summary>
    F4,
    /// <summary>Two binary32. Carried only.</summary>
    C64,
}
