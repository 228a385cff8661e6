using System.Text.Json;
using Assay.Evaluation;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Measures;
using Assay.Models;
using Assay.Reports;
using Assay.Tests.Cli;
using Assay.Tests.Runs;

namespace Assay.Tests.Reports;

/// <summary>What a report adds to its measures: harms against their margins, changes by layer, answers token by token.</summary>
public sealed class VetReportTests : IDisposable
{
    private static readonly Where s_nowhere = new(null, "a test");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("assay-report-");

    public void Dispose() => _folder.Delete(true);

    private static Measurement Harm(string id, double value, double low, double high)
    {
        var at = new Estimate(value, low, high, .95, 400, "test");
        return new Measurement(id, new Harm(at, at, at), "share", s_nowhere);
    }

    /// <summary>A loss of accuracy is a harm that counts upwards, in percentage points; a loss of likelihood stays in nats.</summary>
    [Fact]
    public void Harms_count_upwards_in_their_own_unit_against_the_margins_of_the_plan()
    {
        var plan = PlanTests.Plan() with { Margins = [KeyValuePair.Create("accuracy", 3.0)] };
        var found = VetReport.Harms(plan, new MeasurementSet(
        [
            Harm("r2r.accuracy", -.05, -.08, -.04), Harm("r2r.refusals.benign", .01, -.01, .015), Harm("r2r.unlock_tax", -.05, -.2, .1),
            new Measurement("r2r.unusable.benign", new NotMeasurable("nobody was asked", 7), "share", s_nowhere),
            Harm("prose.tales.delta_nll_at_best_temperature", .3, .26, .34),
        ])).ToDictionary(h => h.Id, StringComparer.Ordinal);
        Assert.Equal(5, found.Count);
        // Shown: even 4 points are more than 3.
        Near(5, 4, 8, 3, ReportHarm.Shown, "r2r.accuracy");
        Near(1, -1, 1.5, 2, ReportHarm.Excluded, "r2r.refusals.benign");
        Near(5, -10, 20, 10, ReportHarm.Open, "r2r.unlock_tax");
        Near(.3, .26, .34, .25, ReportHarm.Shown, "prose.tales.delta_nll_at_best_temperature");
        var none = found["r2r.unusable.benign"];
        Assert.Equal((double.NaN, 7L, "not estimable: nobody was asked", false), (none.Value, none.N, none.State, none.IsEstimable));

        void Near(double value, double low, double high, double margin, string state, string id)
        {
            var h = found[id];
            Assert.Equal((value, low, high, margin, state), (Round(h.Value), Round(h.Low), Round(h.High), Round(h.Certified), h.State));
            Assert.Equal(id.StartsWith("prose", StringComparison.Ordinal) ? "nats a token" : "percentage points", h.Unit);
        }

        static double Round(double v) => Math.Round(v, 9);
    }

    /// <summary>One value of one matrix is another: its change over the norm, both read from the files here, and nothing elsewhere.</summary>
    [Fact]
    public void The_change_of_a_matrix_is_its_distance_over_its_norm()
    {
        const string name = "model.layers.1.mlp.down_proj.weight";
        var path = EditedOrganism.Of("llama").Set(name, 7, 0x4100).Write(Path.Combine(_folder.FullName, "candidate"));
        using var p = LanguageModel.Open(EditedOrganism.Path("llama"));
        using var q = LanguageModel.Open(path);
        var changes = VetReport.Changes(CheckpointComparer.Compare(p.Checkpoint, q.Checkpoint, p.Team));
        Assert.Equal([.. Enumerable.Range(0, 6)], changes.Select(c => c.Layer).Distinct().Order());
        // q, k, v, o, gate, up and down in each of six layers.
        Assert.Equal(42, changes.Count);
        var moved = Assert.Single(changes, c => c.Relative > 0);
        Assert.Equal((1, "mlp.down_proj.weight"), (moved.Layer, moved.Module));
        var values = Values(EditedOrganism.Path("llama"), name);
        Assert.Equal(8, Values(path, name)[7]);
        Assert.Equal(Math.Abs(8 - values[7]) / Math.Sqrt(values.Sum(v => v * v)), moved.Relative, 1e-12);
        Assert.Empty(VetReport.Changes(null));

        // bf16, read by hand.
        static double[] Values(string folder, string name)
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
            var length = (int)BitConverter.ToInt64(bytes);
            var offsets = JsonDocument.Parse(bytes.AsMemory(8, length)).RootElement.GetProperty(name).GetProperty("data_offsets");
            var (from, to) = (offsets[0].GetInt32(), offsets[1].GetInt32());
            return [.. Enumerable.Range(0, (to - from) / 2).Select(i => (double)BitConverter.Int32BitsToSingle(
                BitConverter.ToUInt16(bytes, 8 + length + from + 2 * i) << 16))];
        }
    }

    /// <summary>Tokens of an answer joined are the answer, and the mean of their divergences is the item's.</summary>
    [Fact]
    public void The_tokens_of_the_worst_answers_are_the_answers()
    {
        var run = Path.Combine(_folder.FullName, "run");
        var (code, _, error) = CommandLine.Run("vet", EditedOrganism.Path("gemma2"), EditedOrganism.Path("gemma2", "before"), "--items", "3", "--documents",
            "1",
            "--max-new-tokens", "12", "--cores", "0", "--measures", "M1,M9", "-q", "-o", run);
        Assert.True(code is 0 or 1 or 2, error);
        var worst = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "report.json"))).RootElement.GetProperty("worst").EnumerateArray().ToList();
        Assert.Equal(6, worst.Count);
        foreach (var sample in worst)
        {
            var tokens = sample.GetProperty("tokens").EnumerateArray().ToList();
            Assert.Equal(sample.GetProperty("answer").GetString(), string.Concat(tokens.Select(t => t.GetProperty("text").GetString())));
            Assert.Equal(sample.GetProperty("mean_kld").GetDouble(), tokens.Average(t => t.GetProperty("kld").GetDouble()), 1e-12);
            Assert.Equal(sample.GetProperty("first_token_kld").GetDouble(), tokens[0].GetProperty("kld").GetDouble());
            Assert.NotEqual("", sample.GetProperty("candidate_answer").GetString());
        }
    }
}
