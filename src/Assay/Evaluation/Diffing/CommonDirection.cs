namespace Assay.Evaluation.Diffing;

/// <summary>A direction that the differences of several tensors share.</summary>
/// <param name="Space"><c>residual stream</c>; <c>residual stream behind the norms</c>, where a norm stands between matrix and stream and its gain was undone; or <c>left</c> or <c>right</c> where the tensors' roles are not known.</param>
/// <param name="Vector">Unit length.</param>
/// <param name="Members">The tensors, those that agree best first.</param>
public sealed record CommonDirection(string Space, double[] Vector, IReadOnlyList<DirectionMember> Members)
{
    /// <summary>From this |cosine| on, tensors are taken to share a direction.</summary>
    public const double LeastCosine = .9;

    /// <summary>Smallest |cosine| among the members.</summary>
    public double SmallestCosine => Members[^1].Cosine;

    /// <summary>Middle |cosine| of the members.</summary>
    public double MedianCosine => Members[Members.Count / 2].Cosine;
}

/// <summary>A tensor whose difference has a common direction.</summary>
/// <param name="Tensor">Name.</param>
/// <param name="Side">On which side of the stored matrix.</param>
/// <param name="Cosine">|cosine| between the direction and the span of the tensor's leading singular vectors.</param>
public sealed record DirectionMember(string Tensor, ResidualSide Side, double Cosine);
