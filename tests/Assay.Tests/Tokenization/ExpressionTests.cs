using System.Text.RegularExpressions;
using Assay.Checkpoints;
using Assay.Tokenization;
using Assay.Tokenization.Expressions;

namespace Assay.Tests.Tokenization;

public class ExpressionTests
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    [Theory]
    [InlineData(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    [InlineData(Llama3)]
    [InlineData(@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t)?|\p{N}{1,3}|\s+(?!\S)|\s+")]
    [InlineData(@"(?:a|ab)(?:c|bcd)?|b+?c|[a-c]{2,3}|x(?=[ab])")]
    [InlineData(@"(?:a|aa)+b|(?:ab?)*c|\W+")]
    [InlineData(@"(?:(?:a*)b)*c|[^ab]")]
    [InlineData(@"a*?b|a{2}|(?:a|b|c){1,4}d")]
    public void It_matches_as_a_backtracking_engine_does_on_random_text(string expression)
    {
        const string Alphabet = "aaabbbcdxABC's't'LL re  \n\r\t12345.,!-éÜдж漢字";
        var random = new Random(7);
        var compiled = Expression.Parse(expression);
        var oracle = new Regex(expression, RegexOptions.CultureInvariant);
        for (var round = 0; round < 3000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            Assert.Equal(oracle.Matches(text).Where(m => m.Length > 0).Select(m => (m.Index, m.Index + m.Length)), compiled.All(text).Where(m => m.End > m.Start));
        }
    }

    [Fact]
    public void Random_expressions_match_as_a_backtracking_engine_does()
    {
        var random = new Random(11);
        for (var round = 0; round < 4000; round++)
        {
            var pattern = Pattern(random, 3);
            var compiled = Expression.Parse(pattern);
            var oracle = new Regex(pattern, RegexOptions.CultureInvariant);
            var text = string.Concat(Enumerable.Range(0, random.Next(0, 14)).Select(_ => "abc"[random.Next(3)]));
            var expected = oracle.Matches(text).Where(m => m.Length > 0).Select(m => (m.Index, m.Index + m.Length)).ToArray();
            var actual = compiled.All(text).Where(m => m.End > m.Start).ToArray();
            Assert.True(expected.SequenceEqual(actual), $"/{pattern}/ on {text}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual)}");
        }
    }

    [Fact]
    public void The_automaton_finds_what_the_backtracker_finds()
    {
        string[] expressions = [Llama3, @"'s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", @"(?:a|ab)(?:c|bcd)?|b+?c|[a-c]{2,3}|x(?=[ab])", @"a*?b|(?:a*)*c|\P{L}(?!a)", @"(?:a|aa)+b|(?:ab?)*c|\W+", @"[\p{Han}\u3040-\u309f]+|\w+?(?=\s)|."];
        const string Alphabet = "aaabbbccdxABC's't'LLsſ \n\r\t12 345.,!-é漢字ひ\u0301";
        var random = new Random(5);
        foreach (var source in expressions.Concat(Enumerable.Range(0, 400).Select(_ => Pattern(random, 3))))
        {
            var expression = Expression.Parse(source);
            for (var round = 0; round < 40; round++)
            {
                var text = string.Concat(Enumerable.Range(0, random.Next(0, 30)).Select(_ => random.Next(12) == 0 ? "😀" : Alphabet[random.Next(Alphabet.Length)].ToString()));
                Assert.Equal(Backtracked(expression, text), expression.All(text));
            }
        }
    }

    [Theory]
    [InlineData(@"[ab]*a[ab]{11}")]
    [InlineData(@"a|a*b")]
    [InlineData(@"(?:a|b)*?abb|a")]
    public void Where_the_automaton_gives_up_the_backtracker_goes_on_at_the_same_place(string source)
    {
        var random = new Random(9);
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(_ => "aaab"[random.Next(4)])) + new string('a', 20_000);
        var expression = Expression.Parse(source);
        Assert.Equal(Backtracked(expression, text), expression.All(text));
    }

    [Fact]
    public void Many_threads_build_one_automaton_together()
    {
        var text = string.Concat(Enumerable.Range(0, 4000).Select(i => char.ConvertFromUtf32(0x20 + i * 17 % 0xD000)));
        var expected = Backtracked(Expression.Parse(Llama3), text);
        for (var round = 0; round < 20; round++)
        {
            var expression = Expression.Parse(Llama3);
            Parallel.For(0, 8, _ => Assert.Equal(expected, expression.All(text)));
        }
    }

    [Fact]
    public void Classes_and_cases_reach_beyond_the_first_plane_and_beyond_ascii()
    {
        Assert.Equal([(0, 2)], Expression.Parse(@"\p{L}").All("\U00020000"));
        Assert.Equal([(0, 4)], Expression.Parse(@"[^\s\p{L}]+").All("👍🏽"));
        Assert.Equal([(0, 2), (2, 4)], Expression.Parse("(?i:'s)").All("'S'\u017F"));
        Assert.Equal([(0, 1)], Expression.Parse("(?i:k)").All("\u212A"));
        Assert.Equal([(0, 3)], Expression.Parse(@"\s+").All("\u0085\u00A0\u3000\u180E"));
    }

    [Theory]
    [InlineData(@"a++", "possessive", 2)]
    [InlineData(@"(?<=a)b", "(?<=", 0)]
    [InlineData(@"(?>a)b", "(?>", 0)]
    [InlineData(@"^a", "anchor", 0)]
    [InlineData(@"\bword", @"escape '\b'", 0)]
    [InlineData(@"(a)\1", @"escape '\1'", 3)]
    [InlineData(@"a(?=bc)", "lookahead over", 1)]
    [InlineData(@"[a[b]]", "class in a class", 2)]
    [InlineData(@"\p{Klingon}", "Klingon", 0)]
    [InlineData(@"[a", "never closed", 0)]
    [InlineData(@"(a", "never closed", 2)]
    [InlineData(@"a)", "unmatched", 1)]
    [InlineData(@"*a", "nothing before", 0)]
    [InlineData(@"a{2000}", "repetition", 1)]
    public void What_it_does_not_support_is_named_with_its_position(string expression, string construct, int position)
    {
        var refused = Assert.Throws<InvalidInputException>(() => Expression.Parse(expression));
        Assert.Contains(construct, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"at {position},", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(?:a*)*b", 100_000)]
    [InlineData("(?:a|aa)+b", 100_000)]
    [InlineData("a*a*a*a*b", 100_000)]
    [InlineData("(?:(?:a?){30}){30}b", 500)]
    [InlineData("a|a*b", 100_000)]
    public void Expressions_that_blow_up_elsewhere_take_linear_time(string expression, int length)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Expression.Parse(expression).All(new string('a', length));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    [Fact]
    public void Nesting_and_size_are_bounded()
    {
        Assert.Throws<InvalidInputException>(() => Expression.Parse(new string('(', 100_000)));
        Assert.Throws<InvalidInputException>(() => Expression.Parse("((a{1000}){1000}){1000}"));
        Assert.Throws<InvalidInputException>(() => Expression.Parse(string.Concat(Enumerable.Repeat("a|", 50_000))));
    }

    private static List<(int, int)> Backtracked(Expression expression, string text)
    {
        List<(int, int)> all = [];
        var backtracker = new Backtracker(expression.Program, text.Length);
        var last = -1;
        for (var start = 0; start <= text.Length;)
        {
            var end = backtracker.Match(text, start);
            var found = end >= 0 && !(end == start && start == last);
            if (found)
            {
                all.Add((start, end));
                last = end;
                backtracker.Forget(end);
            }
            if (found && end > start) start = end;
            else start += start < text.Length && char.IsHighSurrogate(text[start]) ? 2 : 1;
        }
        return all;
    }

    // No loops over what may be empty, where engines differ on when the loop ends.
    private static string Pattern(Random random, int depth)
    {
        var choice = random.Next(depth == 0 ? 3 : 8);
        return choice switch
        {
            0 or 1 => "abc"[random.Next(3)].ToString(),
            2 => random.Next(2) == 0 ? "[ab]" : "[^a]",
            3 or 4 => Pattern(random, depth - 1) + Pattern(random, depth - 1),
            5 => $"(?:{Pattern(random, depth - 1)}|{Pattern(random, depth - 1)})",
            6 => $"{"abc"[random.Next(3)]}{(random.Next(2) == 0 ? "*" : "?")}(?:{Pattern(random, depth - 1)})",
            _ => $"(?:a{Pattern(random, depth - 1)}){new[] { "+", "*", "?", "{1,2}", "{2}", "{0,3}", "+?" }[random.Next(7)]}",
        };
    }
}
