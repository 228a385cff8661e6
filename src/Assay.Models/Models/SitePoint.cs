namespace Assay.Models;

/// <summary>Places in a block at which activations can be captured or changed.</summary>
public enum SitePoint
{
    /// <summary>The residual stream entering the block.</summary>
    ResidPre,
    /// <summary>What attention adds to the residual stream (after a post-norm where there is one).</summary>
    AttnOut,
    /// <summary>The residual stream between attention and MLP.</summary>
    ResidMid,
    /// <summary>What the MLP adds to the residual stream (after a post-norm where there is one).</summary>
    MlpOut,
    /// <summary>The residual stream leaving the block.</summary>
    ResidPost,
}
