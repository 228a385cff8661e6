using Assay.Models;

namespace Assay.Directions.Capture;

/// <summary>Where an activation is taken.</summary>
/// <param name="Site">Block and point in it.</param>
/// <param name="Position">Token, from the end of the prompt: −1 is the last; null for the mean over the positions asked for.</param>
public readonly record struct ActivationPlace(Site Site, int? Position)
{
    /// <summary>Such as <c>layers.3.resid_post at -1</c>.</summary>
    public override string ToString() => $"{Site} at {Position?.ToString() ?? "mean"}";
}
