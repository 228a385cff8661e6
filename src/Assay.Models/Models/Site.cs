namespace Assay.Models;

/// <summary>A named activation site: a place in one block.</summary>
/// <param name="Layer">Block, from 0.</param>
/// <param name="Point">Place in it.</param>
public readonly record struct Site(int Layer, SitePoint Point)
{
    /// <summary>Such as <c>layers.3.resid_post</c>.</summary>
    public override string ToString() => $"layers.{Layer}." + Point switch
    {
        SitePoint.ResidPre => "resid_pre",
        SitePoint.AttnOut => "attn_out",
        SitePoint.ResidMid => "resid_mid",
        SitePoint.MlpOut => "mlp_out",
        _ => "resid_post",
    };
}
