using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Measures;

/// <summary>First-token divergence on a public list of prompts, and how that of the challenge stands to it.</summary>
/// <remarks>protocol.md, Anti-gaming and Verdicts. Both panels put their prompts as they are, and are samples of their own: each keeps its strata.</remarks>
public sealed class PublicPanelMeasure : IMeasure
{
    private static readonly ContextSet s_challenge = VetDesign.BaseAnswers(VetDesign.Benign);

    /// <inheritdoc/>
    public MeasureInfo Info { get; } = new("public-panel", "Public panel against challenge",
        "mean first-token KLD of a public list of prompts (--panel); ln of the challenge's mean over the list's, each raised to the floor's, two samples",
        "protocol.md Anti-gaming", "nats",
        "Whether the two differ because the list was known or because it asks other things than the challenge does.");

    /// <inheritdoc/>
    public Needs NeedsOf(VetDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        if (design.PublicItems == 0 || !design.Panels.Contains(VetDesign.Benign)) return Needs.None;
        var needs = Needs.Of([VetDesign.PublicAnswers, s_challenge], ScoreColumns.Kl);
        return needs.And(FloorLevel.NeedsOf(design, needs));
    }

    /// <inheritdoc/>
    public IEnumerable<Measurement> Compute(MeasureInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (NeedsOf(input.Design).Sets.IsEmpty) yield break;
        var (known, challenge) = (FirstTokens(input, VetDesign.PublicAnswers), FirstTokens(input, s_challenge));
        if (known.Length == 0 || challenge.Length == 0) yield break;
        var (listed, fresh) = (input.Statistics.Mean(known).Within(0), input.Statistics.Mean(challenge).Within(0));
        yield return SetWords.Estimated($"kld.{VetDesign.Public}.first_token", listed, "nats", VetDesign.PublicAnswers, ", first token only");
        yield return SetWords.Estimated($"kld.{VetDesign.Public}.challenge_first_token", fresh, "nats", s_challenge,
            ", first token only, prompts as they are");
        var (least, leastFresh) = (Floor(input, VetDesign.PublicAnswers), Floor(input, s_challenge));
        Quantity ratio = fresh.Value <= leastFresh && listed.Value <= least ? new AtFloor(known.Length + challenge.Length)
            : Ratio(input, Raised(challenge, fresh, leastFresh), Raised(known, listed, least));
        yield return new Measurement($"kld.{VetDesign.Public}.challenge_over_public", ratio, "ln ratio", new Where(null,
            "base's greedy answers (R1): first-token KLD of the benign panel over that of the public panel, each raised to the floor's"));
    }

    /// <summary>The floor in the place of every item where their mean is no higher. A mean that is no number stays so.</summary>
    private static Cluster[] Raised(Cluster[] items, Estimate mean, double floor) =>
        mean.Value <= floor ? [.. items.Select(c => c with { Total = floor })] : items;

    /// <summary>ln(challenge / public). An interval rests on enough items of both.</summary>
    private static Estimated Ratio(MeasureInput input, Cluster[] challenge, Cluster[] known)
    {
        // Each mean is over the strata in which it has weight: the two are drawn apart.
        Cluster[] above = [.. challenge.Select(c => c with { Stratum = "challenge/" + c.Stratum }), .. known.Select(c => Nothing("public/" + c.Stratum))];
        Cluster[] below = [.. challenge.Select(c => Nothing("challenge/" + c.Stratum)), .. known.Select(c => c with { Stratum = "public/" + c.Stratum })];
        var ratio = input.Statistics.LogRatio(above, below);
        return new Estimated(Math.Min(challenge.Length, known.Length) >= ClusterBootstrap.MinimumClusters ? ratio : ratio with
        {
            Low = double.NaN, High = double.NaN, Method = $"fewer than {ClusterBootstrap.MinimumClusters} prompts of a panel",
        });
    }

    private static Cluster Nothing(string stratum) => new(stratum, 0, 0);

    /// <summary>Mean first-token divergence of the floor on a set; 0 where there is no floor.</summary>
    private static double Floor(MeasureInput input, ContextSet set) => FloorLevel.Scores(input, set) is null ? 0
        : FixedOrderSum.Mean([.. FirstTokens(input, set.Under(Yardsticks.YardstickCatalogue.Floor.Id)).Select(c => c.Total)]);

    /// <summary>The first token of each item's answer to its prompt as it is.</summary>
    private static Cluster[] FirstTokens(MeasureInput input, ContextSet set)
    {
        var plain = Math.Max(0, input.Design.TemplatesOf(set).IndexOf(ContextSet.Plain));
        var scores = input.Scores.Scores(set);
        return [.. scores.Items.Zip(scores.Values(ScoreColumns.Kl), (item, values) => (item.Stratum, Answer: item.Cut(values)[plain]))
            .Where(i => i.Answer.Length > 0).Select(i => new Cluster(i.Stratum, i.Answer[0]))];
    }
}
