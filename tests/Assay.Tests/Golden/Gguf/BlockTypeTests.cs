using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;

namespace Assay.Tests.Golden.Gguf;

/// <summary>Every block type against gguf-py's values (golden/make/gguf_golden.py), under GGUF's own names.</summary>
public sealed class BlockTypeTests
{
    public static IEnumerable<TheoryDataRow<string>> Types() => GoldenFiles.Files(Path.Combine("gguf", "types"), ".gguf");

    [Theory]
    [MemberData(nameof(Types))]
    public void Values_are_those_of_gguf_py(string type)
    {
        using var file = GgufFile.Open(GoldenFiles.Require(Path.Combine("gguf", "types"), type + ".gguf"));
        using var golden = SafetensorsFile.Open(GoldenFiles.Require(Path.Combine("gguf", "types"), type + ".safetensors"));
        Assert.Equal(2, golden.Tensors.Count);
        foreach (var expected in golden.Tensors)
        {
            var tensor = file.Tensors.Single(t => t.Name == expected.Name);
            Assert.Equal(type, tensor.DType.FormatName());
            Assert.Equal(expected.Shape.AsEnumerable(), tensor.Shape.AsEnumerable());
            float[] want = new float[expected.Count], got = new float[tensor.Count];
            expected.Read(0, want);
            tensor.Read(0, got);
            for (var i = 0; i < want.Length; i++)
                Assert.True(BitConverter.SingleToInt32Bits(want[i]) == BitConverter.SingleToInt32Bits(got[i]),
                    $"{tensor.Name}, element {i}: {got[i]:r}, gguf-py has {want[i]:r}");

            // The same from any start and in any pieces.
            var random = new Random(11);
            for (var n = 0; n < 300; n++)
            {
                var start = random.Next(got.Length);
                var piece = new float[random.Next(Math.Min(700, got.Length - start) + 1)];
                tensor.Read(start, piece);
                Assert.Equal(got[start..(start + piece.Length)], piece);
                var doubles = new double[piece.Length];
                tensor.ReadDouble(start, doubles);
                Assert.Equal(piece.Select(v => (double)v), doubles);
            }
        }
    }
}
