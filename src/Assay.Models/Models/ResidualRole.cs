namespace Assay.Models;

/// <summary>How a tensor touches the residual stream. Drives editing, diffing and reports; never inferred from a shape.</summary>
public enum ResidualRole
{
    /// <summary>Neither reads nor writes the residual stream directly (norm gains inside a block, routers' biases, k_norm).</summary>
    Neither,
    /// <summary>Its input is the (normalised) residual stream: q, k, v, gate, up, the router, the head.</summary>
    Reads,
    /// <summary>Its output is added to the residual stream: o_proj, down_proj, the embeddings, their biases.</summary>
    Writes,
}
