namespace Assay.Checkpoints;

/// <summary>Names and sizes of element types in a safetensors header.</summary>
public static class DTypeFormat
{
    private static readonly (DType DType, string Name, int Bits)[] Table =
    [
        (DType.Bool, "BOOL", 8), (DType.U8, "U8", 8), (DType.I8, "I8", 8), (DType.U16, "U16", 16), (DType.I16, "I16", 16),
        (DType.U32, "U32", 32), (DType.I32, "I32", 32), (DType.U64, "U64", 64), (DType.I64, "I64", 64),
        (DType.F16, "F16", 16), (DType.BF16, "BF16", 16), (DType.F32, "F32", 32), (DType.F64, "F64", 64),
        (DType.F8E4M3, "F8_E4M3", 8), (DType.F8E5M2, "F8_E5M2", 8), (DType.F8E8M0, "F8_E8M0", 8), (DType.F4, "F4", 4), (DType.C64, "C64", 64),
    ];

    /// <summary>All names, for error texts.</summary>
    internal static string Names => string.Join(", ", Table.Select(row => row.Name));

    /// <summary>The name in a safetensors header, as <c>BF16</c>.</summary>
    public static string FormatName(this DType dtype) => Row(dtype).Name;

    /// <summary>Bits of one element; 4 for <see cref="DType.F4"/>.</summary>
    public static int Bits(this DType dtype) => Row(dtype).Bits;

    /// <summary>Whether <see cref="Tensor.Read"/> converts it to numbers; other types are carried, hashed and copied only.</summary>
    public static bool IsNumeric(this DType dtype) => dtype is not (DType.Bool or DType.F8E4M3 or DType.F8E5M2 or DType.F8E8M0 or DType.F4 or DType.C64);

    /// <summary>Whether it is an integer type.</summary>
    public static bool IsInteger(this DType dtype) => dtype is >= DType.U8 and <= DType.I64;

    /// <summary>The type of this name; names are case-sensitive.</summary>
    public static bool TryParse(string name, out DType dtype)
    {
        foreach (var row in Table)
        {
            if (row.Name != name) continue;
            dtype = row.DType;
            return true;
        }
        dtype = default;
        return false;
    }

    /// <summary>Bytes of <paramref name="count"/> elements; null where they do not fill whole bytes or pass 2⁶³.</summary>
    internal static long? ByteLength(this DType dtype, long count)
    {
        var bits = (Int128)count * dtype.Bits();
        return bits % 8 == 0 && bits / 8 <= long.MaxValue ? (long)(bits / 8) : null;
    }

    private static (DType DType, string Name, int Bits) Row(DType dtype)
    {
        var row = Table[(int)dtype];
        return row.DType == dtype ? row : throw new ArgumentOutOfRangeException(nameof(dtype));
    }
}
