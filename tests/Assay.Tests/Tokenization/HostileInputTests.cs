using System.Diagnostics;
using System.Text;
using Assay.Checkpoints;
using Assay.Tests.Golden;
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
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
        Assert.Equal(text, tokenizer.Decode(ids, false));
    }

    public static IEnumerable<TheoryDataRow<string>> Tokenizers()
        => GoldenFiles.Folders("tokenizers").Select(row => row.Data).Concat(GoldenFiles.Interop is null ? [] : Directory.GetDirectories(Path.Combine(GoldenFiles.Interop, "tokenizers")).Order(StringComparer.Ordinal)
            .Where(f => File.Exists(Path.Combine(f, "tokenizer.json"))).Select(f => Path.Combine("interop", Path.GetFileName(f)))).Select(name => new TheoryDataRow<string>(name));

    [Theory, MemberData(nameof(Tokenizers))]
    public void A_fifth_of_a_megabyte_of_one_thing_is_bounded_for_every_tokenizer(string name)
    {
        var folder = name.StartsWith("interop", StringComparison.Ordinal) ? GoldenFiles.RequireInterop(Path.Combine("tokenizers", Path.GetFileName(name))) : GoldenFiles.Require("tokenizers", name);
        var tokenizer = Tokenizer.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        foreach (var unit in new[] { " ", "a", "1", "\n", ".", "👍", "\u0301", "漢", "a ", "é", "<s>" })
        {
            var text = string.Concat(Enumerable.Repeat(unit, 200_000 / Encoding.UTF8.GetByteCount(unit)));
            var clock = Stopwatch.StartNew();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var ids = tokenizer.Encode(text, false);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{unit}: {clock.Elapsed}");
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 192L << 20, $"{unit}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
            tokenizer.Decode(ids, true);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{unit}, decoding: {clock.Elapsed}");
        }
    }

    [Fact]
    public void Merges_that_rejoin_the_whole_text_again_and_again_take_n_log_n()
    {
        // Every length has its token, and the merges are ranked so that the text shrinks by one symbol at a time from the left, or from the right, or in halves.
        string[] vocabulary = [.. Enumerable.Range(1, 300).Select(n => new string('a', n))];
        string[][] adversaries =
        [
            [.. Enumerable.Range(1, 299).Select(n => $"{new string('a', n)} a")],
            [.. Enumerable.Range(1, 299).Reverse().Select(n => $"{new string('a', n)} a")],
            [.. Enumerable.Range(1, 299).Select(n => $"a {new string('a', n)}")],
            [.. Enumerable.Range(1, 150).SelectMany(n => Enumerable.Range(1, 150).Select(m => $"{new string('a', n)} {new string('a', m)}"))],
        ];
        foreach (var merges in adversaries)
        {
            var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(vocabulary, merges));
            var clock = Stopwatch.StartNew();
            var ids = tokenizer.Encode(new string('a', 1 << 20), false);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
            Assert.Equal(1 << 20, ids.Sum(id => id + 1));
        }
    }

    [Fact]
    public void Long_tokens_and_long_words_cost_what_they_are_long()
    {
        var long1000 = new string('a', 1000);
        var unigram = Tokenizer.Parse($$$"""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1],["{{{long1000}}}",-2]]}}""");
        var word = Tokenizer.Parse($$$$"""{"model":{"type":"WordPiece","unk_token":"?","continuing_subword_prefix":"","max_input_chars_per_word":2000000000,"vocab":{"?":0,"a":1,"{{{{long1000}}}}":2}}}""");
        foreach (var tokenizer in new[] { unigram, word })
        {
            var clock = Stopwatch.StartNew();
            tokenizer.Encode(new string('a', 1 << 18), false);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
        }
        Assert.Contains("longer than", Assert.Throws<InvalidInputException>(() => Tokenizer.Parse($$$"""{"model":{"type":"Unigram","vocab":[["{{{new string('a', 2000)}}}",0]]}}""")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NFC")]
    [InlineData("NFKD")]
    public void A_megabyte_of_combining_marks_is_normalized_within_seconds(string form)
    {
        var tokenizer = Tokenizer.Parse(TokenizerBuilder.Json(["a"], normalizer: $"{{\"type\":\"{form}\"}}"));
        var clock = Stopwatch.StartNew();
        tokenizer.Encode("a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 250_000)), false);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
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

    private const int Mutations = 10_000;

    [Fact]
    public void Mutated_files_of_every_style_give_a_working_tokenizer_or_a_clear_error()
    {
        var sources = GoldenFiles.Folders("tokenizers").Select(row => Path.Combine(GoldenFiles.Root, "tokenizers", row.Data, "tokenizer.json")).Where(File.Exists).Select(File.ReadAllBytes).ToArray();
        if (sources.Length == 0) Assert.Skip("No golden tokenizers.");
        var random = new Random(23);
        var (read, refused) = (0, 0);
        for (var round = 0; round < Mutations; round++)
        {
            var source = sources[random.Next(sources.Length)];
            // Mostly where the settings are; vocabulary and merges are long and much alike.
            var settings = source.AsSpan().IndexOf("\"vocab\""u8) is > 0 and var at ? at : source.Length;
            var bytes = (byte[])source.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var place = random.Next(random.Next(4) == 0 ? bytes.Length : Math.Min(settings, bytes.Length));
                switch (random.Next(4))
                {
                    case 0: bytes[place] ^= (byte)(1 << random.Next(8)); break;
                    case 1: bytes[place] = (byte)"{}[]\",:\\0123456789-eEtfn"[random.Next(23)]; break;
                    case 2: bytes = [.. bytes[..place], .. bytes[Math.Min(bytes.Length, place + random.Next(1, 40))..]]; break;
                    default: bytes = [.. bytes[..place], .. bytes[Math.Max(0, place - random.Next(1, 60))..]]; break;
                }
            }
            try
            {
                var tokenizer = Tokenizer.Parse(bytes);
                tokenizer.Decode(tokenizer.Encode("Hello  world's 123 <s> naïve 日本 😀\u0301", true), true);
                read++;
            }
            catch (InvalidInputException)
            {
                refused++;
            }
        }
        Assert.True(read > 100 && refused > 100, $"{read} read, {refused} refused");
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
        for (var round = 0; round < Mutations; round++)
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
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(300), $"{clock.Elapsed}");
    }
}
