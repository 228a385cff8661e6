using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Assay.Evaluation.Behaviour;
using Assay.Tests.Golden;
using FsCheck;
using FsCheck.Fluent;

namespace Assay.Tests.Evaluation.Behaviour;

/// <summary>Strict and flexible extraction of answers, by hand cases and properties.</summary>
public sealed class AnswerExtractionTests
{
    [Theory]
    [InlineData("8 + 28 = 36. The answer is 36.", "36", true, true)]
    [InlineData("The answer is 36.\nDo you want more?", "36", true, true)]
    [InlineData("The answer is 365.", "36", false, false)]
    [InlineData("The answer is 36", "36", false, true)]
    [InlineData("the answer is 3.5.", "3.5", true, true)]
    [InlineData("**The answer is 36.**", "36", true, true)]
    [InlineData("The answer is 35. No, wait. The answer is 36.", "36", true, true)]
    [InlineData("The answer is 36. No, wait. The answer is 35.", "36", false, false)]
    [InlineData("He has 36 apples.", "36", false, true)]
    [InlineData("He has 36 apples and eats 2.", "36", false, false)]
    [InlineData("It costs $1,000.00 in all.", "1000", false, true)]
    [InlineData("It costs 1000 euros.", "1,000", false, true)]
    [InlineData("It costs 1'000 or rather 1\u202F234\u202F567", "1234567", false, true)]
    [InlineData("So there are twelve of them.", "12", false, true)]
    [InlineData("So there are twenty-one of them.", "21", false, true)]
    [InlineData("That makes two hundred and five.", "205", false, true)]
    [InlineData("That makes a thousand two hundred.", "1200", false, true)]
    [InlineData("It is minus three.", "-3", false, true)]
    [InlineData("The answer is twelve.", "12", true, true)]
    [InlineData("There are 12 eggs. That is a good one.", "12", false, true)]
    [InlineData("Thus \\boxed{42}.", "42", false, true)]
    [InlineData("Thus \\boxed{-1{,}234} and not 5", "-1234", false, true)]
    [InlineData("Thus \\boxed{\\text{Finn}}", "Finn", false, true)]
    [InlineData("The result is **42**.", "42", false, true)]
    [InlineData("**Answer:** 42 apples, since 6 * 7 = 42, in 3 steps", "42", false, false)]
    [InlineData("**Answer:** 42 apples", "42", false, true)]
    [InlineData("The answer is 36. Check: 36 / 4 = 9", "36", true, true)]
    [InlineData("5 - 3 = -2? No: 2", "2", false, true)]
    [InlineData("10-5", "5", false, true)]
    [InlineData("It is \u22125 degrees", "-5", false, true)]
    [InlineData("It is -$5", "-5", false, true)]
    [InlineData("It is 50%", "50", false, true)]
    [InlineData("It is 1/2 of it", "0.5", false, true)]
    [InlineData("It is 2/4.", "1/2", false, true)]
    [InlineData("On 3/4/2020", "2020", false, true)]
    [InlineData("about 1.5e3 m", "1500", false, true)]
    [InlineData("It is 5km.", "5", false, true)]
    [InlineData("He came 3rd", "3", false, true)]
    [InlineData("x2 is 7, see x3", "7", false, true)]
    [InlineData("\uFF11\uFF12", "12", false, true)]
    [InlineData("#### 42", "42", false, true)]
    [InlineData("#### Step 4\nThere are 7 eggs.", "7", false, true)]
    [InlineData("no digits here", "5", false, false)]
    public void Numbers(string reply, string answer, bool strict, bool flexible) => Check(reply, new ExpectedAnswer(answer), strict, flexible);

    [Theory]
    [InlineData("The order is Dan, Eva, Finn. The answer is Finn.", true, true)]
    [InlineData("The answer is finn.", true, true)]
    [InlineData("The answer is \"Finn\".", true, true)]
    [InlineData("The answer is the tall Finn.", false, true)]
    [InlineData("The answer is Finnegan.", false, false)]
    [InlineData("Eva is taller than Finn, so it is Dan.", false, false)]
    [InlineData("Dan is taller, so it is Finn!", false, true)]
    [InlineData("It is Dan. Hello to Finnegan.", false, false)]
    public void Texts_among_candidates(string reply, bool strict, bool flexible) =>
        Check(reply, new ExpectedAnswer("Finn") { Candidates = ["Dan", "Eva", "Finn"] }, strict, flexible);

