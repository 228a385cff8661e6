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
}
