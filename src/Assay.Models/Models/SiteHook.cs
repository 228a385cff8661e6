namespace Assay.Models;

/// <summary>Sees, and may change, the activations of one site in one forward pass.</summary>
/// <param name="site">Where.</param>
/// <param name="rows">(rows, d): all sequences' positions one after another, in the order of the batch.</param>
/// <param name="width">d.</param>
public delegate void SiteHook(Site site, Span<float> rows, int width);
