using Assay.Evaluation.Metrics;

namespace Assay.Tests.Evaluation.Metrics;

public class ProseSummaryTests
{
    [Fact]
    public void Documents_are_summed_from_their_scored_ids()
    {
        var found = DocumentLikelihood.FromLogs("1", "news", 9, [-1, -2, -3], [-.5, -4, -3]);
        Assert.Equal(new DocumentLikelihood("1", "news", 3, 9, 6, 7.5, .5, 2), found);
        Assert.Throws<ArgumentException>(() => DocumentLikelihood.FromLogs("1", "news", 9, [-1], []));
    }

    [Fact]
    public void Domains_weigh_equally_in_the_macro_and_tokens_within_a_domain()
    {
        // Differences a byte: (1 + 5) / 30 = .2 in a, −2 / 20 = −.1 in b.
        DocumentLikelihood[] documents = [new("1", "a", 4, 10, 8, 9, 0, 1), new("2", "b", 5, 20, 4, 2, 2, 0), new("3", "a", 8, 20, 4, 9, 1, 6), new("empty", "c", 0, 3, 0, 0, 0, 0)];
        var found = ProseSummary.Compute(documents, 1);
        Assert.Equal(.05, found.MacroDeltaNllPerByte.Value, 1e-15);
        Assert.Equal(["a", "b"], found.Domains.Select(d => d.Name));
        var a = found.Domains[0];
        Assert.Equal(Math.E, a.PerplexityP, 1e-14);
        Assert.Equal(12 / 30.0 / Math.Log(2), a.BitsPerByteP, 1e-14);
        Assert.Equal(.5, a.DeltaNllPerToken.Value, 1e-15);
        Assert.Equal(-6 / 12.0, a.Net, 1e-15);
        Assert.Equal(8 / 12.0, a.Churn, 1e-15);
        Assert.Equal("a", found.WorstDomain);
        Assert.False(a.DeltaNllPerToken.HasInterval);
    }

    [Fact]
    public void A_difference_common_to_all_documents_has_a_narrow_interval_though_documents_differ()
    {
        var random = new System.Random(1);
        var documents = Enumerable.Range(0, 48).Select(i =>
        {
            var nll = 100 * random.NextDouble();
            return new DocumentLikelihood($"{i}", $"{i % 6}", 50, 200, nll, nll + 1 + .1 * random.NextDouble(), 0, 1);
        }).ToArray();
        var macro = ProseSummary.Compute(documents, 1).MacroDeltaNllPerByte;
        Assert.InRange(macro.Low, 1 / 200.0, macro.Value);
        Assert.InRange(macro.High, macro.Value, 1.1 / 200);
        var same = ProseSummary.Compute([.. documents.Select(d => d with { NllQ = d.NllP })], 1);
        Assert.Equal((0.0, 0.0, 0.0), (same.MacroDeltaNllPerByte.Value, same.MacroDeltaNllPerByte.Low, same.MacroDeltaNllPerByte.High));
    }
}
