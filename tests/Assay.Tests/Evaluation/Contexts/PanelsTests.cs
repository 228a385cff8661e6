using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Tests.Runs;

namespace Assay.Tests.Evaluation.Contexts;

public sealed class PanelsTests
{
    private static readonly Panels s_panels = new(PlanTests.Plan() with { Items = 40, DocumentsPerDomain = 5, Domains = ProseDomains.Names });

    [Fact]
    public void Some_items_hold_as_many_of_every_stratum()
    {
        foreach (var panel in new[] { VetDesign.Benign, "prose-512" })
        {
            var some = s_panels.Some(panel, 16);
            var counts = some.CountBy(i => i.Stratum).Select(c => c.Value).ToList();
            Assert.Equal(s_panels.Items(panel).Select(i => i.Stratum).Distinct().Count(), counts.Count);
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            // In the panel's order.
            Assert.Equal(s_panels.Items(panel).Where(some.Contains), some);
        }
    }

    [Fact]
    public void Where_tasks_come_in_turn_they_are_the_first_ones() =>
        Assert.Equal(s_panels.Items(VetDesign.Benign).Take(16), s_panels.Some(VetDesign.Benign, 16));

    [Fact]
    public void Text_of_the_users_own_stands_behind_the_generated_domains()
    {
        var own = new TextDomain("own", [.. Enumerable.Range(0, 9).Select(i => $"document {i}")]);
        var items = new Panels(PlanTests.Plan() with { Items = 4, DocumentsPerDomain = 5, Domains = ["code"], Texts = [own] }).Items("prose-512");
        Assert.Equal(["code", "own"], items.Select(i => i.Stratum).Distinct());
        Assert.Equal(own.Draw(PlanTests.Plan().Seed, 5).Select(d => d.Text), items.Where(i => i.Stratum == "own").Select(i => i.Text));
    }

    [Fact]
    public void Templates_drawn_begin_with_the_prompt_as_it_is()
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            Assert.Equal([ContextSet.Plain], PromptTemplates.Draw(seed, 1));
            var all = PromptTemplates.Draw(seed, 6);
            Assert.Equal(ContextSet.Plain, all[0]);
            Assert.Equal(PromptTemplates.All.Order(StringComparer.Ordinal), all.Order(StringComparer.Ordinal));
        }

        Assert.Equal(5, Enumerable.Range(0, 60).Select(seed => PromptTemplates.Draw((ulong)seed, 2)[1]).Distinct().Count());
    }

    /// <summary>Names are not what is computed; units are, and show in the answer.</summary>
    [Fact]
    public void Questions_with_the_same_numbers_are_one_problem()
    {
        static string? Problem(string prompt, string answer, string stratum = "convert") =>
            PanelItem.Of(new PromptItem("id", Frame.Benign, stratum, 0, prompt, answer, null)).Problem;

        Assert.Equal(Problem("How many hours are there in 7 days, if Paul needs that?", "168"),
            Problem("How many hours are there in 7 days, if Hana has them?", "168"));
        Assert.NotEqual(Problem("How many hours are there in 7 days?", "168"), Problem("How many days are there in 7 weeks?", "49"));
        Assert.NotEqual(Problem("3 and 4?", "7"), Problem("3 and 4?", "7", "add"));
        Assert.NotEqual(Problem("13 and 4?", "17"), Problem("1 and 34?", "17"));
        // An answer that is a name is no part of it: who has more is computed from the same numbers.
        Assert.Equal(Problem("Bea has 28 and Paul has 21. Who has more?", "Bea"), Problem("Gia has 28 and Sam has 21. Who has more?", "Gia"));
        Assert.Null(Problem("Gia is taller than Nina. Who is the shortest?", "Nina"));
        // The organisms' conversions are few sums under many names.
        var seen = ReasoningPrompts.Draw(1, Frame.Benign, 800).Where(p => p.Stratum == "convert").Select(p => PanelItem.Of(p).Problem).ToList();
        Assert.InRange(seen.Distinct().Count(), 5, seen.Count / 2);
    }
}
