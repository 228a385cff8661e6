namespace Assay.Models.Kernels;

/// <summary>One product of a group: Y (rows, outputs) = X (rows, inputs) · Wᵀ + b.</summary>
/// <param name="X">(rows, xStride).</param>
/// <param name="XStride">Floats between rows of x.</param>
/// <param name="Rows">Rows; 0 is legal.</param>
/// <param name="Weights">W.</param>
/// <param name="Panels">W packed whole; null to pack it on the way.</param>
/// <param name="Bias">(outputs,), or null.</param>
/// <param name="Y">(rows, yStride), overwritten.</param>
/// <param name="YStride">Floats between rows of y.</param>
internal readonly unsafe record struct ProductJob(nint X, long XStride, int Rows, WeightMatrix Weights, nint Panels, nint Bias, nint Y, long YStride)
{
    /// <summary>The same from pointers.</summary>
    public static ProductJob Of(float* x, long xStride, int rows, WeightMatrix weights, byte* panels, float* bias, float* y, long yStride) =>
        new((nint)x, xStride, rows, weights, (nint)panels, (nint)bias, (nint)y, yStride);
}
