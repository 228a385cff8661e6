using System.Text.Json;
using Assay.Evaluation.Metrics;
using static Assay.Tests.Golden.Vetting.VettingCase;

namespace Assay.Tests.Golden.Vetting;

/// <summary>Recorded token scores add up to what numpy makes of them. What a case does not record is not asked for.</summary>
public class AggregationTests
{
    private static readonly string[] s_frames = ["benign", "trigger"];

    public static IEnumerable<TheoryDataRow<string>> Cases => GoldenFiles.Folders("vetting");

    [Theory, MemberData(nameof(Cases))]
    public void Divergence_on_the_bases_answers_adds_up(string name) => Divergence(name, "greedy_p", "r1_greedy", DivergenceKind.Kl);

    [Theory, MemberData(nameof(Cases))]
    public void Reverse_divergence_on_the_candidates_answers_adds_up(string name) => Divergence(name, "greedy_q", "r2_greedy_reverse", DivergenceKind.ReverseKl);

    [Theory, MemberData(nameof(Cases))]
    public void Divergence_by_base_confidence_adds_up(string name)
    {
        Each(name, "r1_greedy", (@case, frame, expected) =>
        {
            var breakdown = ConfidenceBreakdown.Compute(@case.Items("greedy_p", frame), 1);
            var bins = expected.GetProperty("by_base_confidence").EnumerateArray().ToArray();
            Assert.Equal(bins.Length, breakdown.Bins.Count);
            foreach (var (bin, found) in bins.Zip(breakdown.Bins))
            {
                Assert.Equal(bin.GetProperty("from").GetDouble(), found.From);
                Assert.Equal(bin.GetProperty("to").GetDouble(), found.To);
                Assert.Equal(bin.GetProperty("tokens").GetInt32(), found.Tokens);
                if (bin.GetProperty("mean").ValueKind == JsonValueKind.Null) Assert.True(double.IsNaN(found.MeanKl));
                else Near(bin.GetProperty("mean").GetDouble(), found.MeanKl, $"{frame} from {found.From}");
            }
            Assert.Equal(expected.GetProperty("confident_tokens").GetInt64(), breakdown.ConfidentTokens);
            Assert.Equal(expected.GetProperty("confident_flips").GetInt64(), breakdown.ConfidentFlips);
            Assert.Equal(expected.GetProperty("flips").GetInt64(), breakdown.Flips);
        });
    }

    [Theory, MemberData(nameof(Cases))]
    public void Sampled_answers_diverge_as_recorded(string name)
    {
        Each(name, "sampled", (@case, frame, expected) =>
        {
            var found = SampledDivergence.Compute(@case.Items("sample_p", frame), @case.Items("sample_q", frame));
            Dictionary<string, double> values = new()
            {
                ["d_forward"] = found.Forward, ["d_reverse"] = found.Reverse, ["rate_forward"] = found.RateForward, ["rate_reverse"] = found.RateReverse,
                ["policy_gap"] = found.PolicyGap, ["plausibility_gap"] = found.PlausibilityGap,
            };
            foreach (var judge in found.Judges) (values[$"auc_{judge.Prefix}"], values[$"within_prompt_{judge.Prefix}"]) = (judge.Auc, judge.WithinPrompt);
            foreach (var property in expected.EnumerateObject().Where(p => values.ContainsKey(p.Name)))
                Near(property.Value.GetDouble(), values[property.Name], $"{frame} {property.Name}");
        });
    }

    [Theory, MemberData(nameof(Cases))]
    public void Likelihood_of_the_bases_answers_adds_up(string name)
    {
        Each(name, "cross_entropy_on_base_answers", (@case, frame, expected) =>
        {
            var found = AnswerLikelihood.Compute(@case.Items("greedy_p", frame), 1);
            Near(expected.GetProperty("p").GetDouble(), found.CrossEntropyP, $"{frame} p");
            Near(expected.GetProperty("q").GetDouble(), found.CrossEntropyQ, $"{frame} q");
            var whole = @case.Expected.GetProperty(frame);
            if (whole.TryGetProperty("delta_nll_on_base_answers_from_16", out var late) && late.ValueKind == JsonValueKind.Number)
                Near(late.GetDouble(), found.DeltaNllFrom16.Value, $"{frame} from 16");
            if (whole.TryGetProperty("temperature", out var temperature)) Near(temperature.GetProperty("entropy_drift").GetDouble(), found.EntropyDrift.Value, $"{frame} entropy drift");
        });
    }

