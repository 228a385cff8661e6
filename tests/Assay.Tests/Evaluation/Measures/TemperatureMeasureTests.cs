using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

public class TemperatureMeasureTests
{
    private static IEnumerable<double> Temperatures => Enumerable.Range(0, TemperatureGrid.Nodes.Count).Select(k => 1 / TemperatureGrid.Nodes[k]);

    /// <summary>KL(p‖softmax(z / T)) in double.</summary>
    private static double Kl(double[] p, double[] z, double temperature)
    {
        var most = z.Max();
        var log = Math.Log(z.Sum(v => Math.Exp((v - most) / temperature)));
        return p.Zip(z, (a, v) => a * (Math.Log(a) - ((v - most) / temperature - log))).Sum();
    }

    private static double[] Softmax(double[] z)
    {
        var most = z.Max();
        var sum = z.Sum(v => Math.Exp(v - most));
        return [.. z.Select(v => Math.Exp(v - most) / sum)];
    }

    [Theory]
    [InlineData(.6)]
    [InlineData(1)]
    [InlineData(1.3)]
    [InlineData(6)]
    public void A_candidate_that_is_the_base_at_another_temperature_is_explained_whole(double temperature)
    {
        // z_q = T z_p: dividing by T gives the base again.
        var random = new System.Random(3);
        using var store = ScoreStore.Temporary();
        var set = VetDesign.BaseAnswers(VetDesign.Benign);
        store.Declare(set, Enumerable.Range(0, 40).Select(i => $"{i}"));
        for (var i = 0; i < 40; i++)
        {
            double[] z = [.. Enumerable.Range(0, 50).Select(_ => 4 * random.NextDouble() - 2)], p = Softmax(z), q = [.. z.Select(v => v * temperature)];
            store.Add([(ScoreStore.ContextKey(set, $"{i}"), ScoreStore.Encode(new ContextItem($"{i}", "a", i, 0, [new Context(0, [0, 1], 1, 1, true)]))),
                (ScoreStore.ScoreKey(set, $"{i}"), ScoreStore.Encode([[Scores.Token(Kl(p, q, 1))]], ScoreColumns.All, [[.. Temperatures.Select(t => Kl(p, q, t))]]))]);
        }

        var found = new MeasurementSet(new TemperatureMeasure().Compute(new MeasureInput(store, new Statistician(1), new VetDesign { Panels = [VetDesign.Benign], Windows = [] })));
        if (temperature == 1) Assert.IsType<AtFloor>(found.Find("temperature.benign.explained")!.Value);
        else
        {
            Assert.Equal(temperature, found.Estimate("temperature.benign.best")!.Value.Value, 1e-4 * temperature);
            Assert.Equal(1, found.Estimate("temperature.benign.explained")!.Value.Value, 1e-6);
            Assert.Equal(0, found.Estimate("temperature.benign.kld_at_best")!.Value.Value, 1e-6);
        }
    }

    [Fact]
    public void What_a_temperature_leaves_is_raised_to_the_floor()
    {
        // q is p at another temperature, so that nothing is left at the best one: 1 − floor / what there was.
        double[] z = [-1, 0, 2, .5], p = Softmax(z), q = [.. z.Select(v => 2 * v)];
        var there = Kl(p, q, 1);
        foreach (var floor in new[] { .25 * there, 2 * there })
        {
            using var store = ScoreStore.Temporary();
            var set = VetDesign.BaseAnswers(VetDesign.Benign);
            store.Declare(set, Enumerable.Range(0, 40).Select(i => $"{i}"));
            store.Add([.. Enumerable.Range(0, 40).SelectMany(i => new[]
            {
                (ScoreStore.ContextKey(set, $"{i}"), ScoreStore.Encode(new ContextItem($"{i}", "a", i, 0, [new Context(0, [0, 1], 1, 1, true)]))),
                (ScoreStore.ScoreKey(set, $"{i}"), ScoreStore.Encode([[Scores.Token(there)]], ScoreColumns.All, [[.. Temperatures.Select(t => Kl(p, q, t))]])),
                (ScoreStore.ScoreKey(set.Under("floor"), $"{i}"), ScoreStore.Encode([[Scores.Token(floor)]], ScoreColumns.All)),
            })]);
            var design = new VetDesign { Panels = [VetDesign.Benign], Windows = [], Yardsticks = ["floor"] };
            var explained = new MeasurementSet(new TemperatureMeasure().Compute(new MeasureInput(store, new Statistician(1), design)))
                .Find("temperature.benign.explained")!.Value;
            if (floor < there) Assert.Equal(1 - .25, explained.Estimate.Value, 1e-9);
            else Assert.IsType<AtFloor>(explained);
        }
    }

    [Fact]
    public void The_interpolant_is_the_sum_between_its_nodes()
    {
        var random = new System.Random(5);
        double[] z = [.. Enumerable.Range(0, 200).Select(_ => 20 * random.NextDouble() - 10)], p = Softmax([.. z.Select(v => v / 2 + random.NextDouble())]);
        double[] sums = [.. Temperatures.Select(t => Kl(p, z, t))];
        for (var inverse = .15; inverse <= 2; inverse += .0037)
            Assert.Equal(Kl(p, z, 1 / inverse), TemperatureGrid.At(sums, inverse), 1e-6 + 1e-6 * Kl(p, z, 1 / inverse));
        for (var k = 0; k < TemperatureGrid.Nodes.Count; k++) Assert.Equal(sums[k], TemperatureGrid.At(sums, TemperatureGrid.Nodes[k]), 1e-9 * sums[k]);
    }
}
