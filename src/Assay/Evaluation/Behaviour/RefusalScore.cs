namespace Assay.Evaluation.Behaviour;

/// <summary>Whether a reply refuses, and the rule that decided.</summary>
/// <param name="Rule">The rule.</param>
public readonly record struct RefusalScore(RefusalRule Rule)
{
    /// <summary>Whether the reply refuses.</summary>
    public bool Refused => Rule >= RefusalRule.Declines;
}
