using Assay.Evaluation;
using Assay.Evaluation.Measures;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

public class PerplexityMeasureTests
{
    private static MeasurementSet Perplexity(params IReadOnlyList<ItemScores> documents) =>
        Measure(new VetDesign { Panels = [], Windows = [512] }, [new PerplexityMeasure()], (VetDesign.Prose(512), documents));

    private static ItemScores Document(string id, string domain, long bytes, params (double P, double Q)[] logs) =>
        new(id, domain, [.. logs.Select(l => Token(0, logP: -l.P, logQ: -l.Q))]) { Bytes = bytes };

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
        // NLL of the base and the candidate: 8 and 9 of 4 tokens, 4 and 2 of 5, 4 and 9 of 8. Differences a byte: (1 + 5) / 30 = .2 in a, −2 / 20 = −.1 in b.
        var found = Perplexity(Document("1", "a", 10, (2, 3), (2, 2), (2, 2), (2, 2)), Document("2", "b", 20, (2, 0), (.5, .5), (.5, .5), (.5, .5), (.5, .5)),
            Document("3", "a", 20, (1, 0), (0, 6), (.5, .5), (.5, .5), (.5, .5), (.5, .5), (.5, .5), (.5, .5)), Document("empty", "c", 3));
        Assert.Equal(.05, found.Estimate("prose.macro.delta_nll_per_byte")!.Value.Value, 1e-15);
        Assert.Null(found.Find("prose.c.perplexity_base"));
        Assert.Equal(Math.E, Value("prose.a.perplexity_base"), 1e-14);
        Assert.Equal(12 / 30.0 / Math.Log(2), Value("prose.a.bits_per_byte_base"), 1e-14);
        Assert.Equal(.5, Value("prose.a.delta_nll"), 1e-15);
        Assert.Equal((1 / 12.0, 7 / 12.0), (Value("prose.a.gain"), Value("prose.a.loss")));
        Assert.Equal(.5, Value("prose.worst.delta_nll"), 1e-15);
        Assert.EndsWith(" a", found.Find("prose.worst.delta_nll")!.Where.Words, StringComparison.Ordinal);
        Assert.False(found.Estimate("prose.a.delta_nll")!.Value.HasInterval);

        double Value(string id) => found.Estimate(id)!.Value.Value;
    }

    /// <summary>Two documents of one domain lose 1 nat a token over 3 tokens, one of another .5 over 2: (1 + .5) / 2.</summary>
    [Fact]
    public void The_logarithm_of_the_ratio_of_perplexities_is_a_mean_over_domains()
    {
        var found = Perplexity(Document("1", "a", 10, (1, 2)), Document("2", "a", 10, (1, 2), (1, 2)), Document("3", "b", 10, (1, 1.5), (1, 1.5)));
        Assert.Equal(.75, found.Estimate("prose.macro.delta_nll")!.Value.Value, 1e-15);
    }

    [Fact]
    public void An_exchange_of_base_and_candidate_turns_the_sign_of_every_difference_exactly()
    {
        var random = new System.Random(3);
        double Log() => Math.Log(1 + 9 * random.NextDouble());
        var documents = Enumerable.Range(0, 96).Select(i => (Name: $"{i}", Domain: $"{i % 3}", Logs: Enumerable.Range(0, 1 + random.Next(30))
            .Select(_ => (P: Log(), Q: Log())).ToArray())).ToList();
        var there = Perplexity([.. documents.Select(d => Document(d.Name, d.Domain, 50, d.Logs))]);
        var back = Perplexity([.. documents.Select(d => Document(d.Name, d.Domain, 50, [.. d.Logs.Select(l => (l.Q, l.P))]))]);
        string[] ids = ["prose.macro.delta_nll", "prose.macro.delta_nll_per_byte", .. Enumerable.Range(0, 3).Select(i => $"prose.{i}.delta_nll")];
        foreach (var id in ids)
        {
            var (one, other) = (there.Estimate(id)!.Value, back.Estimate(id)!.Value);
            Assert.True(one.HasInterval);
            Assert.Equal(one.Value, -other.Value);
            Assert.Equal(one.Low, -other.High, 1e-12);
            Assert.Equal(one.High, -other.Low, 1e-12);
        }
    }

    [Fact]
    public void A_difference_common_to_all_documents_has_a_narrow_interval_though_documents_differ()
    {
        var random = new System.Random(1);
        var documents = Enumerable.Range(0, 48).Select(i =>
        {
            var nll = 100 * random.NextDouble();
            return Document($"{i}", $"{i % 6}", 200, (nll, nll + 1 + .1 * random.NextDouble()));
        }).ToArray();
        var macro = Perplexity(documents).Estimate("prose.macro.delta_nll_per_byte")!.Value;
        Assert.InRange(macro.Low, 1 / 200.0, macro.Value);
        Assert.InRange(macro.High, macro.Value, 1.1 / 200);
        var same = Perplexity([.. documents.Select(d => d with { Tokens = [.. d.Tokens.Select(t => t with { LogQ = t.LogP })] })]).Estimate("prose.macro.delta_nll_per_byte")!.Value;
        Assert.Equal((0.0, 0.0, 0.0), (same.Value, same.Low, same.High));
    }
}
