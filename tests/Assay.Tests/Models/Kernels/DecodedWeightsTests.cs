using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;
using Assay.Models.Kernels;
using Assay.Tests.Checkpoints;
using Assay.Tests.Checkpoints.Gguf;

namespace Assay.Tests.Models.Kernels;

/// <summary>Products with weights that must be decoded or computed first: the bits of the same product with the decoded weights.</summary>
public sealed unsafe class DecodedWeightsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(2, 18, 32, 5, 64)]
    [InlineData(8, 34, 32, 70, 96)]
    [InlineData(12, 144, 256, 33, 768)]
    public void Products_have_the_bits_of_decoded_weights(uint type, int blockBytes, int blockElements, int outputs, int inputs)
    {
        var random = new Random(outputs);
        var data = new byte[outputs * (inputs / blockElements) * blockBytes];
        random.NextBytes(data);
        // Scales that are neither huge nor NaN.
        for (var at = 0; at < data.Length; at += blockBytes)
        {
            BitConverter.TryWriteBytes(data.AsSpan(at), (Half)(.001f + .01f * random.NextSingle()));
            if (type == 12) BitConverter.TryWriteBytes(data.AsSpan(at + 2), (Half)(.01f * random.NextSingle()));
        }
        using var file = GgufFile.Open(folder.Write($"{type}.gguf", new GgufWriter().Tensor("w", [outputs, inputs], type, data).ToBytes()));
        var tensor = file.Tensors[0];
        var decoded = new float[outputs * inputs];
        tensor.Read(0, decoded);
        Assert.All(decoded, v => Assert.True(float.IsFinite(v)));
        fixed (float* memory = decoded)
        {
            var plain = new Tensor("w", DType.F32, tensor.Shape, (byte*)memory, 4L * decoded.Length);
            foreach (var (rows, threads) in new[] { (1, 1), (3, 2), (40, 3) })
            {
                var x = Enumerable.Range(0, rows * inputs).Select(_ => random.NextSingle() - .5f).ToArray();
                Assert.Equal(Multiply(plain, x, rows, outputs, inputs, false, 0, threads, keep: false), Multiply(tensor, x, rows, outputs, inputs, false, 0, threads, keep: false));
                Assert.Equal(Multiply(plain, x, rows, outputs, inputs, false, 0, threads, keep: false), Multiply(tensor, x, rows, outputs, inputs, false, 0, threads, keep: true));
                Assert.Equal(Multiply(plain, x, rows, outputs - 3, inputs, false, 3, threads, keep: false), Multiply(tensor, x, rows, outputs - 3, inputs, false, 3, threads, keep: false));

                // Stored (in, out): as a transpose of rows, and as such read by columns.
                var z = Enumerable.Range(0, rows * outputs).Select(_ => random.NextSingle() - .5f).ToArray();
                Assert.Equal(Multiply(plain, z, rows, inputs, outputs, true, 0, threads, keep: false), Multiply(tensor, z, rows, inputs, outputs, true, 0, threads, keep: false));
                var turned = new Tensor("t", DType.F32, [inputs, outputs], new TransposedRows(tensor));
                Assert.Equal(Multiply(plain, x, rows, outputs, inputs, false, 0, threads, keep: false), Multiply(turned, x, rows, outputs, inputs, true, 0, threads, keep: false));
            }
        }
    }

    private static float[] Multiply(Tensor tensor, float[] x, int rows, int outputs, int inputs, bool transposed, int first, int threads, bool keep)
    {
        using var team = new WorkTeam(threads);
        var weights = new WeightMatrix(tensor, outputs, inputs, transposed, first);
        var y = new float[rows * outputs];
        var panels = keep ? NativeMemory.AlignedAlloc((nuint)weights.PackedBytes, 64) : null;
        if (keep) PanelCache.Pack(team, weights, (byte*)panels);
        fixed (float* px = x, py = y) MatrixProduct.Multiply(team, ProductJob.Of(px, inputs, rows, weights, (byte*)panels, null, py, outputs));
        if (keep) NativeMemory.AlignedFree(panels);
        return y;
    }
}
