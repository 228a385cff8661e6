namespace Assay.Models;

/// <summary>Sees, and may change, what is at a place inside a block's sub-layers in one forward pass.</summary>
/// <remarks>A batch larger than the memory allowed for its activations is seen in parts, as by a <see cref="SiteHook"/>.</remarks>
/// <param name="site">Where.</param>
/// <param name="rows">(rows, width): positions of sequences one after another, in the order of the batch.</param>
/// <param name="width">Floats of a row.</param>
/// <param name="first">Number of the first of these rows in the batch.</param>
public delegate void ComponentHook(ComponentSite site, Span<float> rows, int width, long first);
