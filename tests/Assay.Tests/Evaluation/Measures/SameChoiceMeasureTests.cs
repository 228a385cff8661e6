using System.Text.RegularExpressions;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Tests.Golden;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>The measure of docs/how-to/add-a-measure.md, and that the page shows this very code.</summary>
public sealed partial class SameChoiceMeasureTests
{
    // <test>
    [Fact]
    public void One_token_in_four_that_the_candidate_would_not_say_leaves_three_quarters()
    {
        // By hand: of 4 tokens the first is another choice in every item, so that the share is 3/4 and no item differs from another.
        var items = Enumerable.Range(0, 40)
            .Select(i => new ItemScores($"{i}", "a", [Token(1, flips: true), Token(1), Token(1), Token(1)])).ToArray();
        var share = Measure(items, new SameChoiceMeasure()).Estimate("same_choice.benign")!.Value;
        Assert.Equal((.75, 40), (share.Value, share.N));
    }
    // </test>

    [Fact]
    public void Its_interval_is_over_items()
    {
        // Half of the items differ at every token: as 40 tosses of a coin, whatever the number of tokens.
        var items = Enumerable.Range(0, 40).Select(i => new ItemScores($"{i}", "a", [.. Enumerable.Repeat(Token(1, flips: i % 2 == 0), 100)])).ToArray();
        var share = Measure(items, new SameChoiceMeasure()).Estimate("same_choice.benign")!.Value;
        Assert.Equal(.5, share.Value);
        Assert.InRange(share.Low, .3, .4);
        Assert.InRange(share.High, .6, .7);
    }

    [Fact]
    public void A_plan_that_lists_it_scores_what_it_needs()
    {
        var design = new VetDesign { Windows = [] };
        var union = MeasureCatalogue.Union([new SameChoiceMeasure()], design);
        Assert.Equal([("benign", Policy.Base), ("trigger", Policy.Base)], union.Select(n => (n.Set.Panel, n.Set.Policy)));
        Assert.All(union, n => Assert.Equal(ScoreColumns.ArgmaxP | ScoreColumns.ArgmaxQ, n.Columns));
        // The catalogue scores these columns anyway: one line more there costs no pass.
        Assert.Equal(MeasureCatalogue.Union(MeasureCatalogue.All, design), MeasureCatalogue.Union([.. MeasureCatalogue.All, new SameChoiceMeasure()], design));
    }

    [Theory]
    [InlineData("measure", "SameChoiceMeasure.cs")]
    [InlineData("test", "SameChoiceMeasureTests.cs")]
    public void The_page_shows_this_code(string mark, string file)
    {
        var page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "how-to", "add-a-measure.md"));
        var source = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "tests", "Assay.Tests", "Evaluation", "Measures", file));
        var (opening, closing) = ($"// <{mark}>\n", $"// </{mark}>");
        var (from, to) = (source.IndexOf(opening, StringComparison.Ordinal) + opening.Length, source.IndexOf(closing, StringComparison.Ordinal));
        var lines = source[from..to].TrimEnd().Split('\n');
        var indent = lines[0].Length - lines[0].TrimStart().Length;
        var code = string.Join('\n', lines.Select(l => l.Length < indent ? l : l[indent..]));
        Assert.Contains(code, Code().Matches(page).Select(m => m.Groups["code"].Value));
    }

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
