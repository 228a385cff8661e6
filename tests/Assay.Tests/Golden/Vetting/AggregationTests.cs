using System.Globalization;
using System.Text.Json;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Tests.Evaluation.Measures;

namespace Assay.Tests.Golden.Vetting;

/// <summary>Recorded token scores add up to what numpy makes of them. What a case does not record is not asked for.</summary>
public class AggregationTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Folders("vetting");

    [Theory, MemberData(nameof(Cases))]
    public void Recorded_scores_add_up_to_the_recorded_figures(string name)
    {
        var @case = VettingCase.Load(name);
        var design = new VetDesign { Windows = [], Samples = 1 };
        var sets = new List<(ContextSet, IReadOnlyList<ItemScores>)>();
        foreach (var panel in design.Panels)
        {
            sets.Add((VetDesign.BaseAnswers(panel), @case.Items("greedy_p", panel)));
            sets.Add((VetDesign.CandidateAnswers(panel), @case.Items("greedy_q", panel)));
            sets.Add((VetDesign.BaseAnswers(panel, 1), @case.Items("sample_p", panel)));
            sets.Add((VetDesign.CandidateAnswers(panel, 1), @case.Items("sample_q", panel)));
        }

        var found = Scores.Measure(design, MeasureCatalogue.All, [.. sets]);
        var compared = VettingFigures.Compare(@case.Expected, found, (expected, value, what) => VettingCase.Near(expected, value, what));
        Assert.True(compared > 100, $"{compared} figures were compared.");
    }
}

/// <summary>Figures of a golden file against measurements.</summary>
internal static class VettingFigures
{
    private static readonly string[] s_panels = [VetDesign.Benign, VetDesign.Trigger];

    /// <summary>Compares everything that both panels record.</summary>
    /// <returns>How many figures.</returns>
    public static int Compare(JsonElement golden, MeasurementSet found, Action<double, double, string> near)
    {
        var count = 0;
        foreach (var panel in s_panels)
        {
            var expected = golden.GetProperty(panel);
            Divergence(expected.GetProperty("r1_greedy"), $"kld.{panel}");
            Divergence(expected.GetProperty("r2_greedy_reverse"), $"reverse_kld.{panel}.r2");
            Check(expected.GetProperty("first_token_kl"), $"kld.{panel}.first_token");
            foreach (var bin in expected.GetProperty("r1_greedy").GetProperty("by_base_confidence").EnumerateArray())
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"kld.{panel}.base_confidence.{bin.GetProperty("from").GetDouble()}-{bin.GetProperty("to").GetDouble()}");
                Assert.Equal(bin.GetProperty("tokens").GetInt64(), found.Estimate(id)!.Value.N);
                if (bin.GetProperty("mean").ValueKind == JsonValueKind.Null) Assert.True(double.IsNaN(found.Estimate(id)!.Value.Value));
                else Check(bin.GetProperty("mean"), id);
            }

            var flips = found.Estimate($"confident_flips.{panel}.count")!.Value;
            Assert.Equal(expected.GetProperty("r1_greedy").GetProperty("confident_tokens").GetInt64(), flips.N);
            Check(expected.GetProperty("r1_greedy").GetProperty("confident_flips"), $"confident_flips.{panel}.count");
            Check(expected.GetProperty("r1_greedy").GetProperty("flips"), $"flips.{panel}");
            foreach (var figure in expected.GetProperty("sampled").EnumerateObject()) Check(figure.Value,
                $"sampled.{panel}.{figure.Name}{(figure.Name == "policy_gap" ? "_unfloored" : "")}");
            Check(expected.GetProperty("cross_entropy_on_base_answers").GetProperty("p"), $"nll.{panel}.base");
            Check(expected.GetProperty("cross_entropy_on_base_answers").GetProperty("q"), $"nll.{panel}.candidate");
            if (expected.GetProperty("delta_nll_on_base_answers_from_16") is { ValueKind: JsonValueKind.Number } late) Check(late, $"nll.{panel}.delta_from_16");
            var temperature = expected.GetProperty("temperature");
            Check(temperature.GetProperty("entropy_drift"), $"entropy.{panel}.drift");
            if (found.Find($"temperature.{panel}.best") is null) continue;
            Check(temperature.GetProperty("temperature"), $"temperature.{panel}.best");
            Check(temperature.GetProperty("kl_at_it"), $"temperature.{panel}.kld_at_best");
            Check(temperature.GetProperty("explained"), $"temperature.{panel}.explained");
        }

        Check(golden.GetProperty("selectivity_trigger_over_benign_log"), "selectivity_unfloored");
        return count;

        void Divergence(JsonElement expected, string id)
        {
            Check(expected.GetProperty("mean_of_items"), $"{id}.mean");
            Check(expected.GetProperty("token_pooled"), $"{id}.token_pooled");
            Check(expected.GetProperty("first_token_share"), $"{id}.first_token_share");
            Check(expected.GetProperty("cvar99_tokens"), $"{id}.cvar99_tokens");
            Check(expected.GetProperty("cvar90_items"), $"{id}.cvar90_items");
            Check(expected.GetProperty("worst_item_share"), $"{id}.worst_item_share");
            Check(expected.GetProperty("trimmed5_item_mean"), $"{id}.trimmed_mean");
            Assert.Equal(expected.GetProperty("items_of_16").GetInt64(), found.Estimate($"{id}.late_over_first_unfloored")!.Value.N);
            if (expected.GetProperty("late_over_first_log_unfloored") is { ValueKind: JsonValueKind.Number } late) Check(late, $"{id}.late_over_first_unfloored");
            else Assert.True(double.IsNaN(found.Estimate($"{id}.late_over_first_unfloored")!.Value.Value));
            foreach (var bin in expected.GetProperty("curve").EnumerateArray())
            {
                var name = $"{id}.position.{bin.GetProperty("from").GetInt32()}-{bin.GetProperty("to").GetInt32()}";
                Assert.Equal(bin.GetProperty("tokens").GetInt64(), found.Estimate(name)!.Value.N);
                Check(bin.GetProperty("mean"), name);
            }

            foreach (var quantile in expected.GetProperty("quantiles_type7").EnumerateObject()) Check(quantile.Value, $"{id}.quantile.{quantile.Name}");
        }

        void Check(JsonElement expected, string id)
        {
            Assert.True(found.Find(id) is not null, $"There is no measurement {id}.");
            near(expected.GetDouble(), found.Estimate(id)!.Value.Value, id);
            count++;
        }
    }
}
