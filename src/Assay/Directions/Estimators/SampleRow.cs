namespace Assay.Directions.Estimators;

/// <summary>One sample's activations, (d).</summary>
/// <param name="i">Which.</param>
internal delegate ReadOnlySpan<double> SampleRow(int i);
