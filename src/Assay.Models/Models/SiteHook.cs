namespace Assay.Models;

/// <summary>Sees, and may change, the activations of one site in one forward pass.</summary>
/// <remarks>A batch larger than the memory allowed for its activations is seen in parts, whole sequences each, one call after another: a hook that goes by sequences or rows
/// finds them by <paramref name="first"/>, and its result does not depend on the memory.</remarks>
/// <param name="site">Where.</param>
/// <param name="rows">(rows, d): positions of sequences one after another, in the order of the batch.</param>
/// <param name="width">d.</param>
/// <param name="first">Number of the first of these rows in the batch.</param>
public delegate void SiteHook(Site site, Span<float> rows, int width, long first);
