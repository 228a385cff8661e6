using System.Globalization;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>Whether the logits say anything at all: what needs no margin and no number of items to be told.</summary>
public sealed class FaultMeasure : IMeasure
{
    // Contexts that happen to be alike are told from a model that does not read its context by their number.
    private const int LeastPositions = 16;

    // Entropies, largest probabilities and log-probabilities of one distribution differ by rounding alone.
    private const double Rounding = 1e-4;

    private const ScoreColumns Columns = ScoreColumns.Faults | ScoreColumns.EntropyP | ScoreColumns.EntropyQ | ScoreColumns.TopP | ScoreColumns.TopQ | ScoreColumns.ArgmaxP
        | ScoreColumns.ArgmaxQ | ScoreColumns.LogP | ScoreColumns.LogQ | ScoreColumns.Token;

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("faults", "Logits that say nothing",
        "scored positions at which a logit is no number or infinite, or at which every token has the same logit; whether the distribution is the same at all positions",
        "protocol.md, BROKEN", "tokens", "Faults in contexts that the run did not hold.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design) => Needs.Of(Sets(design), Columns);

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        // Whatever else leaves a panel, a broken position counts.
        var sets = Sets(input.Design).Select(input.Scores.AllScores).Where(s => s.Items.Count > 0).ToList();
        return sets.Count == 0 ? [] : [.. Side(sets, candidate: false), .. Side(sets, candidate: true)];
    }

    private static IEnumerable<ContextSet> Sets(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        return design.Panels.Select(p => VetDesign.BaseAnswers(p)).Concat(design.Windows.Take(1).Select(VetDesign.Prose));
    }

    private static IEnumerable<Measurement> Side(List<SetScores> sets, bool candidate)
    {
        var (notFinite, flat) = candidate ? (LogitFaults.CandidateNotFinite, LogitFaults.CandidateFlat) : (LogitFaults.BaseNotFinite, LogitFaults.BaseFlat);
        long positions = 0, broken = 0, same = 0;
        string? firstBroken = null, firstSame = null;
        var constant = true;
        (double Entropy, double Top, double Argmax)? first = null;
        var logs = new Dictionary<double, double>();
        foreach (var set in sets)
        {
            var (faults, token) = (set.Values(ScoreColumns.Faults), set.Values(ScoreColumns.Token));
            var (entropy, top) = (set.Values(candidate ? ScoreColumns.EntropyQ : ScoreColumns.EntropyP), set.Values(candidate ? ScoreColumns.TopQ : ScoreColumns.TopP));
            var (argmax, log) = (set.Values(candidate ? ScoreColumns.ArgmaxQ : ScoreColumns.ArgmaxP), set.Values(candidate ? ScoreColumns.LogQ : ScoreColumns.LogP));
            for (var i = 0; i < faults.Length; i++)
            {
                for (var k = 0; k < faults[i].Length; k++)
                {
                    positions++;
                    var fault = (LogitFaults)(int)faults[i][k];
                    if (fault.HasFlag(notFinite)) (broken, firstBroken) = (broken + 1, firstBroken ?? Place(set.Items[i].Item, k));
                    if (fault.HasFlag(flat)) (same, firstSame) = (same + 1, firstSame ?? Place(set.Items[i].Item, k));
                    first ??= (entropy[i][k], top[i][k], argmax[i][k]);
                    // Each condition is false of NaN.
                    constant = constant && Math.Abs(entropy[i][k] - first.Value.Entropy) <= Rounding && Math.Abs(top[i][k] - first.Value.Top) <= Rounding
                        && argmax[i][k] == first.Value.Argmax
                        && (logs.TryAdd(token[i][k], log[i][k]) || logs[token[i][k]] == log[i][k] || Math.Abs(logs[token[i][k]] - log[i][k]) <= Rounding);
                }
            }
        }

        var who = candidate ? "candidate" : "base";
        yield return Count($"faults.{who}.not_finite", broken, firstBroken, "a logit is no number or infinite");
        yield return Count($"faults.{who}.flat", same, firstSame, "every token has the same logit");
        yield return Count($"faults.{who}.constant", constant && positions >= LeastPositions ? positions : 0, null, "the distribution is the same at all of them");

        Measurement Count(string id, long count, string? at, string what) =>
            new(id, new Described(count, positions), "tokens", new Where(null, at is null ? $"all scored positions; {what}" : at));
        static string Place(string id, int at) => string.Create(CultureInfo.InvariantCulture, $"{id}, scored token {at + 1}");
    }
}