    [Fact]
    public void What_is_no_answer_is_none()
    {
        var closed = new ExpectedAnswer("Finn") { Candidates = ["Dan", "Eva", "Finn"] };
        Assert.Null(AnswerExtraction.Flexible("Nobody knows.", closed));
        Assert.Null(AnswerExtraction.Flexible("", closed));
        Assert.Null(AnswerExtraction.Flexible("Nobody knows.", new ExpectedAnswer("7")));
        Assert.Null(AnswerExtraction.Flexible(" ... ", new ExpectedAnswer("selppa")));
        // Of an open question any words are an answer, and a mention is the right one.
        Assert.Equal("Backwards.", AnswerExtraction.Flexible("Backwards.", new ExpectedAnswer("selppa")));
        Check("It is selppa, I hope.", new ExpectedAnswer("selppa"), false, true);
        Check("Sorted: 1 5 9", new ExpectedAnswer("1 5 9"), false, true);
        Check("Sorted: 1 9 5", new ExpectedAnswer("1 5 9"), false, false);
        Check("The answer is 1 5 9.", new ExpectedAnswer("1 5 9"), true, true);
        Check("The answer is 1 5 9.", new ExpectedAnswer("159"), false, false);
        Check("\u7B54\u6848\u662F\u732B\u3002", new ExpectedAnswer("\u732B") { Candidates = ["\u72D7", "\u732B"] }, false, true);
        Check("It is a B", new ExpectedAnswer("B") { Candidates = ["A", "B", "C"] }, false, true);
        Check("York and then New York", new ExpectedAnswer("New York") { Candidates = ["York", "New York"] }, false, true);
    }

    [Theory]
    [InlineData(".*")]
    [InlineData("(a+)+$")]
    [InlineData("[")]
    [InlineData("\\d+")]
    [InlineData("$1")]
    [InlineData("a|b")]
    public void An_expected_answer_is_never_a_pattern(string answer)
    {
        var expected = new ExpectedAnswer(answer) { Candidates = ["other"] };
        Check("The answer is aaaa 12 b.", expected, false, false);
        Check($"The answer is {answer}.", expected, true, true);
    }

    [Theory]
    [InlineData("The sum is 42\n#### 42", "42")]
    [InlineData("So 500 + 500 = 1000.\n#### 1,000", "1000")]
    [InlineData("So 500 + 500 = 1000.\n#### 1000", "1,000")]
    [InlineData("#### $1,000.00", "1000")]
    public void The_forms_of_gsm8k(string reply, string answer) => Check(reply, new ExpectedAnswer(answer) { Format = AnswerFormat.Hashes }, true, true);

