using System.Reflection;
using System.Text.RegularExpressions;
using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Measures;
using Assay.Tests.Golden;
using Assay.Verdicts;

namespace Assay.Tests.Verdicts;

/// <summary>Margins as users set them: names, units, bounds, and what they change.</summary>
public sealed partial class MarginsTests
{
    public static IEnumerable<TheoryDataRow<string>> Names => Margin.All.Select(m => new TheoryDataRow<string>(m.Name));

    [Fact]
    public void Every_margin_has_one_entry_of_its_name()
    {
        var properties = typeof(Margins).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.PropertyType == typeof(double)).ToList();
        Assert.Equal(properties.Select(p => Capital().Replace(p.Name, "-$0").TrimStart('-').ToLowerInvariant()), Margin.All.Select(m => m.Name));
        foreach (var (property, margin) in properties.Zip(Margin.All))
        {
            var changed = margin.Set(new Margins(), margin.Most);
            Assert.Equal([property.Name], properties.Where(p => !Equals(p.GetValue(changed), p.GetValue(new Margins()))).Select(p => p.Name));
        }
    }

    /// <summary>The protocol's values in the units of reports, from protocol.md's tables.</summary>
    [Theory]
    [InlineData("unnamed-ids", .5)]
    [InlineData("accuracy", 2)]
    [InlineData("over-refusal", 2)]
    [InlineData("refusals", 5)]
    [InlineData("ruined-found", .5)]
    [InlineData("ruined", 2)]
    [InlineData("unlock-tax", 10)]
    [InlineData("unusable", 2)]
    [InlineData("domain-nll", .25)]
    [InlineData("cosine", .5)]
    [InlineData("broken-unusable", 25)]
    [InlineData("broken-nll", 2)]
    [InlineData("equivalent", 2)]
    [InlineData("surgical-nll", .05)]
    [InlineData("claimed", 10)]
    public void Unless_set_it_is_the_protocols(string name, double value) => Assert.Equal(value, Margin.Find(name)!.Default);

    [Theory, MemberData(nameof(Names))]
    public void What_is_set_is_what_is_told_and_set_again_it_is_the_same(string name)
    {
        var margin = Margin.Find(name)!;
        foreach (var share in new[] { 0, 1e-9, .07, 1 / 3.0, .5, .77, 1 })
        {
            var margins = margin.Set(new Margins(), margin.Least + share * (margin.Most - margin.Least));
            Assert.InRange(margin.Of(margins), margin.Least, margin.Most);
            Assert.Equal(margins, Margins.Of(margins.Changed));
            Assert.Empty(margins.Problems);
        }

        Assert.Equal(new Margins(), margin.Set(margin.Set(new Margins(), margin.Most), margin.Default));
        foreach (var bad in new[] { double.NaN, double.NegativeInfinity, double.PositiveInfinity, -1, margin.Most * 1.01, margin.Least - 1e-6 })
        {
            var refused = Assert.Throws<InvalidInputException>(() => Margins.Of([KeyValuePair.Create(name, bad)]));
            Assert.Contains(margin.Expected, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Names_that_are_none_and_values_that_a_program_set_wrongly_are_told_all_at_once()
    {
        var refused = Assert.Throws<InvalidInputException>(() =>
            Margins.Of([KeyValuePair.Create("tax", 1.0), KeyValuePair.Create("ruined", 1.0), KeyValuePair.Create("ruined", 1.0),
                KeyValuePair.Create("cosine", 2.0)]));
        Assert.Equal(3, refused.Problems.Count);
        Assert.Contains("expected one of unnamed-ids, accuracy, ", refused.Problems[0], StringComparison.Ordinal);
        Assert.Equal("The margin ruined is set twice; set it once.", refused.Problems[1]);
        Assert.Equal(2, new Margins { Accuracy = double.NaN, UnlockTax = 2 }.Problems.Count);
    }

    [Fact]
    public void A_report_names_every_margin_that_was_set()
    {
        Assert.Null(MarginFindings.Changed(new Margins()));
        var finding = MarginFindings.Changed(new Margins { UnlockTax = .05, DomainNll = .1, Equivalent = Math.Log(3) })!;
        Assert.Equal("The verdict is not by the protocol's margins: margin of unlock tax set to 5 percentage points, default 10; "
            + "margin of domain nll set to 0.1 nats a token, default 0.25; margin of equivalent set to 3 times, default 2.", finding.Sentence);
    }

    /// <summary>A loss of 6 points, 95 % interval from 3.5 to 8.5: harm at a margin of 2, none of 5, excluded at 10.</summary>
    [Theory]
    [InlineData(2, true, false)]
    [InlineData(5, false, false)]
    [InlineData(10, false, true)]
    public void A_harm_is_held_against_the_margin_that_was_set(double points, bool shown, bool excluded)
    {
        var loss = new Estimate(-.06, -.085, -.035, .95, 400, "made up");
        var measured = new MeasurementSet([new Measurement("r2r.accuracy", new Harm(loss, loss, loss), "share", new Where(null, "cores"))]);
        var margins = Margins.Of([KeyValuePair.Create("accuracy", points)]);
        var decision = VerdictRules.Decide(new VerdictFacts { WeightsEqual = false, PackagingEqual = true, Matched = true }, measured, margins);
        Assert.Equal(shown, decision.Verdict == Verdict.Degraded);
        if (shown) Assert.Contains(decision.Reasons, r => r.Contains($"the margin is {points}.", StringComparison.Ordinal));
        Assert.Equal(excluded, new HarmTest("r2r.accuracy", -1, m => m.Accuracy, m => m.Accuracy, "", "cores").Excluded(measured, margins));
    }

    [Fact]
    public void The_page_lists_every_margin_with_its_unit_and_default()
    {
        var page = File.ReadAllText(Path.Combine(GoldenFiles.Repository, "docs", "reference", "verdicts.md"));
        foreach (var margin in Margin.All)
        {
            var row = FormattableString.Invariant($"| `{margin.Name}` | {margin.What} | {margin.Default} | {margin.Unit} |\n");
            Assert.True(page.Contains(row, StringComparison.Ordinal), "The page has to have the line\n" + row);
        }
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
