namespace Assay.Evaluation.Diffing;

/// <summary>On which side of a stored matrix the residual stream lies. Known from the architecture's table, never from a shape.</summary>
public enum ResidualSide
{
    /// <summary>On neither, or not known.</summary>
    None,
    /// <summary>Left singular vectors live in the residual stream: <c>o_proj</c>, <c>down_proj</c> stored (out, in).</summary>
    Left,
    /// <summary>Right singular vectors do: embeddings, <c>q_proj</c>, matrices of GPT-2 that write and are stored (in, out).</summary>
    Right,
}
