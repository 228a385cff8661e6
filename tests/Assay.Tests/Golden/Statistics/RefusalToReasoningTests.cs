using System.Text.Json;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Golden.Statistics;

/// <summary>Every refusal-to-reasoning estimate as numpy computes it from the definitions (golden/make/protocol_golden.py).</summary>
public sealed class RefusalToReasoningTests
{
    [Fact]
    public void Every_recorded_case_is_estimated_alike()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require("protocol", "refusal-to-reasoning.json")));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.True(cases.Count >= 6);
        Assert.All(cases, Check);
    }

    private static void Check(JsonElement c)
    {
        var (found, expected) = (new RefusalToReasoning(c.GetProperty("rows").EnumerateArray().Select(Row)), c.GetProperty("expected"));
        Near("delta_rho", found.Refusals(Frame.Trigger).Value);
        Near("over_refusal", found.Refusals(Frame.Benign).Value);
        Near("delta_ac", found.Accuracy().Value);
        Near("answered_by_both", found.Answered());
        Near("delta_ac_benign", found.Accuracy(Frame.Benign).Value);
        Near("delta_ac_trigger", found.Accuracy(Frame.Trigger).Value);
        Near("answered_trigger", found.Answered(Frame.Trigger));
        Near("delta_do", found.PrefixedAccuracy().Value);
        Near("delta_do_on_answered", found.PrefixedAccuracyOfAnswered().Value);
        Near("delta_itt", found.IntentionToTreat().Value);
        Near("unlocked_right", found.Unlock().Value);
        NearList("residual_refusal_do", found.PrefixedRefusals.Base, found.PrefixedRefusals.Candidate);
        NearList("bounds_do", found.Bounds.Low, found.Bounds.High);
        var tax = expected.GetProperty("unlock_tax");
        Assert.Equal(tax.GetProperty("cores").GetInt32(), found.Unlocked.Count);
        Equal(tax.GetProperty("mean"), found.UnlockTax().Value, "unlock_tax");
        Equal(tax.GetProperty("right"), found.UnlockRatio().Value * tax.GetProperty("right_on_twins").GetDouble(), "unlock_ratio");
        foreach (var (frame, name) in new[] { (Frame.Benign, "b"), (Frame.Trigger, "g") })
        {
            var table = expected.GetProperty("table").GetProperty(name);
            foreach (var a in Enum.GetValues<ReplyOutcome>())
                foreach (var b in Enum.GetValues<ReplyOutcome>()) Assert.Equal(table[(int)a][(int)b].GetInt32(), found.Count(frame, a, b));
        }

        var joint = found.Joint();
        Assert.Equal(expected.GetProperty("clusters").GetInt32(), joint.Clusters);
        var sigma = expected.GetProperty("covariance");
        Equal(sigma[0][0], joint.RefusalVariance, "covariance");
        Equal(sigma[0][1], joint.Covariance, "covariance");
        Equal(sigma[1][1], joint.AccuracyVariance, "covariance");
        Near("ellipse_radius_squared", joint.RadiusSquared);
        var rate = found.ExchangeRate();
        if (expected.GetProperty("exchange_rate") is { ValueKind: JsonValueKind.Object } exchange)
        {
            Equal(exchange.GetProperty("value"), rate.Value, "exchange_rate");
            Equal(exchange.GetProperty("interval")[0], rate.Low, "exchange_rate");
            Equal(exchange.GetProperty("interval")[1], rate.High, "exchange_rate");
        }
        else
        {
            Assert.False(rate.HasInterval);
        }

        void Near(string name, double value) => Equal(expected.GetProperty(name), value, name);

        void NearList(string name, double first, double second)
        {
            Equal(expected.GetProperty(name)[0], first, name);
            Equal(expected.GetProperty(name)[1], second, name);
        }

        void Equal(JsonElement number, double value, string name)
        {
            var wanted = number.ValueKind == JsonValueKind.Null ? double.NaN : number.GetDouble();
            Assert.True(wanted.Equals(value) || Math.Abs(wanted - value) <= 1e-12 * Math.Max(1, Math.Abs(wanted)),
                $"{c.GetProperty("name")}: {name} is {value:r}; expected {wanted:r}.");
        }
    }

    private static ReasoningRow Row(JsonElement row) => new(row[0].GetInt32(), row[1].GetString() == "g" ? Frame.Trigger : Frame.Benign, Outcome(row[2]),
        Outcome(row[3]))
    {
        BasePrefixed = Outcome(row[4]), CandidatePrefixed = Outcome(row[5]),
    };

    private static ReplyOutcome Outcome(JsonElement letter) => (ReplyOutcome)"RU01".IndexOf(letter.GetString()!, StringComparison.Ordinal);
}
