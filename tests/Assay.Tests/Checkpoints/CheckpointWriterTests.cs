using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

public sealed class CheckpointWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public CheckpointWriterTests()
    {
        // As other writers may leave it: keys in another order than the data, white space, escapes, an odd start of the data.
        folder.Write("source/model-00001-of-00002.safetensors", TemporaryFolder.Safetensors(
            "{ \"b\":{\"shape\":[2],\"dtype\":\"BF16\",\"data_offsets\":[3,7]},\"__metadata__\":{\"format\":\"pt\",\"note\":\"\\u00e9\"}, \"\\u0061\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}  ", 1, 2, 3, 4, 5, 6, 7));
        folder.Write("source/model-00002-of-00002.safetensors", TemporaryFolder.Safetensors("{\"c\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,1]}}", 9));
        folder.Write("source/model.safetensors.index.json", "{\"metadata\": {\"x\": [1], \"total_size\": 8 }, \"weight_map\": {\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00001-of-00002.safetensors\",\"c\":\"model-00002-of-00002.safetensors\"}}\n");
        folder.Write("source/config.json", "{ }\r\n");
        folder.Write("source/sub/empty", "");
        folder.Write("outside", "linked");
        File.CreateSymbolicLink(folder["source/linked.txt"], "../outside");
    }

    private string Source => folder["source"];
    private string Target => folder["target"];

    public void Dispose() => folder.Dispose();

    private void Copy(IEnumerable<TensorToWrite>? replacements = null, long? maxShardBytes = null, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        using var source = Checkpoint.Open(Source);
        CheckpointWriter.Copy(source, Target, replacements, maxShardBytes, progress, cancellation);
    }

    private void AssertNothingLeft() => Assert.Equal(["outside", "source"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void A_copy_without_changes_is_equal_in_every_byte()
    {
        Copy();
        Assert.Equal(TemporaryFolder.Contents(Source), TemporaryFolder.Contents(Target));
        Assert.Equal(["outside", "source", "target"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_replaced_tensor_of_the_same_kind_changes_its_bytes_only()
    {
        Copy([TensorToWrite.From("b", DType.BF16, [2], new byte[] { 40, 50, 60, 70 })]);
        var expected = TemporaryFolder.Contents(Source);
        new byte[] { 40, 50, 60, 70 }.CopyTo(expected["model-00001-of-00002.safetensors"].AsSpan()[^4..]);
        Assert.Equal(expected, TemporaryFolder.Contents(Target));
    }

    [Fact]
    public void A_replacement_of_another_kind_rewrites_its_header_and_the_total_size()
    {
        Copy([TensorToWrite.From("b", [1, 2], new[] { 1.5f, -2f })]);
        using var copy = Checkpoint.Open(Target);
        var values = new float[2];
        copy["b"].Read(0, values);
        Assert.Equal([1.5f, -2f], values);
        Assert.Equal([1, 2], copy["b"].Shape);
        Assert.Equal(["a", "b", "c"], copy.Tensors.Select(t => t.Name));
        Assert.Equal([new("format", "pt"), new("note", "é")], copy.Shards[0].Metadata);
        Assert.Equal(File.ReadAllText(Path.Combine(Source, "model.safetensors.index.json")).Replace("\"total_size\": 8 ", "\"total_size\": 12 "), copy.ReadText("model.safetensors.index.json"));
    }

    [Theory]
    [InlineData(1, 3), InlineData(4, 3), InlineData(5, 2), InlineData(7, 2), InlineData(8, 1)]
    public void A_resharded_copy_holds_the_same_tensors_and_metadata(long maxShardBytes, int shards)
    {
        Copy(maxShardBytes: maxShardBytes);
        using var source = Checkpoint.Open(Source);
        using var copy = Checkpoint.Open(Target);
        Assert.Equal(shards, copy.Shards.Count);
        Assert.Equal(shards == 1 ? ["model.safetensors"] : Enumerable.Range(1, shards).Select(i => $"model-0000{i}-of-0000{shards}.safetensors"), copy.Shards.Select(s => Path.GetFileName(s.Path)));
        Assert.Equal(source.Tensors.Select(t => (t.Name, t.DType)), copy.Tensors.Select(t => (t.Name, t.DType)));
        Assert.All(source.Tensors, t => Assert.True(copy[t.Name].HoldsTheBytesOf(t)));
        Assert.All(copy.Shards, s => Assert.Equal("pt", s.Metadata["format"]));
        Assert.Equal("{ }\r\n", copy.ReadText("config.json"));
        if (shards > 1) Assert.Equal(8, JsonDocument.Parse(copy.ReadText("model.safetensors.index.json")!).RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
    }

    [Fact]
    public void An_existing_target_is_refused_and_left_as_it_is()
    {
        folder.Write("target/mine", "mine");
        Assert.Contains("exists already", Assert.Throws<InvalidInputException>(() => Copy()).Message, StringComparison.Ordinal);
        Assert.Equal(["mine"], TemporaryFolder.Contents(Target).Keys);
    }

    [Fact]
    public void A_target_inside_the_source_is_refused()
    {
        using var source = Checkpoint.Open(Source);
        Assert.Contains("lies inside", Assert.Throws<InvalidInputException>(() => CheckpointWriter.Copy(source, folder["source/copy"])).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["source/copy"]));
    }

    [Fact]
    public void A_failing_disk_leaves_nothing_behind()
    {
        var failing = new TensorToWrite("c", DType.U8, [1], (_, _) => throw new IOException("No space left on device."));
        Assert.Contains("No space left on device. Nothing was left behind", Assert.Throws<InvalidInputException>(() => Copy([failing])).Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void More_than_the_disk_holds_is_refused_before_anything_is_written()
    {
        var huge = new TensorToWrite("c", DType.U8, [1L << 60], (_, _) => throw new InvalidOperationException("Nothing is to be read."));
        Assert.Contains("are free there", Assert.Throws<InvalidInputException>(() => Copy([huge])).Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void A_cancelled_copy_leaves_nothing_behind()
    {
        using var cancellation = new CancellationTokenSource();
        var cancelling = new TensorToWrite("a", DType.U8, [3], (_, _) => cancellation.Cancel());
        Assert.Throws<OperationCanceledException>(() => Copy([cancelling], cancellation: cancellation.Token));
        AssertNothingLeft();
    }

    [Fact]
    public void A_replacement_of_no_tensor_is_an_error_of_the_caller()
    {
        Assert.Throws<ArgumentException>(() => Copy([TensorToWrite.From("d", [1], new float[1])]));
        AssertNothingLeft();
    }

    [Fact]
    public void Links_to_folders_that_go_round_in_circles_are_refused_at_once()
    {
        Directory.CreateSymbolicLink(folder["source/sub/loop1"], folder["source"]);
        Directory.CreateSymbolicLink(folder["source/sub/loop2"], folder["source"]);
        Assert.Equal(2, Assert.Throws<InvalidInputException>(() => Copy()).Problems.Count(p => p.Contains("a link to a folder", StringComparison.Ordinal)));
        AssertNothingLeft();
    }

    [Fact]
    public void Progress_ends_at_the_bytes_of_tensors_and_other_files()
    {
        var last = new Last();
        Copy(progress: last);
        Assert.Equal(8 + "{ }\r\n".Length + "linked".Length, last.Value);
    }

    private sealed class Last : IProgress<long>
    {
        public long Value { get; private set; }
        public void Report(long value) => Value = value;
    }
}