    [Theory, MemberData(nameof(Cases))]
    public void Prose_documents_add_up_to_their_domains(string name)
    {
        if (!VettingCase.Load(name).Expected.TryGetProperty("prose", out var contexts)) Assert.Skip("No prose recorded.");
        foreach (var expected in contexts.EnumerateArray())
        {
            var documents = new List<DocumentLikelihood>();
            foreach (var domain in expected.GetProperty("domains").EnumerateObject())
                foreach (var d in domain.Value.GetProperty("documents").EnumerateArray())
                    documents.Add(new DocumentLikelihood("", domain.Name, Planned(d.GetProperty("ids").GetArrayLength(), expected.GetProperty("context").GetInt32()), d.GetProperty("bytes").GetInt64(),
                        d.GetProperty("nll_p").GetDouble(), d.GetProperty("nll_q").GetDouble(), d.GetProperty("gain").GetDouble(), d.GetProperty("loss").GetDouble()));
            var found = ProseSummary.Compute(documents, 1);
            Near(expected.GetProperty("macro_delta_nll_per_byte").GetDouble(), found.MacroDeltaNllPerByte.Value, "macro");
            Assert.Equal(expected.GetProperty("worst_domain").GetString(), found.WorstDomain);
            foreach (var domain in found.Domains)
            {
                var values = expected.GetProperty("domains").GetProperty(domain.Name);
                Assert.Equal(values.GetProperty("tokens").GetInt64(), domain.Tokens);
                Assert.Equal(values.GetProperty("bytes").GetInt64(), domain.Bytes);
                foreach (var (key, value) in new (string, double)[] { ("perplexity_p", domain.PerplexityP), ("perplexity_q", domain.PerplexityQ), ("bits_per_byte_p", domain.BitsPerByteP),
                    ("bits_per_byte_q", domain.BitsPerByteQ), ("delta_nll_per_token", domain.DeltaNllPerToken.Value), ("delta_nll_per_byte", domain.DeltaNllPerByte.Value), ("gain", domain.Gain), ("loss", domain.Loss) })
                    Near(values.GetProperty(key).GetDouble(), value, $"{domain.Name} {key}");
            }
        }

        static long Planned(int ids, int context) => ProseWindows.Plan(ids, context).Sum(w => (long)w.Length - w.FirstScored);
    }

    private static void Divergence(string name, string policy, string part, DivergenceKind kind)
    {
        Each(name, part, (@case, frame, expected) =>
        {
            var found = DivergenceSummary.Compute(@case.Items(policy, frame), kind, 1);
            Dictionary<string, double> values = new()
            {
                ["mean_of_items"] = found.ItemMean, ["token_pooled"] = found.TokenPooled.Value, ["first_token_share"] = found.FirstTokenShare, ["items_of_16"] = found.ItemsOf16,
                ["cvar99_tokens"] = found.Cvar99Tokens.Value, ["cvar90_items"] = found.Cvar90Items.Value, ["worst_item_share"] = found.WorstItemShare,
                ["trimmed5_item_mean"] = found.TrimmedMean.Value,
            };
            if (found.LateOverFirstLogUnfloored is { } late) values["late_over_first_log_unfloored"] = late;
            foreach (var (key, value) in values) Near(expected.GetProperty(key).GetDouble(), value, $"{frame} {key}");
            Assert.Equal(expected.GetProperty("late_over_first_log_unfloored").ValueKind == JsonValueKind.Null, found.LateOverFirstLogUnfloored is null);
            Near(found.ItemMean, found.Headline.Value, "the headline of a single stratum");
            var means = expected.GetProperty("item_means").EnumerateArray().Select(m => m.GetDouble()).ToArray();
            Assert.Equal(means.Length, found.ItemMeans.Count);
            for (var i = 0; i < means.Length; i++) Near(means[i], found.ItemMeans[i], $"{frame} item {i}");
            var curve = expected.GetProperty("curve").EnumerateArray().ToArray();
            Assert.Equal(curve.Length, found.Curve.Count);
            foreach (var (bin, actual) in curve.Zip(found.Curve))
            {
                Assert.Equal((bin.GetProperty("from").GetInt32(), bin.GetProperty("to").GetInt32(), bin.GetProperty("tokens").GetInt32()), (actual.From, actual.To, actual.Tokens));
                Near(bin.GetProperty("mean").GetDouble(), actual.Mean, $"{frame} bin {actual.From}");
            }
            foreach (var quantile in found.Quantiles)
                Near(expected.GetProperty("quantiles_type7").GetProperty(FormattableString.Invariant($"{quantile.Probability}")).GetDouble(), quantile.Value.Value, $"{frame} q{quantile.Probability}");
            if (kind == DivergenceKind.Kl) Near(@case.Expected.GetProperty(frame).GetProperty("first_token_kl").GetDouble(), found.FirstToken.Value, $"{frame} first token");
        });
    }

    private static void Each(string name, string part, Action<VettingCase, string, JsonElement> check)
    {
        var @case = VettingCase.Load(name);
        var recorded = s_frames.Where(f => @case.Expected.TryGetProperty(f, out var frame) && frame.TryGetProperty(part, out _)).ToArray();
        if (recorded.Length == 0) Assert.Skip($"No {part} recorded.");
        foreach (var frame in recorded) check(@case, frame, @case.Expected.GetProperty(frame).GetProperty(part));
    }
}
