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
}
