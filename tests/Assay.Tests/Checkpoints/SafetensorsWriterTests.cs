using Assay.Checkpoints;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back_and_allowed_by_the_plain_rules()
    {
        var tensor = from dtype in Gen.Elements(Enum.GetValues<DType>().Where(d => !d.IsBlock()).ToArray())
                     from shape in Gen.Choose(0, 3).Select(size => (long)size).ListOf()
                     let even = dtype == DType.F4 ? shape.Append(2) : shape
                     let length = even.Aggregate(1L, (a, b) => a * b) * dtype.Bits() / 8
                     where length < 4096 && shape.Count <= 8
                     from bytes in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf((int)length)
                     select (DType: dtype, Shape: even.ToArray(), Bytes: bytes);
        var names = ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get).Where(s => !s.Any(char.IsSurrogate));
        var file = from tensors in tensor.ListOf()
                   from name in names
                   from value in names
                   select (Tensors: tensors.Select((t, i) => (Name: $"{i}{name}", t.DType, t.Shape, t.Bytes)).ToArray(), Key: name, Value: value);
        var run = 0;
        Prop.ForAll(file.ToArbitrary(), f =>
        {
            var path = folder[$"{run++}.safetensors"];
            SafetensorsWriter.Write(path, f.Tensors.Select(t => TensorToWrite.From(t.Name, t.DType, [.. t.Shape], t.Bytes)), new Dictionary<string, string> { [f.Key] = f.Value });
            Assert.True(ReferenceReader.Accepts(File.ReadAllBytes(path)));
            using var read = SafetensorsFile.Open(path);
            Assert.Equal(f.Tensors.Select(t => (t.Name, t.DType)), read.Tensors.Select(t => (t.Name, t.DType)));
            Assert.Equal(f.Value, read.Metadata[f.Key]);
            Assert.Equal(0, read.DataStart % 8);
            foreach (var (written, found) in f.Tensors.Zip(read.Tensors))
            {
                var bytes = new byte[found.ByteLength];
                found.ReadBytes(0, bytes);
                Assert.Equal(written.Bytes, bytes);
                Assert.Equal(written.Shape, found.Shape);
            }
        }).QuickCheckThrowOnFailure();
        Assert.True(run >= 100);
    }

    [Fact]
    public void Blocks_are_asked_for_in_order_each_once_and_zeros_are_written_too()
    {
        const int length = 3_000_000;
        var asked = new List<(long Offset, int Length)>();
        SafetensorsWriter.Write(folder["x.safetensors"], [new TensorToWrite("t", DType.U8, [length], (offset, block) =>
        {
            asked.Add((offset, block.Length));
            block.Fill(offset == 0 ? (byte)7 : (byte)0);
        })]);
        Assert.Equal(length, asked.Sum(a => a.Length));
        Assert.Equal(asked.Select((_, i) => asked.Take(i).Sum(a => (long)a.Length)), asked.Select(a => a.Offset));
        var data = File.ReadAllBytes(folder["x.safetensors"])[^length..];
        Assert.Equal(asked[0].Length, data.Count(b => b == 7));
        Assert.Equal(length - asked[0].Length, data.Count(b => b == 0));
    }

    [Fact]
    public void An_existing_file_is_refused_and_kept()
    {
        folder.Write("x.safetensors", "mine");
        Assert.Contains("exists already", Assert.Throws<InvalidInputException>(() => SafetensorsWriter.Write(folder["x.safetensors"], [])).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(folder["x.safetensors"]));
    }

    [Fact]
    public void A_failure_leaves_nothing_behind()
    {
        var failing = new TensorToWrite("t", DType.U8, [1], (_, _) => throw new IOException("No space left on device."));
        Assert.Contains("No space left on device.", Assert.Throws<InvalidInputException>(() => SafetensorsWriter.Write(folder["x.safetensors"], [failing])).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told() =>
        Assert.Contains("cannot be written", Assert.Throws<InvalidInputException>(() => SafetensorsWriter.Write(folder["none/a.safetensors"], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void Names_and_sizes_that_no_reader_would_take_are_errors_of_the_caller()
    {
        var one = TensorToWrite.From("t", DType.U8, [1], new byte[1]);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["x.safetensors"], [one, one]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["x.safetensors"], [TensorToWrite.From("__metadata__", DType.U8, [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => TensorToWrite.From("t", DType.U8, [2], new byte[1]));
        Assert.Throws<ArgumentException>(() => TensorToWrite.From("t", [2], new float[1]));
        Assert.Throws<ArgumentException>(() => TensorToWrite.From("t", DType.U8, [.. Enumerable.Repeat(1L, 65)], new byte[1]));
        Assert.Throws<ArgumentException>(() => TensorToWrite.From("t", DType.U8, [1L << 40, 1L << 40, 0], ReadOnlyMemory<byte>.Empty));
        Assert.Throws<ArgumentException>(() => TensorToWrite.From("t", DType.F4, [1], new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorToWrite.From("t", DType.U8, [-1], new byte[1]));
        Assert.Throws<ArgumentException>(() => TensorToWrite.From("t", DType.U8, [1L << 40, 1L << 40], new byte[1]));
    }

    [Fact]
    public void A_file_shortened_while_in_use_is_refused_by_whoever_hashes_or_copies_it()
    {
        var path = folder["x.safetensors"];
        SafetensorsWriter.Write(path, [TensorToWrite.From("t", DType.U8, [200_000], new byte[200_000])]);
        using var checkpoint = Checkpoint.Open(path);
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(1000);
        Assert.Contains("was shortened", Assert.Throws<InvalidInputException>(() => TensorHash.Compute(checkpoint["t"])).Message, StringComparison.Ordinal);
    }
}