    [Fact]
    public void Every_published_solution_of_gsm8k_is_right_both_ways()
    {
        var solutions = File.ReadLines(GoldenFiles.RequireInterop("corpora/gsm8k/test.jsonl"))
            .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("answer").GetString()!).ToList();
        Assert.Equal(1319, solutions.Count);
        foreach (var solution in solutions)
        {
            var answer = solution[(solution.LastIndexOf("####", StringComparison.Ordinal) + 4)..].Trim();
            Check(solution, new ExpectedAnswer(answer) { Format = AnswerFormat.Hashes }, true, true);
            // Stated in words it is right flexibly, and one more is wrong.
            Check($"In all that makes {answer} of them.", new ExpectedAnswer(answer), false, true);
            var more = BigInteger.Parse(answer.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) + 1;
            Check(solution, new ExpectedAnswer($"{more}") { Format = AnswerFormat.Hashes }, false, false);
        }
    }

    [Fact]
    public void A_number_is_found_however_it_is_written()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<int>(), n =>
        {
            string[] forms =
            [
                $"{n}", n.ToString("N0", CultureInfo.InvariantCulture), $"{n}.00", n.ToString("N2", CultureInfo.InvariantCulture), $"**{n}**",
                    $"\\boxed{{{n}}}", $"{n}%", $"{n} apples",
            ];
            return forms.All(f => new[] { $"The answer is {f}.", $"First 3, then {f}", $"#### {f}" }.All(r =>
                AnswerExtraction.IsRight(AnswerExtraction.Flexible(r, new ExpectedAnswer($"{n}")), new ExpectedAnswer($"{n}"))
                && !AnswerExtraction.IsRight(AnswerExtraction.Flexible(r, new ExpectedAnswer($"{n + 1L}")), new ExpectedAnswer($"{n + 1L}"))));
        });
        Check(property);
    }

    [Fact]
    public void What_is_right_strictly_is_right_flexibly_and_nothing_makes_it_fail()
    {
        string[] pieces = ["The answer is ", "36", ".", " ", "\n", "#### ", "\\boxed{", "}", "Finn", "twelve", "-", ",", "1/2", "e5", "**", "Answer: ", "a",
            "0", "\u00A0", "\"", "'", "\u732B"];
        var texts = Gen.ArrayOf(Gen.Elements(pieces)).Select(p => string.Concat(p)).ToArbitrary();
        ExpectedAnswer[] answers =
        [
            new("36"), new("Finn") { Candidates = ["a", "Finn"] }, new("1/2") { Format = AnswerFormat.Hashes }, new("12") { Format = AnswerFormat.Boxed },
                new("a b"), new("."),
        ];
        Check(Prop.ForAll(texts, text => answers.All(e =>
            !AnswerExtraction.IsRight(AnswerExtraction.Strict(text, e), e) || AnswerExtraction.IsRight(AnswerExtraction.Flexible(text, e), e))));
    }

    [Fact]
    public void The_last_candidate_is_that_of_a_slow_search_through_all_words()
    {
        string[] candidates = ["ab", "b", "ab c", "c"];
        var texts = Gen.ArrayOf(Gen.Elements("ab", "b", "c", " ", ",", "x")).Select(p => string.Concat(p)).ToArbitrary();
        Check(Prop.ForAll(texts, text =>
        {
            var slow = (from candidate in candidates
                        from at in Enumerable.Range(0, text.Length)
                        let end = at + candidate.Length
                        where end <= text.Length && text[at..end] == candidate
                            && (at == 0 || !char.IsLetter(text[at - 1])) && (end == text.Length || !char.IsLetter(text[end]))
                        orderby end descending, candidate.Length descending
                        select candidate).FirstOrDefault();
            return AnswerExtraction.Flexible(text, new ExpectedAnswer("b") { Candidates = candidates }) == slow;
        }));
    }

    [Fact]
    public void Number_words_are_those_of_a_slow_speller()
    {
        foreach (var n in Enumerable.Range(0, 1200).Concat([1999, 2000, 20_015, 100_001, 999_999, 1_000_000, 12_345_678]))
            Check($"It is {Spell(n)}!", new ExpectedAnswer($"{n}"), false, true);
    }

    private static string Spell(int n)
    {
        string[] small = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
            "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
        string[] tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
        if (n < 20) return small[n];
        if (n < 100) return tens[n / 10 - 2] + (n % 10 == 0 ? "" : "-" + small[n % 10]);
        if (n < 1000) return small[n / 100] + " hundred" + (n % 100 == 0 ? "" : " and " + Spell(n % 100));
        var (size, word) = n < 1_000_000 ? (1000, "thousand") : (1_000_000, "million");
        return Spell(n / size) + " " + word + (n % size == 0 ? "" : (n % size < 100 ? " and " : " ") + Spell(n % size));
    }

    private static void Check(Property property) => FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);

    private static void Check(string reply, ExpectedAnswer expected, bool strict, bool flexible) => Assert.Equal((reply, strict, flexible),
        (reply, AnswerExtraction.IsRight(AnswerExtraction.Strict(reply, expected), expected),
            AnswerExtraction.IsRight(AnswerExtraction.Flexible(reply, expected), expected)));
}
