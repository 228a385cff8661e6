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
