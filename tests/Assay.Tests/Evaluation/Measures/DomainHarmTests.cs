using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>ΔNLL of a domain after the best temperature, from distributions of which every number is known.</summary>
public sealed class DomainHarmTests
{
    private const int Vocabulary = 50, Tokens = 6;

    private static double[] LogSoftmax(double[] z)
    {
        var most = z.Max();
        var log = most + Math.Log(z.Sum(v => Math.Exp(v - most)));
        return [.. z.Select(v => v - log)];
    }

    private static double Kl(double[] p, double[] q) => p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum();

    /// <summary>A scored token of logits z under the base and z′ under the candidate, with its divergences at other temperatures.</summary>
    private static (Assay.Evaluation.TokenScore Score, double[] Fits) Scored(double[] z, double[] other, int token)
    {
        double[] p = LogSoftmax(z), q = LogSoftmax(other);
        var score = Scores.Token(Kl(p, q), logP: p[token], logQ: q[token]) with { Token = token, EntropyP = -p.Sum(v => v * Math.Exp(v)) };
        return (score, [.. Enumerable.Range(0, TemperatureGrid.Nodes.Count)
            .Select(k => Kl(p, LogSoftmax([.. other.Select(v => v * TemperatureGrid.Nodes[k])])))]);
    }

    /// <summary>Documents whose tokens are drawn from the base. The candidate has the base's logits times <paramref name="factor"/>; in the domain
    /// <paramref name="worse"/> noise is added to them.</summary>
    private static MeasurementSet Measured(double factor, string? worse = null, int documents = 40, bool fitted = true)
    {
        var random = new System.Random(7);
        using var store = ScoreStore.Temporary();
        var (benign, prose) = (VetDesign.BaseAnswers(VetDesign.Benign), VetDesign.Prose(512));
        Put(benign, Enumerable.Range(0, 40).Select(i => ($"{i}", "a")), _ => null);
        Put(prose, new[] { "code", "news" }.SelectMany(d => Enumerable.Range(0, documents).Select(i => ($"{d}/{i}", d))), d => d);
        return new MeasurementSet(new PerplexityMeasure().Compute(new MeasureInput(store, new Statistician(1),
            new VetDesign { Panels = [VetDesign.Benign], Windows = [512], HarmTests = 10 })));

        void Put(ContextSet set, IEnumerable<(string Id, string Stratum)> items, Func<string, string?> domain)
        {
            var all = items.ToList();
            store.Declare(set, all.Select(i => i.Id));
            store.Add([.. all.SelectMany(item =>
            {
                var tokens = Enumerable.Range(0, Tokens).Select(_ =>
                {
                    double[] z = [.. Enumerable.Range(0, Vocabulary).Select(_ => 8 * random.NextDouble() - 4)];
                    var noisy = domain(item.Stratum) is { } name && name == worse;
                    return Scored(z, [.. z.Select(v => factor * v + (noisy ? 6 * random.NextDouble() : 0))], Draw(LogSoftmax(z)));
                }).ToList();
                double[] fits = [.. Enumerable.Range(0, TemperatureGrid.Nodes.Count).Select(k => tokens.Sum(t => t.Fits[k]))];
                return new[]
                {
                    (ScoreStore.ContextKey(set, item.Id), ScoreStore.Encode(new ContextItem(item.Id, item.Stratum, 0, 9,
                        [new Context(0, [0, .. tokens.Select(t => t.Score.Token)], 1, 1, true)]))),
                    (ScoreStore.ScoreKey(set, item.Id), ScoreStore.Encode([[.. tokens.Select(t => t.Score)]], ScoreColumns.All, fitted ? [fits] : null)),
                };
            })]);
        }

        int Draw(double[] log)
        {
            var u = random.NextDouble();
            for (var k = 0; k < log.Length; k++)
                if ((u -= Math.Exp(log[k])) < 0) return k;
            return log.Length - 1;
        }
    }

    private static Quantity Harm(MeasurementSet found, string domain) => found.Find($"prose.{domain}.delta_nll_at_best_temperature")!.Value;

    [Theory]
    [InlineData(.6)]
    [InlineData(1.7)]
    public void What_a_temperature_explains_is_no_harm_of_a_domain(double factor)
    {
        var found = Measured(factor);
        foreach (var domain in new[] { "code", "news" })
        {
            Assert.True(Math.Abs(found.Estimate($"prose.{domain}.delta_nll")!.Value.Value) > .03);
            var harm = Assert.IsType<Assay.Evaluation.Measures.Harm>(Harm(found, domain));
            Assert.Equal(0, harm.Of.Value, 1e-4);
            Assert.Equal((.95, .90, 1 - .05 / 10, 40), (harm.Of.Level, harm.OneSided.Level, harm.Simultaneous.Level, harm.Of.N));
        }
    }

    [Fact]
    public void What_no_temperature_explains_is_one_and_of_that_domain_alone()
    {
        var found = Measured(1.7, worse: "news");
        Assert.Equal(0, Harm(found, "code").Estimate.Value, 1e-4);
        Assert.InRange(Harm(found, "news").Estimate.Low, .25, 3);
        Assert.Equal(["prose.code.delta_nll_at_best_temperature", "prose.news.delta_nll_at_best_temperature"],
            Assay.Verdicts.HarmTable.Domains(found).Select(h => h.Id));
    }

    [Fact]
    public void Without_a_fit_the_plain_difference_is_judged_and_few_documents_give_no_interval()
    {
        var found = Measured(1.7, documents: 29, fitted: false);
        Assert.Equal(found.Estimate("prose.code.delta_nll")!.Value.Value, Harm(found, "code").Estimate.Value, 1e-12);
        Assert.False(Harm(found, "code").Estimate.HasInterval);
    }

    /// <summary>Two tokens as often as each other: ln 2 a token. A base of 1 nat does not beat that; one of .5 does.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(.5, true)]
    public void A_domain_that_a_unigram_model_predicts_as_well_is_not_judged(double nll, bool judged)
    {
        ItemScores[] documents = [.. Enumerable.Range(0, 30).Select(i => new ItemScores($"{i}", "lists",
            [.. Enumerable.Range(0, 4).Select(k => Scores.Token(0, logP: -nll, logQ: -nll - 1) with { Token = k % 2 })]) { Bytes = 4 })];
        var found = Scores.Measure(new VetDesign { Panels = [], Windows = [512] }, [new PerplexityMeasure()], (VetDesign.Prose(512), documents));
        Assert.Equal(Math.Log(2), found.Estimate("prose.lists.unigram_nll")!.Value.Value, 1e-15);
        Assert.Equal(judged, Harm(found, "lists") is not NotMeasurable);
        Assert.Equal(1, found.Estimate("prose.lists.delta_nll")!.Value.Value, 1e-15);
    }
}
