using Assay.Reports;

namespace Assay.Tests.Reports;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("1", 1L)]
    [InlineData("536870912", 536870912L)]
    [InlineData("512B", 512L)]
    [InlineData("1k", 1024L)]
    [InlineData("512M", 512L << 20)]
    [InlineData("2G", 2L << 30)]
    [InlineData("2GB", 2L << 30)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("1T", 1L << 40)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("1,5G")]
    [InlineData("G")]
    [InlineData("iB")]
    [InlineData("1e9")]
    [InlineData("1 000")]
    [InlineData("1GG")]
    [InlineData("0x10")]
    [InlineData("0.0001K")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999T")]
    public void Anything_else_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory, InlineData(1023L, "1023 B"), InlineData(1536L, "1.5 KiB"), InlineData(1L << 31, "2 GiB")]
    public void Sizes_are_shown(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));
}
