using System.Diagnostics;
using System.Text;
using Assay.Checkpoints;
using Assay.Tokenization;

namespace Assay.Tests.Tokenization;

public class HostileInputTests
{
    [Theory]
    [InlineData(" ")]
    [InlineData("a")]
    [InlineData("\n")]
    [InlineData("👍")]
    [InlineData("\u0301")]
    [InlineData("'")]
    [InlineData("<|im_start|")]
    public void A_megabyte_of_one_thing_is_encoded_within_seconds(string unit)
    {
        var tokenizer = TokenizerBuilder.Organism();
        var text = string.Concat(Enumerable.Repeat(unit, (1 << 20) / Encoding.UTF8.GetByteCount(unit)));
        var clock = Stopwatch.StartNew();
        var ids = tokenizer.Encode(text, false);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"{clock.Elapsed}");
        Assert.Equal(text, tokenizer.Decode(ids, false));
    }

    [Theory]
    [InlineData("NFC")]
    [InlineData("NFKD")]
    public void A_megabyte_of_combining_marks_is_normalized_within_seconds(string form)
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], normalizer: $"{{\"type\":\"{form}\"}}"));
        var clock = Stopwatch.StartNew();
        tokenizer.Encode("a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 250_000)), false);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"{clock.Elapsed}");
    }

    [Fact]
    public void A_replacement_that_multiplies_text_is_stopped()
    {
        var step = """{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""";
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], normalizer: $"{{\"type\":\"Sequence\",\"normalizers\":[{string.Join(',', Enumerable.Repeat(step, 12))}]}}"));
        Assert.Throws<InvalidInputException>(() => tokenizer.Encode("a", false));
    }

    [Fact]
    public void Components_nested_without_end_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 30)) + string.Concat(Enumerable.Repeat("]}", 30));
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(TokenizerBuilder.Json(["a"], normalizer: deep)));
        Assert.Throws<InvalidInputException>(() => Tokenizer.Parse(new string('[', 1_000_000)));
    }

    [Fact]
    public void Mutated_files_give_a_working_tokenizer_or_a_clear_error()
    {
        var source = Encoding.UTF8.GetBytes(TokenizerBuilder.Json([.. TokenizerBuilder.Bytes(), "ab", "<s>"], ["a b"], "\"unk_token\":\"<s>\",\"fuse_unk\":true,", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}""",
            """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false}]}""",
            """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[257]}}}""",
            """{"type":"ByteLevel"}""", $"[{TokenizerBuilder.Added(257, "<s>")}]"));
        var random = new Random(17);
        var (read, refused) = (0, 0);
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < 4000; round++)
        {
            var bytes = (byte[])source.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(5))
                {
                    case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    case 1: bytes[at] = (byte)"{}[]\",:\\0123456789-eE"[random.Next(20)]; break;
                    case 2: bytes = bytes[..at]; break;
                    case 3: bytes = [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]]; break;
                    default: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 6))..]]; break;
                }
                if (bytes.Length == 0) break;
            }
            try
            {
                var tokenizer = Tokenizer.Parse(bytes);
                tokenizer.Decode(tokenizer.Encode("Hello  world's 123 <s> naïve 日本", true), true);
                read++;
            }
            catch (InvalidInputException)
            {
                refused++;
            }
        }
        Assert.True(read > 100 && refused > 100, $"{read} read, {refused} refused");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }
}
