using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Models.Kernels;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Models.Kernels;

public sealed unsafe class MatrixProductTests : IDisposable
{
    private static readonly bool Fused = System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported;
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
                var weights = new WeightMatrix(tensor, outputs, inputs, transposed, 0);
                foreach (var threads in (int[])[1, 2, 3])
                {
                    using var team = new WorkTeam(threads);
                    var panels = (byte*)PageMemory.Allocate(weights.PackedBytes);
                    PanelCache.Pack(team, weights, panels);
                    foreach (var packed in (nint[])[0, (nint)panels])
                    foreach (var width in Enum.GetValues<VectorWidth>())
                    {
                        var got = new float[rows * outputs];
                        fixed (float* px = x, py = got, pb = bias)
                            MatrixProduct.Multiply(team, [ProductJob.Of(px, inputs, rows, weights, (byte*)packed, pb, py, outputs)], width);
                        // Without fused multiply-add the plain tiles round twice.
                        if (width != VectorWidth.Plain || Fused) Assert.Equal(want.Select(BitConverter.SingleToInt32Bits), got.Select(BitConverter.SingleToInt32Bits));
                        else for (var i = 0; i < got.Length; i++) Assert.Equal(want[i], got[i], 1e-5f * inputs);
                    }

                    PageMemory.Free(panels, weights.PackedBytes);
                }
            }
        }
    }

    /// <summary>Random shapes, 0 and 1 and primes among them; rows and outputs stand in wider arrays.</summary>
    [Fact]
    public void Any_shape_gives_the_bits_of_the_definition() => Prop.ForAll(ArbMap.Default.ArbFor<byte>(), ArbMap.Default.ArbFor<byte>(), ArbMap.Default.ArbFor<ushort>(), (a, b, c) =>
    {
        var (rows, outputs, inputs) = (a % 61, 1 + b % 131, 1 + c % 1300);
        var random = new Random(rows + outputs * 1000 + inputs);
        var (x, w, bias) = (Draw(random, rows * inputs), Draw(random, outputs * inputs).Select(v => Round(v, DType.BF16)).ToArray(), Draw(random, outputs));
        var want = Reference(x, w, bias, rows, outputs, inputs);
        using var team = new WorkTeam(2);
        var got = new float[rows * (outputs + 3)];
        fixed (float* px = x, pb = bias, py = got)
            MatrixProduct.Multiply(team, [ProductJob.Of(px, inputs, rows, new WeightMatrix(Store(w, DType.BF16, [outputs, inputs]), outputs, inputs, false, 0), null, pb, py, outputs + 3)], c % 2 == 0 ? VectorWidth.Wide : VectorWidth.Narrow);
        for (var row = 0; row < rows; row++)
        {
            Assert.Equal(want.AsSpan(row * outputs, outputs).ToArray(), got.AsSpan(row * (outputs + 3), outputs).ToArray());
            Assert.Equal(new float[3], got.AsSpan(row * (outputs + 3) + outputs, 3).ToArray());
        }
    }).QuickCheckThrowOnFailure();

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
            fixed (float* px = x, py = got) MatrixProduct.Multiply(team, ProductJob.Of(px, 20, 3, new WeightMatrix(tensor, 40, 20, transposed, 20), null, null, py, 40));
            Assert.Equal(want, got);
        }
    }

    [Fact]
    public void A_group_of_products_is_each_product_by_itself()
    {
        var random = new Random(8);
        var shapes = new[] { (3, 70, 600), (0, 5, 7), (41, 32, 20), (1, 1, 1), (200, 100, 513) };
        using var team = new WorkTeam(3);
        var jobs = new List<ProductJob>();
        var want = new List<float[]>();
        var got = new List<nint>();
        foreach (var (rows, outputs, inputs) in shapes)
        {
            var (x, w) = (Draw(random, rows * inputs), Draw(random, outputs * inputs));
            want.Add(Reference(x, w, new float[outputs], rows, outputs, inputs));
            got.Add((nint)NativeMemory.Alloc((nuint)(rows * outputs * 4 + 4)));
            _pinned.Add(got[^1]);
            var native = (float*)NativeMemory.Alloc((nuint)(rows * inputs * 4 + 4));
            _pinned.Add((nint)native);
            x.CopyTo(new Span<float>(native, x.Length));
            jobs.Add(ProductJob.Of(native, inputs, rows, new WeightMatrix(Store(w, DType.F32, [outputs, inputs]), outputs, inputs, false, 0), null, null, (float*)got[^1], outputs));
        }

        MatrixProduct.Multiply(team, [.. jobs]);
        for (var i = 0; i < shapes.Length; i++) Assert.Equal(want[i], new ReadOnlySpan<float>((void*)got[i], want[i].Length).ToArray());
    }

    /// <summary>Every half there is: subnormals, infinities, NaN with their payloads.</summary>
    [Fact]
    public void Halves_are_widened_exactly()
    {
        var step = stackalloc uint[16];
        for (var h = 0; h <= 0xFFFF; h += 16)
        {
            for (var l = 0; l < 16; l++) step[l] = (uint)(h + l) | ((uint)(0xFFFF - h - l) << 16);
            Float16Panel.Load((byte*)step, out System.Runtime.Intrinsics.Vector512<float> low, out System.Runtime.Intrinsics.Vector512<float> high);
            for (var l = 0; l < 16; l++)
            {
                Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)(h + l)), low[l]);
                Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)(0xFFFF - h - l)), high[l]);
                Float16Panel.Load((byte*)step, l / 8, out System.Runtime.Intrinsics.Vector256<float> low8, out System.Runtime.Intrinsics.Vector256<float> high8);
                Assert.Equal((low[l], high[l]), (low8[l % 8], high8[l % 8]));
                Float16Panel.Load((byte*)step, l / 4, out System.Runtime.Intrinsics.Vector128<float> low4, out System.Runtime.Intrinsics.Vector128<float> high4);
                Assert.Equal((low[l], high[l]), (low4[l % 4], high4[l % 4]));
            }
        }
    }

    [Fact]
    public void A_matrix_is_kept_from_its_second_use_and_only_within_the_budget()
    {
        using var team = new WorkTeam(2);
        var small = new WeightMatrix(Store(Draw(new Random(1), 64 * 10), DType.F32, [64, 10]), 64, 10, false, 0);
        var large = new WeightMatrix(Store(Draw(new Random(2), 640 * 10), DType.F32, [640, 10]), 640, 10, false, 0);
        using var cache = new PanelCache(team, small.PackedBytes + 100);
        Assert.True(cache.Find(small) is null);
        Assert.True(cache.Find(large) is null);
        var kept = cache.Find(small);
        Assert.True(kept is not null);
        Assert.True(cache.Find(small) == kept);
        Assert.True(cache.Find(large) is null);
        Assert.Equal(small.PackedBytes, cache.Used);
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

        return new Tensor("w", dtype, shape, memory, values.Length * (long)size);
    }
}
