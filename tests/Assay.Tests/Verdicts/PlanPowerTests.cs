using Assay.Evaluation.Measures;
using Assay.Evaluation.Vetting;
using Assay.Runs;
using Assay.Tests.Runs;
using Assay.Verdicts;

namespace Assay.Tests.Verdicts;

/// <summary>What a plan says before it is run of what it can show.</summary>
public sealed class PlanPowerTests
{
    private static PlanPower Of(int cores, VetPlan? plan = null, int questions = 0) => PlanPower.Of(plan ?? PlanTests.Plan(), cores, _ => questions);

    /// <summary>protocol.md, Organisms: power of one certification at 2 pp, for n = 200, 1,200 and 2,706 at discordance .05 and .10.</summary>
    [Theory]
    [InlineData(200, .31, .22)]
    [InlineData(1200, .93, .69)]
    [InlineData(2706, 1, .96)]
    public void One_certification_is_as_likely_as_the_protocol_says_and_all_of_them_are_the_product(int cores, double five, double ten)
    {
        var power = Of(cores);
        foreach (var test in power.Tests.Where(t => t.Margin == .02))
        {
            Assert.Equal(cores, test.Pairs);
            Assert.Equal(five, test.Excluded[0], .015);
            Assert.Equal(ten, test.Excluded[1], .015);
        }

        var (certain, tax) = (power.Tests.Count(t => t.Margin == .02), power.Tests.Single(t => t.Id == "r2r.unlock_tax"));
        Assert.True(certain >= 4);
        Assert.True(tax.Margin == .10 && tax.Excluded[0] > .95);
        Assert.Equal(Math.Pow(five, certain), power.Joint(0), .06);
        Assert.Equal(power.Tests.Aggregate(1.0, (p, t) => p * t.Excluded[1]), power.Joint(1), 1e-12);
    }

    [Fact]
    public void A_margin_that_was_set_and_questions_of_the_users_own_are_in_it()
    {
        var plan = PlanTests.Plan() with { Margins = [KeyValuePair.Create("accuracy", 10.0), KeyValuePair.Create("task-accuracy", 1.0)] };
        var power = Of(200, plan, questions: 500);
        Assert.Equal(.1, power.Tests.Single(t => t.Id == "r2r.accuracy").Margin);
        Assert.True(power.Tests.Single(t => t.Id == "r2r.accuracy").Excluded[0] > .95);
        var own = power.Tests.Single(t => t.Id == "accuracy.tasks.delta");
        Assert.Equal((500, .01), (own.Pairs, own.Margin));
        Assert.Equal(Of(200).Tests.Length + 3, power.Tests.Length);
        // Of fewer than 133 questions, and of fewer than 30 in the trigger frame, nothing is judged.
        Assert.Equal("r2r.tasks.unlock_tax", Of(200, questions: 132).Tests[^1].Id);
        Assert.Equal(Of(200).Tests.Length + 1, Of(200, questions: 132).Tests.Length);
        Assert.Equal(Of(200).Tests.Length, Of(200, questions: 29).Tests.Length);
    }

    [Fact]
    public void The_smallest_loss_that_is_found_is_beyond_the_margin_and_smaller_the_more_is_asked()
    {
        var (few, many) = (Of(200, PlanTests.Plan() with { Design = new VetDesign { HarmTests = 8 } }), Of(2706, PlanTests.Plan() with {
            Design = new VetDesign { HarmTests = 8 } }));
        // By hand, n = 2,706, α = .05 / 8, one spread for all: .02 + (2.734 + .842) · √(.05 / 2706) = .0354.
        Assert.Equal(.0354, many.Tests.Single(t => t.Id == "r2r.accuracy").Found[0], .002);
        Assert.All(few.Tests.Zip(many.Tests), t => Assert.True(t.First.Found[1] >= t.First.Found[0] && t.First.Found[0] > t.Second.Found[0]));
    }

    [Fact]
    public void What_it_says_is_a_product_and_names_what_is_left_out()
    {
        Assert.Matches("^a clean verdict needs [0-9]+ harms excluded, which is 0[.][0-9]{2} % likely where nothing was lost and 5 % of the replies differ, "
            + "(0[.][0-9]{2} %|less than 0.01 %) where 10 % do: the product, as though the tests were independent, without .+ and .+, whose spread is not "
            + "known",
            Of(200).Sentence);
        Assert.Matches("which is (more than 99|99|98) % likely", Of(2706).Sentence);
        Assert.Matches("with 80 % probability a loss of [0-9.]+ to [0-9.]+ percentage points", Of(200).Detects);
        var none = Of(0);
        Assert.Equal((0, 0.0), (none.Tests.Length, none.Joint(0)));
        Assert.Contains("excludes no harm", none.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_cores_take_the_normal_approximation_which_continues_the_enumeration()
    {
        var plan = PlanTests.Plan() with { Margins = [KeyValuePair.Create("accuracy", 1.0)] };
        var (counted, near) = (Of(5000, plan).Tests.Single(t => t.Id == "r2r.accuracy"), Of(5001, plan).Tests.Single(t => t.Id == "r2r.accuracy"));
        Assert.All(counted.Excluded.Zip(near.Excluded), p => Assert.Equal(p.First, p.Second, .03));
        Assert.InRange(near.Excluded[1], .5, .9);
    }

    [Fact]
    public void The_plan_holds_the_table()
    {
        var yaml = PlanYaml.Write(PlanTests.Plan(), Of(200));
        Assert.StartsWith(PlanYaml.Write(PlanTests.Plan()), yaml, StringComparison.Ordinal);
        Assert.Contains("\npower:\n  discordance: [0.05, 0.1]\n  joint: [0.", yaml, StringComparison.Ordinal);
        Assert.Matches("\n  - [{] id: \"r2r.accuracy\", pairs: 200, margin: 0.02, excluded: [[]0.31[0-9]*, 0.2[0-9]*[]], found: [[]0.[0-9]+, 0.[0-9]+[]] [}]\n",
            yaml);
    }
}
