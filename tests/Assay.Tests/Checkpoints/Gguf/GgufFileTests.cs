using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;

namespace Assay.Tests.Checkpoints.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Refused(byte[] file) => Assert.Throws<InvalidInputException>(() => GgufFile.Open(folder.Write("x.gguf", file)).Dispose()).Message;

    private static GgufWriter Small() => new GgufWriter().Text("general.architecture", "llama").U32("llama.block_count", 3).Flag("a", true).F32("eps", 1e-6f)
        .Texts("words", "one", "zwei", "三").I32s("numbers", -1, 2).Tensor("t", [2, 3], 1, 2, 3, 4, 5, 6).Tensor("u", [5], 1, 2, 3, 4, 5);

    [Fact]
    public void Values_and_tensors_are_read()
    {
        using var file = GgufFile.Open(folder.Write("x.gguf", Small().ToBytes()));
        Assert.Equal(["general.architecture", "llama.block_count", "a", "eps", "words", "numbers"], file.Keys);
        Assert.Equal("llama", file.Values["general.architecture"].Text());
        Assert.Equal(3, file.Values["llama.block_count"].Whole());
        Assert.True(file.Values["a"].Flag());
        Assert.Equal("1e-06", file.Values["eps"].Number());
        Assert.Equal(["one", "zwei", "三"], file.Values["words"].Texts());
        Assert.Equal([-1L, 2], file.Values["numbers"].Wholes());
        Assert.Equal([2L, 3], file.Tensors[0].Shape.AsEnumerable());
        var row = new float[3];
        file.Tensors[0].Read(3, row);
        Assert.Equal([4f, 5, 6], row);
        file.Tensors[1].Read(2, row);
        Assert.Equal([3f, 4, 5], row);
    }

    [Fact]
    public void A_value_of_another_type_is_refused_by_key_and_value()
    {
        using var file = GgufFile.Open(folder.Write("x.gguf", Small().ToBytes()));
        Assert.Contains("metadata 'llama.block_count' is 3; expected a string", Assert.Throws<InvalidInputException>(() => file.Values["llama.block_count"].Text()).Message, StringComparison.Ordinal);
        Assert.Contains("expected a whole number", Assert.Throws<InvalidInputException>(() => file.Values["words"].Whole()).Message, StringComparison.Ordinal);
        Assert.Contains("expected a list of strings", Assert.Throws<InvalidInputException>(() => file.Values["numbers"].Texts()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_may_hold_lists_and_need_not_be_understood()
    {
        byte[] nested = [.. BitConverter.GetBytes(9u), .. BitConverter.GetBytes(2UL), .. BitConverter.GetBytes(4u), .. BitConverter.GetBytes(1UL), 1, 0, 0, 0, .. BitConverter.GetBytes(0u), .. BitConverter.GetBytes(3UL), 1, 2, 3];
        using var file = GgufFile.Open(folder.Write("x.gguf", new GgufWriter().Raw("n", 9, nested).U32("after", 7).ToBytes()));
        Assert.Equal(7, file.Values["after"].Whole());
    }

    [Theory]
    [InlineData(0, "starts with")]
    [InlineData(4, "version")]
    public void What_is_no_gguf_is_said_to_be_none(int at, string message)
    {
        var file = Small().ToBytes();
        file[at] ^= 64;
        Assert.Contains(message, Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_big_endian_file_is_named_as_such()
    {
        var file = Small().ToBytes();
        (file[4], file[7]) = (file[7], file[4]);
        Assert.Contains("big endian", Refused(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_are_not_read_are_named()
    {
        var message = Refused(new GgufWriter().Tensor("t", [256], 40, new byte[144]).ToBytes());
        Assert.Contains("tensor 't' has type NVFP4 (40); expected: one of BF16, F16, F32, IQ1_M, IQ1_S, IQ2_S", message, StringComparison.Ordinal);
        Assert.Contains("has type 99", Refused(new GgufWriter().Tensor("t", [256], 99, new byte[136]).ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_of_the_layout_are_kept()
    {
        Assert.Contains("rows of 33", Refused(new GgufWriter().Tensor("t", [33], 8, new byte[34]).ToBytes()), StringComparison.Ordinal);
        Assert.Contains("the file is cut short", Refused(Small().ToBytes()[..^5]), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("bytes after the last tensor", Refused([.. Small().ToBytes(), .. new byte[100]]), StringComparison.Ordinal);
        Assert.Contains("is there twice", Refused(new GgufWriter().U32("k", 1).U32("k", 1).ToBytes()), StringComparison.Ordinal);
        Assert.Contains("'t' is there twice", Refused(new GgufWriter().Tensor("t", [1], 1f).Tensor("t", [1], 1f).ToBytes()), StringComparison.Ordinal);
        Assert.Contains("'general.alignment' is 24", Refused(new GgufWriter().U32("general.alignment", 24).ToBytes()), StringComparison.Ordinal);
        Assert.Contains("5 dimensions", Refused(new GgufWriter().Tensor("t", [1, 1, 1, 1, 1], 1f).ToBytes()), StringComparison.Ordinal);
        Assert.Contains("sizes from 1", Refused(new GgufWriter().Tensor("t", [long.MaxValue, 4], 1f).ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_alignment_is_followed()
    {
        using var file = GgufFile.Open(folder.Write("x.gguf", new GgufWriter { Alignment = 64 }.U32("general.alignment", 64).Tensor("t", [2], 1, 2).Tensor("u", [1], 3f).ToBytes()));
        var value = new float[1];
        file.Tensors[1].Read(0, value);
        Assert.Equal(3f, value[0]);
    }

    [Fact]
    public void A_closed_file_says_so()
    {
        var file = GgufFile.Open(folder.Write("x.gguf", Small().ToBytes()));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Tensors[0].Read(0, new float[1]));
        Assert.Throws<ObjectDisposedException>(() => file.Values["words"].Texts());
    }
}
