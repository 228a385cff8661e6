using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

public sealed class TensorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<SafetensorsFile> files = [];

    public void Dispose()
    {
        files.ForEach(f => f.Dispose());
        folder.Dispose();
    }

    /// <summary>A tensor whose data starts at an odd address: three bytes lie before it.</summary>
    private unsafe Tensor Odd<T>(DType dtype, T[] values, params long[] shape) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        var path = folder[Guid.NewGuid() + ".safetensors"];
        SafetensorsWriter.Write(path, [TensorToWrite.From("before", DType.U8, [3], new byte[3]), TensorToWrite.From("t", dtype, shape.Length > 0 ? [.. shape] : [values.Length], bytes)]);
        files.Add(SafetensorsFile.Open(path));
        Assert.Equal(1, files[^1].Tensors[1].Place!.Value.Offset % 2);
        return files[^1].Tensors[1];
    }

    private static float[] Read(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return values;
    }

    private static double[] ReadDouble(Tensor tensor)
    {
        var values = new double[tensor.Count];
        tensor.ReadDouble(0, values);
        return values;
    }

    [Fact]
    public void Every_bfloat16_is_the_upper_half_of_a_float32()
    {
        var codes = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        var tensor = Odd(DType.BF16, codes);
        Assert.Equal(codes.Select(c => c << 16), Read(tensor).Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(codes.Select(c => (double)BitConverter.Int32BitsToSingle(c << 16)), ReadDouble(tensor));
    }

    [Fact]
    public void Every_float16_converts_exactly()
    {
        var codes = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        var tensor = Odd(DType.F16, codes);
        // By the definition of binary16: sign, 5 exponent bits, 10 fraction bits.
        static double Value(int code)
        {
            var (exponent, fraction) = (code >> 10 & 31, code & 1023);
            var size = exponent == 31 ? (fraction == 0 ? double.PositiveInfinity : double.NaN)
                : exponent == 0 ? fraction * Math.Pow(2, -24) : (1 + fraction / 1024.0) * Math.Pow(2, exponent - 15);
            return code >= 32768 ? -size : size;
        }
        Assert.Equal(codes.Select(c => Value(c)), ReadDouble(tensor));
        Assert.Equal(codes.Select(c => (float)Value(c)), Read(tensor));
    }

    [Fact]
    public void Float32_is_read_bit_for_bit()
    {
        float[] values = [0, -0f, 1, float.NaN, float.PositiveInfinity, float.Epsilon, float.MinValue];
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), Read(Odd(DType.F32, values)).Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(values.Select(v => (double)v), ReadDouble(Odd(DType.F32, values)));
    }

    [Fact]
    public void Float64_rounds_to_the_nearest_float32()
    {
        double[] values = [1 + Math.Pow(2, -24), 1 + 3 * Math.Pow(2, -24), 1e300, -1e-300, double.NaN];
        Assert.Equal([1, 1 + MathF.Pow(2, -22), float.PositiveInfinity, -0f, float.NaN], Read(Odd(DType.F64, values)));
        Assert.Equal(values, ReadDouble(Odd(DType.F64, values)));
    }

    [Fact]
    public void Integers_are_read_as_numbers()
    {
        Check(DType.U8, (byte[])[0, 255], 0, 255);
        Check(DType.I8, (sbyte[])[-128, 127], -128, 127);
        Check(DType.U16, (ushort[])[0, 65535], 0, 65535);
        Check(DType.I16, (short[])[-32768, 32767], -32768, 32767);
        Check(DType.U32, (uint[])[0, uint.MaxValue], 0, uint.MaxValue);
        Check(DType.I32, (int[])[int.MinValue, int.MaxValue], int.MinValue, int.MaxValue);
        Check(DType.U64, (ulong[])[0, long.MaxValue], 0, long.MaxValue);
        Check(DType.I64, (long[])[long.MinValue, long.MaxValue], long.MinValue, long.MaxValue);
        Assert.Equal([18446744073709551615.0], ReadDouble(Odd(DType.U64, [ulong.MaxValue])));
        Assert.Equal([18446744073709551615f], Read(Odd(DType.U64, [ulong.MaxValue])));

        void Check<T>(DType dtype, T[] stored, params long[] expected) where T : unmanaged
        {
            var tensor = Odd(dtype, stored);
            var values = new long[2];
            tensor.ReadInt64(0, values);
            Assert.Equal(expected, values);
            Assert.Equal(expected.Select(v => (double)v), ReadDouble(tensor));
            Assert.Equal(expected.Select(v => (float)v), Read(tensor));
        }
    }

    [Fact]
    public void What_cannot_be_read_as_a_whole_number_is_refused()
    {
        Assert.Contains("18446744073709551615 at element 1", Assert.Throws<InvalidInputException>(() => Odd<ulong>(DType.U64, [1, ulong.MaxValue]).ReadInt64(0, new long[2])).Message, StringComparison.Ordinal);
        Assert.Contains("integers are expected", Assert.Throws<InvalidInputException>(() => Odd(DType.F32, [1f]).ReadInt64(0, new long[1])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DType.Bool), InlineData(DType.F8E4M3), InlineData(DType.F8E5M2), InlineData(DType.F8E8M0), InlineData(DType.C64), InlineData(DType.F4)]
    public void Carried_types_are_copied_but_not_computed_with(DType dtype)
    {
        byte[] stored = [1, 0, 255, 7, 9, 11, 13, 15];
        var tensor = Odd(dtype, stored, 8L * 8 / dtype.Bits());
        var bytes = new byte[8];
        tensor.ReadBytes(0, bytes);
        Assert.Equal(stored, bytes);
        foreach (var read in new Action[] { () => tensor.Read(0, new float[1]), () => tensor.ReadDouble(0, new double[1]), () => tensor.ReadInt64(0, new long[1]) })
            Assert.Contains("not computed with", Assert.Throws<InvalidInputException>(read).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DType.F32), InlineData(DType.BF16), InlineData(DType.F16), InlineData(DType.F64), InlineData(DType.I16)]
    public void A_block_from_anywhere_equals_the_slice_of_the_whole(DType dtype)
    {
        var random = new Random(7);
        var bytes = new byte[3000 * dtype.Bits() / 8];
        random.NextBytes(bytes);
        var tensor = Odd(dtype, bytes, 3000);
        var whole = Read(tensor);
        for (var i = 0; i < 200; i++)
        {
            var start = random.Next(3001);
            var part = new float[random.Next(3001 - start)];
            tensor.Read(start, part);
            Assert.Equal(whole.AsSpan(start, part.Length).ToArray(), part);
        }
    }

    [Theory]
    [InlineData(-1, 1), InlineData(0, 5), InlineData(4, 1), InlineData(long.MaxValue, 1), InlineData(long.MinValue, 1), InlineData(5, 0)]
    public void Nothing_outside_the_tensor_is_read(long start, int length)
    {
        var tensor = Odd(DType.F32, [1f, 2, 3, 4]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.Read(start, new float[length]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadDouble(start, new double[length]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadInt64(start, new long[length]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tensor.ReadBytes(start is 4 or 5 ? start * 4 : start, new byte[length * 4]));
    }

    [Fact]
    public void Little_endian_is_what_is_stored() => Assert.Equal(BinaryPrimitives.ReadSingleLittleEndian([0, 0, 0x80, 0x3f]), Read(Odd<byte>(DType.F32, [0, 0, 0x80, 0x3f], 1))[0]);
}
