using System.Globalization;

namespace Assay.Evaluation.Vetting;

/// <summary>Whether one model's logits say anything at all: what needs no margin and no number of items to be told.</summary>
/// <param name="Positions">Scored positions.</param>
/// <param name="NotFinite">Those at which a logit is no number, or infinite.</param>
/// <param name="FirstNotFinite">Where the first of them is; null without any.</param>
/// <param name="Flat">Those at which every token has the same logit.</param>
/// <param name="FirstFlat">Where the first of them is; null without any.</param>
/// <param name="Constant">Whether the distribution is the same at all positions, whatever the context.</param>
/// <remarks>protocol.md, BROKEN.</remarks>
public sealed record ModelHealth(long Positions, long NotFinite, string? FirstNotFinite, long Flat, string? FirstFlat, bool Constant)
{
    // Contexts that happen to be alike are told from a model that does not read its context by their number.
    private const int LeastPositions = 16;

    // Entropies, largest probabilities and log-probabilities of one distribution differ by rounding alone.
    private const double Rounding = 1e-4;

    /// <summary>Whether the model can be used.</summary>
    public bool Usable => NotFinite == 0 && Flat == 0 && !Constant;

    /// <summary>What is wrong, a sentence each; none where the model can be used.</summary>
    /// <param name="who">The subject of the sentences, such as "The candidate".</param>
    public IReadOnlyList<string> Problems(string who)
    {
        var problems = new List<string>();
        if (NotFinite > 0) problems.Add(
            string.Create(CultureInfo.InvariantCulture,
            $"{who} gives logits that are no numbers or infinite at {NotFinite} of {Positions} scored positions, the first in {FirstNotFinite}."));
        if (Flat > 0) problems.Add(string.Create(CultureInfo.InvariantCulture,
            $"{who} gives every token the same logit at {Flat} of {Positions} scored positions, the first in {FirstFlat}: it cannot choose a token."));
        if (Constant && Flat == 0) problems.Add(string.Create(CultureInfo.InvariantCulture,
            $"{who} gives the same distribution at all {Positions} scored positions: it does not read its context."));
        return problems;
    }

    /// <summary>Looks at one side of all scores.</summary>
    /// <param name="samples">What was measured.</param>
    /// <param name="candidate">The candidate's side; else the base's.</param>
    public static ModelHealth Of(VetSamples samples, bool candidate)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var (notFinite, flat) = candidate ? (LogitFaults.CandidateNotFinite, LogitFaults.CandidateFlat) : (LogitFaults.BaseNotFinite, LogitFaults.BaseFlat);
        long positions = 0, broken = 0, same = 0;
        string? firstBroken = null, firstSame = null;
        var constant = true;
        (double Entropy, double Top, int Argmax)? first = null;
        var logs = new Dictionary<int, double>();
        foreach (var (id, scores) in samples.Items.Select(i => (i.Id, i.Scores)).Concat(samples.Documents.Select(d => (d.Id, d.Scores))))
        {
            for (var k = 0; k < scores.Length; k++)
            {
                var s = scores[k];
                positions++;
                if (s.Faults.HasFlag(notFinite)) (broken, firstBroken) = (broken + 1, firstBroken ?? Place(id, k));
                if (s.Faults.HasFlag(flat)) (same, firstSame) = (same + 1, firstSame ?? Place(id, k));
                var (entropy, top, argmax, log) = candidate ? (s.EntropyQ, s.TopQ, s.ArgmaxQ, s.LogQ) : (s.EntropyP, s.TopP, s.ArgmaxP, s.LogP);
                first ??= (entropy, top, argmax);
                // Each condition is false of NaN.
                constant = constant && Math.Abs(entropy - first.Value.Entropy) <= Rounding && Math.Abs(top - first.Value.Top) <= Rounding
                    && argmax == first.Value.Argmax
                    && (logs.TryAdd(s.Token, log) || logs[s.Token] == log || Math.Abs(logs[s.Token] - log) <= Rounding);
            }
        }

        return new ModelHealth(positions, broken, firstBroken, same, firstSame, constant && positions >= LeastPositions);

        static string Place(string id, int at) => string.Create(CultureInfo.InvariantCulture, $"{id}, scored token {at + 1}");
    }
}
