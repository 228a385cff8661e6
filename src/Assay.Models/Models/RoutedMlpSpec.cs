using System.Collections.Immutable;

namespace Assay.Models;

/// <summary>How a router's scores become experts and weights.</summary>
public enum RoutingKind
{
    /// <summary>Softmax over all scores, then the best experts (Mixtral, Qwen).</summary>
    Softmax,
    /// <summary>The best experts, then softmax over their scores alone (GPT-OSS).</summary>
    SoftmaxOfChosen,
    /// <summary>Sigmoid of the scores; chosen by them plus a bias, within the best groups (DeepSeek V3).</summary>
    Sigmoid,
}

/// <summary>A router's scores, the best <see cref="PerToken"/> experts, their outputs summed by weight.</summary>
public sealed record RoutedMlpSpec : MlpSpec
{
    /// <summary>(experts, d).</summary>
    public required LinearSpec Router { get; init; }
    /// <summary>The experts in order.</summary>
    public required ImmutableArray<DenseMlpSpec> Experts { get; init; }
    /// <summary>Experts a token uses.</summary>
    public required int PerToken { get; init; }
    /// <summary>Whether the chosen weights are divided by their sum.</summary>
    public required bool NormaliseWeights { get; init; }
    /// <summary>From scores to weights.</summary>
    public RoutingKind Routing { get; init; }
    /// <summary>Factor on the weights (DeepSeek's routed_scaling_factor).</summary>
    public float WeightScale { get; init; } = 1;
    /// <summary>Tensor (experts,) added to the scores for the choice only; null for none.</summary>
    public string? ChoiceBias { get; init; }
    /// <summary>Equal groups that the experts stand in.</summary>
    public int Groups { get; init; } = 1;
    /// <summary>Groups that a token's experts come from.</summary>
    public int GroupsPerToken { get; init; } = 1;
    /// <summary>An expert that every token uses; null for none.</summary>
    public DenseMlpSpec? Shared { get; init; }
    /// <summary>(1, d): the shared expert's output is multiplied by the sigmoid of it; null where it is added as it is.</summary>
    public LinearSpec? SharedGate { get; init; }

    /// <summary>Value equality, expert by expert.</summary>
    public bool Equals(RoutedMlpSpec? other) =>
        base.Equals(other) && Router == other!.Router && PerToken == other.PerToken && NormaliseWeights == other.NormaliseWeights && Routing == other.Routing && WeightScale == other.WeightScale
        && ChoiceBias == other.ChoiceBias && Groups == other.Groups && GroupsPerToken == other.GroupsPerToken && Shared == other.Shared && SharedGate == other.SharedGate
        && Experts.AsSpan().SequenceEqual(other.Experts.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Router, PerToken, NormaliseWeights, Routing, Experts.Length);
}
