namespace Assay.Checkpoints;

/// <summary>Names and sizes of element types.</summary>
public static class DTypeFormat
{
    // Bytes of a block and its elements; 4-bit floats are blocks of two.
    private static readonly (DType DType, string Name, int Bytes, int Elements)[] Table =
    [
        (DType.Bool, "BOOL", 1, 1), (DType.U8, "U8", 1, 1), (DType.I8, "I8", 1, 1), (DType.U16, "U16", 2, 1), (DType.I16, "I16", 2, 1),
        (DType.U32, "U32", 4, 1), (DType.I32, "I32", 4, 1), (DType.U64, "U64", 8, 1), (DType.I64, "I64", 8, 1),
        (DType.F16, "F16", 2, 1), (DType.BF16, "BF16", 2, 1), (DType.F32, "F32", 4, 1), (DType.F64, "F64", 8, 1),
        (DType.F8E4M3, "F8_E4M3", 1, 1), (DType.F8E5M2, "F8_E5M2", 1, 1), (DType.F8E8M0, "F8_E8M0", 1, 1), (DType.F4, "F4", 1, 2), (DType.C64, "C64", 8, 1),
        (DType.Q4_0, "Q4_0", 18, 32), (DType.Q4_1, "Q4_1", 20, 32), (DType.Q5_0, "Q5_0", 22, 32), (DType.Q5_1, "Q5_1", 24, 32), (DType.Q8_0, "Q8_0", 34, 32),
        (DType.Q2_K, "Q2_K", 84, 256), (DType.Q3_K, "Q3_K", 110, 256), (DType.Q4_K, "Q4_K", 144, 256), (DType.Q5_K, "Q5_K", 176, 256), (DType.Q6_K, "Q6_K", 210, 256),
        (DType.IQ4_NL, "IQ4_NL", 18, 32), (DType.IQ4_XS, "IQ4_XS", 136, 256), (DType.IQ3_S, "IQ3_S", 110, 256), (DType.IQ3_XXS, "IQ3_XXS", 98, 256),
        (DType.IQ2_XXS, "IQ2_XXS", 66, 256), (DType.IQ2_XS, "IQ2_XS", 74, 256), (DType.IQ2_S, "IQ2_S", 82, 256), (DType.IQ1_S, "IQ1_S", 50, 256),
            (DType.IQ1_M, "IQ1_M", 56, 256),
        (DType.MXFP4, "MXFP4", 17, 32), (DType.TQ1_0, "TQ1_0", 54, 256), (DType.TQ2_0, "TQ2_0", 66, 256),
    ];

    /// <summary>All names in safetensors files, for error texts.</summary>
    internal static string Names => string.Join(", ", Table.Where(row => !row.DType.IsBlock()).Select(row => row.Name));

    /// <summary>The name in a file's header, as <c>BF16</c> or <c>Q8_0</c>.</summary>
    public static string FormatName(this DType dtype) => Row(dtype).Name;

    /// <summary>Bits of one element; 4 for <see cref="DType.F4"/>; of a block type the average, scales included, rounded up.</summary>
    public static int Bits(this DType dtype) => (Row(dtype).Bytes * 8 + Row(dtype).Elements - 1) / Row(dtype).Elements;

    /// <summary>Whether <see cref="Tensor.Read"/> converts it to numbers; other types are carried, hashed and copied only.</summary>
    public static bool IsNumeric(this DType dtype) => dtype is not (DType.Bool or DType.F8E4M3 or DType.F8E5M2 or DType.F8E8M0 or DType.F4 or DType.C64);

    /// <summary>Whether it is an integer type.</summary>
    public static bool IsInteger(this DType dtype) => dtype is >= DType.U8 and <= DType.I64;

    /// <summary>Whether it is a type of GGUF that holds several elements of a row together.</summary>
    public static bool IsBlock(this DType dtype) => dtype >= DType.Q4_0;

    /// <summary>The type of this name in a safetensors header; names are case-sensitive, block types have none there.</summary>
    public static bool TryParse(string name, out DType dtype)
    {
        foreach (var row in Table)
        {
            if (row.Name != name || row.DType.IsBlock()) continue;
            dtype = row.DType;
            return true;
        }
        dtype = default;
        return false;
    }

    /// <summary>Elements that stand together in <see cref="BlockBytes"/> bytes.</summary>
    internal static int BlockElements(this DType dtype) => Row(dtype).Elements;

    /// <summary>Bytes of a block.</summary>
    internal static int BlockBytes(this DType dtype) => Row(dtype).Bytes;

    /// <summary>Bytes of <paramref name="count"/> elements; null where they do not fill whole blocks or pass 2⁶³.</summary>
    internal static long? ByteLength(this DType dtype, long count)
    {
        var row = Row(dtype);
        var bytes = (Int128)(count / row.Elements) * row.Bytes;
        return count % row.Elements == 0 && bytes <= long.MaxValue ? (long)bytes : null;
    }

    private static (DType DType, string Name, int Bytes, int Elements) Row(DType dtype)
    {
        var row = Table[(int)dtype];
        return row.DType == dtype ? row : throw new ArgumentOutOfRangeException(nameof(dtype));
    }
}
