namespace Assay.Checkpoints;

/// <summary>Element types, by the names used in safetensors and GGUF files.</summary>
/// <remarks>Block types, from <see cref="Q4_0"/> on, hold 32 or 256 elements of a row together (ggml, ggml-common.h).</remarks>
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
    /// <summary>GGUF: 32 elements of 4 bits, one scale.</summary>
    Q4_0,
    /// <summary>GGUF: 32 elements of 4 bits, scale and minimum.</summary>
    Q4_1,
    /// <summary>GGUF: 32 elements of 5 bits, one scale.</summary>
    Q5_0,
    /// <summary>GGUF: 32 elements of 5 bits, scale and minimum.</summary>
    Q5_1,
    /// <summary>GGUF: 32 elements of 8 bits, one scale.</summary>
    Q8_0,
    /// <summary>GGUF: 256 elements of 2 bits, 16 scales and minima of 4 bits.</summary>
    Q2_K,
    /// <summary>GGUF: 256 elements of 3 bits, 16 scales of 6 bits.</summary>
    Q3_K,
    /// <summary>GGUF: 256 elements of 4 bits, 8 scales and minima of 6 bits.</summary>
    Q4_K,
    /// <summary>GGUF: 256 elements of 5 bits, 8 scales and minima of 6 bits.</summary>
    Q5_K,
    /// <summary>GGUF: 256 elements of 6 bits, 16 scales of 8 bits.</summary>
    Q6_K,
    /// <summary>GGUF: 32 elements of 4 bits on uneven levels, one scale.</summary>
    IQ4_NL,
    /// <summary>GGUF: 256 elements of 4 bits on uneven levels, 8 scales of 6 bits.</summary>
    IQ4_XS,
    /// <summary>GGUF: 256 elements in fours from a code book of 512, 8 scales.</summary>
    IQ3_S,
    /// <summary>GGUF: 256 elements in fours from a code book of 256, 8 scales.</summary>
    IQ3_XXS,
    /// <summary>GGUF: 256 elements in eights from a code book of 256, 8 scales.</summary>
    IQ2_XXS,
    /// <summary>GGUF: 256 elements in eights from a code book of 512, 16 scales.</summary>
    IQ2_XS,
    /// <summary>GGUF: 256 elements in eights from a code book of 1,024, 16 scales.</summary>
    IQ2_S,
    /// <summary>GGUF: 256 elements in eights from a code book of 2,048, 8 scales.</summary>
    IQ1_S,
    /// <summary>GGUF: 256 elements in eights from a code book of 2,048, 16 scales.</summary>
    IQ1_M,
    /// <summary>GGUF: 32 elements of 4-bit floats, one power of two as scale (OCP MX).</summary>
    MXFP4,
    /// <summary>GGUF: 256 elements of −1, 0 or 1, five to the byte, one scale.</summary>
    TQ1_0,
    /// <summary>GGUF: 256 elements of −1, 0 or 1 (or 2), four to the byte, one scale.</summary>
    TQ2_0,
}
