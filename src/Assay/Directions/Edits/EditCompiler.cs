using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>Turns plans of edits into what they do at each writer of one model: hooks to run, and the same for its weights.</summary>
/// <remarks>Directional ablation, Arditi et al. 2024 (arXiv 2406.11717) §2.4 and 4.1. Keeps the gains it has read: one for many plans. One call at a time.</remarks>
public sealed class EditCompiler
{
    private readonly TransformerSpec _spec;
    private readonly Func<string, Tensor> _weights;
    private readonly Dictionary<string, double[]> _gains = new(StringComparer.Ordinal);

    /// <summary>For a model; it must stay open.</summary>
    /// <param name="model">The model.</param>
    public EditCompiler(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_spec, _weights) = (model.Spec, name => model.Weights[name]);
    }

    internal EditCompiler(TransformerSpec spec, Func<string, Tensor> weights) => (_spec, _weights) = (spec, weights);

    /// <summary>The hooks that equal a plan's weight edits: removal from what each writer hands on, before a post-norm where there is one.</summary>
    /// <param name="edits">The plan; several edits of one place act one after another. A direction's offset is added where the embedding is one of its places.</param>
    /// <exception cref="InvalidInputException">A place that the model does not have, a direction of another width, strengths that are no numbers.</exception>
    public OutputEdits Hooks(IEnumerable<WeightEdit> edits) =>
        new(_spec, Maps(edits).Select(m => new OutputEdit(m.Key.Layer, m.Key.Writer, m.Value.LeftSingle, m.Value.RightSingle, m.Value.OffsetSingle)));

    /// <summary>One map for each edited writer, in the order of the forward pass.</summary>
    internal SortedDictionary<(int Layer, ResidualWriter Writer), ResidualMap> Maps(IEnumerable<WeightEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        var maps = new SortedDictionary<(int, ResidualWriter), ResidualMap>();
        foreach (var edit in edits)
        {
            var made = new Dictionary<(string, double), ResidualMap>();
            foreach (var place in edit.Places)
            {
                if (place.Strength == 0) continue;
                var norm = PostNorm(place);
                var isEmbedding = place.Writer == ResidualWriter.Embedding;
                var key = (isEmbedding ? "embedding" : norm?.Weight ?? "", place.Strength);
                if (!made.TryGetValue(key, out var map))
                    made[key] = map = DirectionBasis.Removal(edit.Direction, place.Strength, norm is null ? null : Gain(norm), _spec.HiddenSize, Name(place), isEmbedding);
                var at = (isEmbedding ? -1 : place.Layer, place.Writer);
                maps[at] = maps.TryGetValue(at, out var before) ? before.Then(map) : map;
            }
        }
        return maps;
    }

    /// <summary>The gains of a norm as they are multiplied with: Gemma's and Qwen3-Next's are 1 + weight.</summary>
    internal double[] Gain(NormSpec norm)
    {
        if (_gains.TryGetValue(norm.Weight, out var known)) return known;
        var gain = new double[_weights(norm.Weight).Count];
        _weights(norm.Weight).ReadDouble(0, gain);
        if (norm.Kind == NormKind.RmsPlusOne)
            for (var i = 0; i < gain.Length; i++) gain[i] += 1;
        return _gains[norm.Weight] = gain;
    }

    private NormSpec? PostNorm(EditPlace place)
    {
        if (place.Writer == ResidualWriter.Embedding) return null;
        if ((uint)place.Layer >= (uint)_spec.Layers.Length)
            throw new InvalidInputException($"The plan edits {Name(place)}; the model has layers 0 to {_spec.Layers.Length - 1}. The plan is for another model.");
        var layer = _spec.Layers[place.Layer];
        var norm = place.Writer == ResidualWriter.Attention ? layer.PostAttention : layer.PostMlp;
        // It subtracts a mean and adds a bias: what it hands on is no multiple of g ⊙ y.
        if (norm?.Kind == NormKind.Layer) throw new InvalidInputException($"{Name(place)}: a LayerNorm stands between it and the residual stream, behind which no removal is defined. Leave this place out.");
        return norm;
    }

    private static string Name(EditPlace place) => place.Writer == ResidualWriter.Embedding ? "the embedding" : $"layer {place.Layer}, {(place.Writer == ResidualWriter.Attention ? "attention" : "MLP")}";
}
