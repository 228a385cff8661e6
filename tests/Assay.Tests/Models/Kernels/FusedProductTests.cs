using System.Runtime.Intrinsics;
using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

/// <summary>Multiply-add rounded once, as the processor's instruction and without it.</summary>
public sealed class FusedProductTests
{
    private static readonly float[] Special = [0, -0f, 1, -1, float.Epsilon, -float.Epsilon, 1.17549435e-38f, 1 + 1.1920929e-7f, 1 - 5.9604645e-8f, 16777216,
        3.4028235e38f, -3.4028235e38f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1.5e-23f, 8388609];

    private static void Holds(float x, float y, float z)
    {
        var want = MathF.FusedMultiplyAdd(x, y, z);
        foreach (var got in (float[])[FusedProduct.Emulated(Vector128.Create(x), Vector128.Create(y), Vector128.Create(z))[3],
            FusedProduct.Add(Vector128.Create(x), Vector128.Create(y), Vector128.Create(z))[1]])
            Assert.True(float.IsNaN(want) ? float.IsNaN(got) : BitConverter.SingleToInt32Bits(want) == BitConverter.SingleToInt32Bits(got),
                $"{x:r} · {y:r} + {z:r} = {want:r}, not {got:r}");
    }

    [Fact]
    public void Every_combination_of_special_numbers()
    {
        foreach (var x in Special)
            foreach (var y in Special)
                foreach (var z in Special) Holds(x, y, z);
    }

    [Fact]
    public void Numbers_of_any_bits_and_sums_that_end_between_two_numbers()
    {
        var random = new Random(2);
        float Any() => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
        for (var i = 0; i < 200_000; i++)
        {
            Holds(Any(), Any(), Any());
            // Near 1, with an addend far below the last bit: where rounding twice would go wrong.
            float x = 1 + random.Next(1 << 12) * 1.1920929e-7f, y = 1 + random.Next(1 << 12) * 1.1920929e-7f;
            Holds(x, y, (random.Next(2) == 0 ? 1 : -1) * MathF.ScaleB(1 + random.NextSingle(), -random.Next(20, 90)));
            Holds(x, -y, x * y);
            Holds(MathF.ScaleB(x, -70), MathF.ScaleB(y, -70), MathF.ScaleB(random.NextSingle(), -random.Next(125, 150)));
        }
    }
}
