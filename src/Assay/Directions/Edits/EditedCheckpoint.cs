using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>A checkpoint as a plan of edits leaves it, computed while it is read: what <see cref="MergedCheckpoint"/> would write, rounded to float32 only.</summary>
public static class EditedCheckpoint
{
    /// <summary>Makes it.</summary>
    /// <param name="model">The model that is edited; it must stay open.</param>
    /// <param name="edits">The plan, put into what writes to the residual stream.</param>
    /// <param name="name">What reports call the result.</param>
    /// <exception cref="InvalidInputException">A place that the model does not have, a direction of another width, an embedding that is the head too.</exception>
    public static Checkpoint Of(LanguageModel model, IEnumerable<WeightEdit> edits, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        var spec = model.Spec;
        var maps = new EditCompiler(model).Maps(edits);
        if (maps.ContainsKey((-1, ResidualWriter.Embedding)) && spec.Head.Weight == spec.Embedding)
            throw new InvalidInputException($"{model.Checkpoint.Path}: the embedding is the head too, which would change with it. Leave the embedding out, or save the edit: then the head becomes a tensor of its own.");
        var writers = ResidualTensors.Writers(spec, model.Config.Tensors);
        return ReplacedWeights.In(model.Checkpoint, model.Config, name, (tensorName, tensor) =>
        {
            if (!writers.TryGetValue(tensorName, out var place) || !maps.TryGetValue((place.Layer, place.Writer), out var map)) return null;
            // An offset goes to the embedding's rows only, which the model scales.
            var offset = tensorName == spec.Embedding && map.Offset is { } c ? new Lazy<double[]>([.. c.Select(x => x / spec.EmbeddingScale)]) : null;
            return new EditedValues(tensorName, tensor, new TensorChange(place.Layer, place.Writer, place.Axis, map, Added: offset));
        });
    }
}
