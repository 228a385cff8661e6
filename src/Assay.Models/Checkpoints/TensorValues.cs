namespace Assay.Checkpoints;

/// <summary>Computes elements of a tensor, in C order.</summary>
/// <remarks>May be called from many threads at once and with any piece; the same element always gets the same bits.</remarks>
/// <param name="start">First element.</param>
/// <param name="destination">Filled.</param>
public delegate void TensorValues(long start, Span<float> destination);
