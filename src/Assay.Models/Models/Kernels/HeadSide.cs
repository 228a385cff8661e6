namespace Assay.Models.Kernels;

/// <summary>A model's head applied to rows of its final norm's output.</summary>
/// <param name="Product">The product; its y is set by whoever computes it.</param>
/// <param name="Scale">Factor on the logits, before the cap.</param>
/// <param name="Softcap">Soft cap on the logits; null for none.</param>
internal readonly record struct HeadSide(ProductJob Product, float Scale, float? Softcap)
{
    /// <summary>Logits of a row.</summary>
    public int Width => Product.Weights.Outputs;
}
