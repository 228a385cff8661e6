namespace Assay.Evaluation.Metrics;

/// <summary>Which divergence of a token is summarised.</summary>
public enum DivergenceKind
{
    /// <summary>KL(p‖q), for contexts of reference text or the base.</summary>
    Kl,

    /// <summary>KL(q‖p), for contexts of the candidate.</summary>
    ReverseKl,

    /// <summary>Jensen–Shannon divergence.</summary>
    Jsd,
}
