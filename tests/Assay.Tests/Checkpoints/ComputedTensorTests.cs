using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Checkpoints.Adapters;
using Assay.Checkpoints.Gguf;
using Assay.Tests.Checkpoints.Gguf;

namespace Assay.Tests.Checkpoints;

/// <summary>Tensors that are computed while they are read, against loops over whole arrays.</summary>
public sealed class ComputedTensorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<GgufFile> files = [];
    private readonly Random random = new(5);

    public void Dispose()
    {
        files.ForEach(f => f.Dispose());
        folder.Dispose();
    }

    private Tensor Stored(long rows, long columns)
    {
        files.Add(GgufFile.Open(folder.Write(Guid.NewGuid() + ".gguf", new GgufWriter().Tensor("t", [rows, columns], [.. Enumerable.Range(0, (int)(rows * columns)).Select(_ => random.NextSingle() - .5f)]).ToBytes())));
        return files[^1].Tensors[0];
    }

    private static float[] Read(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return values;
    }

    /// <summary>Any piece and any bytes are those of the whole.</summary>
    private void Consistent(Tensor tensor, float[] whole)
    {
        Assert.Equal(whole, Read(tensor));
        var bytes = MemoryMarshal.AsBytes(whole.AsSpan()).ToArray();
        for (var n = 0; n < 200; n++)
        {
            var start = random.Next(whole.Length);
            var piece = new float[random.Next(whole.Length - start + 1)];
            tensor.Read(start, piece);
            Assert.Equal(whole[start..(start + piece.Length)], piece);
            var at = random.Next(bytes.Length);
            var raw = new byte[random.Next(Math.Min(500, bytes.Length - at) + 1)];
            tensor.ReadBytes(at, raw);
            Assert.Equal(bytes[at..(at + raw.Length)], raw);
        }
    }

    [Theory]
    [InlineData(null), InlineData(DType.F32), InlineData(DType.F16), InlineData(DType.BF16)]
    public void A_checkpoint_with_computed_tensors_keeps_everything_else(DType? stored)
    {
        var path = Path.Combine(Path.GetDirectoryName(folder.Write("config.json", "{}"u8.ToArray()))!, "base.safetensors");
        float[] a = [.. Enumerable.Range(0, 700).Select(_ => random.NextSingle() - .5f)];
        SafetensorsWriter.Write(path, [Written("a"), Written("b")]);
        using var original = Checkpoint.Open(path);
        var read = 0;
        float Value(long i) => MathF.Sqrt(i) / 3;
        var computed = original.With("variant", new Dictionary<string, TensorValues>(StringComparer.Ordinal)
        {
            ["b"] = (start, into) =>
            {
                read++;
                for (var i = 0; i < into.Length; i++) into[i] = Value(start + i);
            },
        }, stored);
        Assert.Equal(0, read);
        Assert.Equal("variant", computed.Name);
        Assert.Equal("{}", computed.ReadText("config.json"));
        Assert.Equal(["a", "b"], computed.Tensors.Select(t => t.Name));
        Assert.Same(original["a"], computed["a"]);
        Assert.Equal((stored ?? DType.F32, 700), (computed["b"].DType, computed["b"].Count));
        Assert.Equal(original["b"].Shape, computed["b"].Shape);
        var want = Enumerable.Range(0, 700).Select(i => stored switch
        {
            DType.F16 => (float)(Half)Value(i),
            DType.BF16 => NearestBFloat16(Value(i)),
            _ => Value(i),
        }).ToArray();
        if (stored is null or DType.F32) Consistent(computed["b"], want);
        else
        {
            Assert.Equal(want, Read(computed["b"]));
            // Its bytes are what a file of the type holds, wherever they are cut.
            var bytes = want.SelectMany(v => BitConverter.GetBytes(stored == DType.F16 ? BitConverter.HalfToUInt16Bits((Half)v) : (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))).ToArray();
            for (var n = 0; n < 200; n++)
            {
                var (start, at) = (random.Next(700), random.Next(1400));
                var piece = new float[random.Next(700 - start + 1)];
                computed["b"].Read(start, piece);
                Assert.Equal(want[start..(start + piece.Length)], piece);
                var raw = new byte[random.Next(1400 - at + 1)];
                computed["b"].ReadBytes(at, raw);
                Assert.Equal(bytes[at..(at + raw.Length)], raw);
            }
        }

        Assert.Contains("'nothing'", Assert.Throws<InvalidInputException>(() => original.With("v", new Dictionary<string, TensorValues> { ["nothing"] = (_, _) => { } })).Message, StringComparison.Ordinal);
        computed.Dispose();
        Assert.Equal(a, Read(original["a"]));
        original.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Read(computed["b"]));

        TensorToWrite Written(string name) => TensorToWrite.From(name, DType.F32, [7, 100], MemoryMarshal.AsBytes(a.AsSpan()).ToArray());
    }

    /// <summary>Of the two neighbours with 16 bits the nearer; of equals the one whose last bit is 0.</summary>
    private static float NearestBFloat16(float value)
    {
        var below = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
        var (low, high) = (BitConverter.UInt32BitsToSingle(below), BitConverter.UInt32BitsToSingle(below + 0x10000));
        var (toLow, toHigh) = (Math.Abs((double)value - low), Math.Abs((double)high - value));
        return toLow < toHigh || toLow == toHigh && (below & 0x10000) == 0 ? low : high;
    }

    [Theory]
    [InlineData(1, 1), InlineData(3, 5), InlineData(7, 256), InlineData(300, 2), InlineData(5, 513), InlineData(64, 300)]
    public void Transposes_are_transposes(int rows, int columns)
    {
        var inner = Stored(rows, columns);
        var source = Read(inner);
        var want = new float[rows * columns];
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++) want[c * rows + r] = source[r * columns + c];
        var tensor = new Tensor("x", DType.F32, [columns, rows], new TransposedRows(inner));
        Consistent(tensor, want);
        Assert.Same(inner, tensor.TransposeOf);
    }

    [Theory]
    [InlineData(1, 4), InlineData(6, 1), InlineData(13, 70)]
    public void Permuted_rows_are_those_rows(int rows, int columns)
    {
        var inner = Stored(rows, columns);
        var source = Read(inner);
        var order = Enumerable.Range(0, rows).ToArray();
        random.Shuffle(order);
        Consistent(new Tensor("x", DType.F32, inner.Shape, new PermutedRows(inner, order)), [.. order.SelectMany(r => source[(r * columns)..((r + 1) * columns)])]);
    }

    [Fact]
    public void Shifted_values_are_shifted()
    {
        var inner = Stored(3, 11);
        Consistent(new Tensor("x", DType.F32, inner.Shape, new ShiftedValues(inner, -1)), [.. Read(inner).Select(v => v - 1)]);
    }

    [Theory]
    [InlineData(1, 1, 1, false, false), InlineData(5, 7, 3, false, false), InlineData(9, 600, 2, false, false), InlineData(20, 33, 8, false, true)]
    [InlineData(5, 7, 3, true, false), InlineData(9, 600, 2, true, false), InlineData(20, 33, 8, true, true)]
    public void Low_rank_updates_equal_the_product_written_out(int rows, int columns, int rank, bool byColumn, bool learned)
    {
        const float scale = 1.5f;
        Tensor inner = Stored(rows, columns), left = Stored(rows, rank), right = Stored(rank, columns);
        var lengths = learned ? Stored(1, byColumn ? columns : rows) : null;
        var (w, l, r) = (Read(inner), Read(left), Read(right));
        var want = new double[w.Length];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                want[i * columns + j] = w[i * columns + j];
                for (var k = 0; k < rank; k++) want[i * columns + j] += scale * (double)l[i * rank + k] * r[k * columns + j];
            }
        }
        if (lengths is not null)
        {
            var outputs = byColumn ? columns : rows;
            var norms = new double[outputs];
            for (var i = 0; i < want.Length; i++) norms[byColumn ? i % columns : i / columns] += want[i] * want[i];
            var m = Read(lengths);
            for (var i = 0; i < want.Length; i++) want[i] *= m[byColumn ? i % columns : i / columns] / Math.Sqrt(norms[byColumn ? i % columns : i / columns]);
        }
        var tensor = new Tensor("x", DType.F32, inner.Shape, new LowRankUpdate(inner, left, right, scale, lengths, byColumn));
        var got = Read(tensor);
        for (var i = 0; i < got.Length; i++) Assert.True(Math.Abs(got[i] - want[i]) <= 1e-6 * (1 + Math.Abs(want[i])), $"element {i}: {got[i]} instead of {want[i]}");
        Consistent(tensor, got);
    }
}
