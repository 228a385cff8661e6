using System.Collections.Immutable;
using Assay.Evaluation;
using Assay.Evaluation.Statistics;

namespace Assay.Search;

/// <summary>What a candidate does on the selection split, item by item, in the order of the <see cref="SelectionSet"/>.</summary>
/// <param name="Id">The candidate's.</param>
/// <param name="Behaviour">Of each trigger item: ln P(answer opening) − ln Σ w P(refusal opening), in nats; larger is less refusal.</param>
/// <param name="Damage">Of each benign item: mean KL(base‖edited) over its positions, in nats.</param>
public sealed record CandidateScore(string Id, ImmutableArray<double> Behaviour, ImmutableArray<double> Damage)
{
    /// <summary>Mean over trigger items.</summary>
    public double MeanBehaviour => FixedOrderSum.Mean(Behaviour.AsSpan());

    /// <summary>Mean over benign items.</summary>
    public double MeanDamage => FixedOrderSum.Mean(Damage.AsSpan());

    /// <summary>Whether both means are numbers; a model wrecked until its logits are none has no rank, nor has a plan that cannot be carried out. Infinities are numbers.</summary>
    public bool IsRanked => !double.IsNaN(MeanBehaviour) && !double.IsNaN(MeanDamage);

    /// <summary>Mean behaviour with its interval, items being the clusters.</summary>
    /// <param name="seed">Of the bootstrap.</param>
    public Estimate BehaviourEstimate(ulong seed) => Estimated(Behaviour, seed);

    /// <summary>Mean damage with its interval, items being the clusters.</summary>
    /// <param name="seed">Of the bootstrap.</param>
    public Estimate DamageEstimate(ulong seed) => Estimated(Damage, seed).Within(0);

    /// <summary>The largest item's share in the sum of damages; NaN where there is none.</summary>
    public double WorstShare => Damage.IsEmpty ? double.NaN : Damage.Max() / FixedOrderSum.Of(Damage.AsSpan());

    private static Estimate Estimated(ImmutableArray<double> values, ulong seed) => ClusterBootstrap.Mean([.. values.Select(v => new Cluster("", v))], seed);

    /// <inheritdoc/>
    public bool Equals(CandidateScore? other) => other is not null && Id == other.Id && Same(Behaviour, other.Behaviour) && Same(Damage, other.Damage);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Behaviour.Length, Damage.Length);

    // Bit by bit: NaN is equal to itself.
    private static bool Same(ImmutableArray<double> a, ImmutableArray<double> b) =>
        a.Length == b.Length && a.Zip(b).All(p => BitConverter.DoubleToInt64Bits(p.First) == BitConverter.DoubleToInt64Bits(p.Second));
}
