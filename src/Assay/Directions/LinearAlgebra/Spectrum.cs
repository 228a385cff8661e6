namespace Assay.Directions.LinearAlgebra;

/// <summary>The leading part of a singular value decomposition A ≈ Σ σᵢ uᵢ vᵢᵀ.</summary>
/// <param name="Values">σ, descending: all of them where <see cref="Exact"/>, else the leading ones, each a lower bound of the true one.</param>
/// <param name="Left">Leading u, each of unit length with as many entries as A has rows.</param>
/// <param name="Right">Leading v, each of unit length with as many entries as A has columns.</param>
/// <param name="Exact">Whether all singular values are there; otherwise the leading ones were found by sampling the range.</param>
/// <param name="TestVectors">Random test vectors drawn; 0 where exact.</param>
internal sealed record Spectrum(double[] Values, double[][] Left, double[][] Right, bool Exact, int TestVectors);
