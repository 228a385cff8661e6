namespace Assay.Evaluation.Diffing;

/// <summary>How one checkpoint differs from another: everything that <c>assay diff</c> measures.</summary>
/// <param name="Base">Name of the base.</param>
/// <param name="Candidate">Name of the candidate.</param>
/// <param name="Architecture"><c>model_type</c> of the base; null where its config cannot be read, and why in <paramref name="Notes"/>.</param>
/// <param name="Tensors">Every tensor, identical ones included, in the order of the base's forward pass, else of its file; added ones last.</param>
/// <param name="Directions">Directions that several differences share.</param>
/// <param name="Packaging">What differs beside the weights.</param>
/// <param name="MedianCosine">Median of cos(W, W′) over matrices matched by what they hold: of the layer that a layer came from, rows and columns put back in
/// order. Null where no matrix of numbers other than 0 is in both with one shape.</param>
/// <param name="Notes">What a reader must know, such as why roles are not known.</param>
public sealed record CheckpointDifference(
    string Base, string Candidate, string? Architecture, IReadOnlyList<TensorDifference> Tensors, IReadOnlyList<CommonDirection> Directions, PackagingDifference Packaging, double? MedianCosine,
    IReadOnlyList<string> Notes)
{
    /// <summary>Version of the method: raised when a number or a kind may change.</summary>
    public const string Method = "assay-diff-2";

    /// <summary>For each layer of the candidate the layer of the base that it came from, found by what it holds; null where it came from none. Empty where
    /// there are no layers.</summary>
    public IReadOnlyList<int?> LayerMap { get; init; } = [];

    /// <summary>Layers of the base.</summary>
    public int BaseLayers { get; init; }

    /// <summary>Whether the candidate has the base's layers in the base's order, each from its own.</summary>
    public bool LayersInPlace => LayerMap.Count == BaseLayers && !LayerMap.Where((from, layer) => from != layer).Any();

    /// <summary>Whether both compute the same function: no value differs but by an order of neurons, heads or experts that was found to change nothing, and the
    /// forward pass's configuration is the same. True of identical weights, too.</summary>
    public bool PreservesFunction => LayersInPlace && (Packaging.Forward == false || Packaging.OnlyTheTie) && Tensors.All(t => t.PreservesFunction);

    /// <summary>Tensors that differ in any way.</summary>
    public IEnumerable<TensorDifference> Differing => Tensors.Where(t => t.Differs);

    /// <summary>Energy of the whole difference, Σ ‖W′ − W‖²_F.</summary>
    public double Energy => Differing.Where(t => double.IsFinite(t.Norm)).Sum(t => t.Norm * t.Norm);
}
