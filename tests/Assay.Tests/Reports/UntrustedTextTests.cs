using Assay.Reports;

namespace Assay.Tests.Reports;

public sealed class UntrustedTextTests
{
    [Theory]
    [InlineData("plain text, ünïcode, 漢字, 🙂", "plain text, ünïcode, 漢字, 🙂")]
    [InlineData("a\u001b[31mb", "a\\u{1b}[31mb")]
    [InlineData("a\u009bb", "a\\u{9b}b")]
    [InlineData("a\u202eb", "a\\u{202e}b")]
    [InlineData("a\u200bb", "a\\u{200b}b")]
    [InlineData("a\u2028b", "a\\u{2028}b")]
    [InlineData("a\0\a\bb", "a\\u{0}\\u{7}\\u{8}b")]
    [InlineData("a\r\nb\tc", "a\\r\\nb\\tc")]
    public void What_steers_a_terminal_becomes_visible(string text, string expected) => Assert.Equal(expected, UntrustedText.Visible(text));

    [Fact]
    public void Half_a_surrogate_pair_becomes_visible() => Assert.Equal("a\\u{d800}b\\u{dc00}", UntrustedText.Visible("a" + (char)0xd800 + "b" + (char)0xdc00));

    [Fact]
    public void Lines_stay_where_they_are_wanted() => Assert.Equal("a\n\tb\\r", UntrustedText.Visible("a\n\tb\r", keepLines: true));

    [Fact]
    public void No_character_of_the_first_planes_passes_that_is_a_control_or_a_format()
    {
        for (var c = 0; c <= 0xFFFF; c++)
            foreach (var shown in UntrustedText.Visible(((char)c).ToString()))
                Assert.False(char.IsControl(shown) || char.IsSurrogate(shown) || char.GetUnicodeCategory(shown) == System.Globalization.UnicodeCategory.Format, $"U+{c:X4}");
    }
}
