namespace Assay.Directions.Estimators;

/// <summary>Whether a covariance is shrunk before it is inverted.</summary>
public enum Shrinkage
{
    /// <summary>Towards a multiple of the identity, as strongly as minimises the expected squared error.</summary>
    Optimal,

    /// <summary>Not at all.</summary>
    None,
}
