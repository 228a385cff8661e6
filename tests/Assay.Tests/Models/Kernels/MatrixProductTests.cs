using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed unsafe class MatrixProductTests : IDisposable
{
    private readonly List<nint> _pinned = [];

    public void Dispose()
    {
        foreach (var pointer in _pinned) NativeMemory.Free((void*)pointer);
    }

    public static TheoryData<int, int, int> Shapes() => new()
    {
        { 0, 5, 7 }, { 1, 1, 1 }, { 1, 33, 512 }, { 3, 32, 513 }, { 13, 31, 17 }, { 14, 64, 1024 }, { 15, 127, 1023 }, { 29, 97, 511 }, { 150, 200, 700 }, { 301, 40, 100 }, { 7, 129, 1 },
    };

    /// <summary>The definition: blocks of 512 inputs, a chain of fused multiply-adds in each, blocks added in order, then the bias.</summary>
    private static float[] Reference(float[] x, float[] w, float[] bias, int rows, int outputs, int inputs)
    {
        var y = new float[rows * outputs];
        for (var m = 0; m < rows; m++)
        for (var n = 0; n < outputs; n++)
        {
            var sum = 0f;
            for (var block = 0; block < inputs; block += 512)
            {
                var chain = 0f;
                for (var k = block; k < Math.Min(inputs, block + 512); k++) chain = MathF.FusedMultiplyAdd(x[m * inputs + k], w[n * inputs + k], chain);
                sum = block == 0 ? chain : sum + chain;
            }

            y[m * outputs + n] = sum + bias[n];
        }

        return y;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_tile_thread_count_and_dtype_gives_the_bits_of_the_definition(int rows, int outputs, int inputs)
    {
        var random = new Random(rows * 31 + outputs * 7 + inputs);
        var x = Draw(random, rows * inputs);
        var bias = Draw(random, outputs);
        foreach (var dtype in (DType[])[DType.F32, DType.BF16, DType.F16, DType.F64])
        {
            var w = Draw(random, outputs * inputs).Select(v => Round(v, dtype)).ToArray();
            var want = Reference(x, w, bias, rows, outputs, inputs);
            foreach (var transposed in (bool[])[false, true])
            {
                var stored = transposed ? Transpose(w, outputs, inputs) : w;
                var tensor = Store(stored, dtype, transposed ? [inputs, outputs] : [outputs, inputs]);
                foreach (var threads in (int[])[1, 2, 3])
                foreach (var wide in (bool[])[true, false])
                {
                    using var team = new WorkTeam(threads);
                    var got = new float[rows * outputs];
                    fixed (float* px = x, py = got, pb = bias)
                        MatrixProduct.Multiply(team, px, inputs, rows, new WeightMatrix(tensor, outputs, inputs, transposed, 0), pb, py, outputs, wide);
                    Assert.Equal(want.Select(BitConverter.SingleToInt32Bits), got.Select(BitConverter.SingleToInt32Bits));
                }
            }
        }
    }

    [Fact]
    public void A_slice_of_a_fused_matrix_is_the_matrix_of_its_rows()
    {
        var random = new Random(5);
        var (x, w, zero) = (Draw(random, 3 * 20), Draw(random, 60 * 20), new float[40]);
        var want = Reference(x, w[(20 * 20)..], zero, 3, 40, 20);
        using var team = new WorkTeam(2);
        foreach (var transposed in (bool[])[false, true])
        {
            var tensor = Store(transposed ? Transpose(w, 60, 20) : w, DType.F32, transposed ? [20, 60] : [60, 20]);
            var got = new float[3 * 40];
            fixed (float* px = x, py = got) MatrixProduct.Multiply(team, px, 20, 3, new WeightMatrix(tensor, 40, 20, transposed, 20), null, py, 40);
            Assert.Equal(want, got);
        }
    }

    private static float[] Draw(Random random, int count) => Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray();

    private static float[] Transpose(float[] w, int rows, int columns)
    {
        var t = new float[w.Length];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++) t[j * rows + i] = w[i * columns + j];
        return t;
    }

    private static float Round(float value, DType dtype) => dtype switch
    {
        DType.BF16 => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) & unchecked((int)0xFFFF0000)),
        DType.F16 => (float)(Half)value,
        _ => value,
    };

    /// <summary>Stores values at an odd address.</summary>
    private Tensor Store(float[] values, DType dtype, ImmutableArray<long> shape)
    {
        var size = dtype switch { DType.F32 => 4, DType.F64 => 8, _ => 2 };
        var memory = (byte*)NativeMemory.Alloc((nuint)(values.Length * size + 1)) + 1;
        _pinned.Add((nint)(memory - 1));
        for (var i = 0; i < values.Length; i++)
        {
            var to = new Span<byte>(memory + i * size, size);
            switch (dtype)
            {
                case DType.F32: BitConverter.TryWriteBytes(to, values[i]); break;
                case DType.F64: BitConverter.TryWriteBytes(to, (double)values[i]); break;
                case DType.F16: BitConverter.TryWriteBytes(to, (Half)values[i]); break;
                default: BitConverter.TryWriteBytes(to, (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16)); break;
            }
        }

        return new Tensor("w", dtype, shape, memory, values.Length * (long)size, null);
    }
}
