using Assay.Checkpoints;
using Assay.Directions.LinearAlgebra;
using Assay.Models;
using Assay.Models.Architectures;

namespace Assay.Directions.Edits;

/// <summary>A plan put to the tensors of one model: what each of them becomes.</summary>
internal sealed class EditedWeights
{
    private readonly EditableModel _model;
    private readonly EditOptions _options;
    private readonly EditCompiler _compiler;
    private readonly ProblemList _problems = new();
    private readonly Dictionary<string, TensorChange> _changes = new(StringComparer.Ordinal);

    /// <param name="model">Open as long as this is used.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="options">How it is put into weights.</param>
    /// <exception cref="InvalidInputException">What cannot be edited, all of it by name.</exception>
    public EditedWeights(EditableModel model, IReadOnlyList<WeightEdit> edits, EditOptions options)
    {
        (_model, _options) = (model, options);
        _compiler = new EditCompiler(model.Config.Spec, name => model.Weights[name]);
        if (options.InputSide) ChangeReaders(edits);
        else ChangeWriters(edits);
        _problems.ThrowIfAny();
    }

    /// <summary>Changes by canonical name.</summary>
    public IReadOnlyDictionary<string, TensorChange> Changes => _changes;

    /// <summary>Whether a tied head becomes a tensor of its own.</summary>
    public bool UntiesHead { get; private set; }

    /// <summary>The head's stored name, where it becomes a tensor of its own.</summary>
    public string HeadName => _model.Names.Stored.TryGetValue(CanonicalHead, out var stored) ? stored
        // Published multimodal models keep everything of the language model under one prefix.
        : _model.Names.Stored[_model.Config.Spec.Embedding].StartsWith("language_model.", StringComparison.Ordinal) ? "language_model." + CanonicalHead : CanonicalHead;

    private string CanonicalHead => _model.Config.Architecture.Row(TensorPart.Head)!.Module + ".weight";

    /// <summary>Every tensor of the container that does not keep its bytes, by stored name: edited, or merged with an adapter.</summary>
    /// <exception cref="InvalidInputException">Tensors of types that are not written; all by name.</exception>
    public Dictionary<string, EditedTensor> ByStoredName()
    {
        var problems = new ProblemList();
        var result = new Dictionary<string, EditedTensor>(StringComparer.Ordinal);
        foreach (var (canonical, change) in _changes)
        {
            var stored = _model.Names.Stored[canonical];
            if (result.ContainsKey(stored)) continue;
            // All experts of a layer in one tensor: it is edited as a whole, matrix by matrix.
            var isStacked = _model.Names.Parts.ContainsKey(canonical);
            if (isStacked && !ChangesAlike(stored, change)) problems.Add(
                $"{_model.Checkpoint.Path}: tensor {ProblemList.Quote(stored)} holds all experts of a layer, and the edit does not change all of them in one " +
                "way. Give a checkpoint with a tensor for each expert.");
            else if (Type(stored, problems) is { } dtype) result[stored] =
                new EditedTensor(stored, isStacked ? _model.Checkpoint[stored] : _model.Weights[canonical], dtype, change);
        }
        if (_model.HasAdapters)
        {
            foreach (var kept in _model.Container.Tensors)
            {
                if (result.ContainsKey(kept.Name) || !_model.Checkpoint.TryGet(kept.Name, out var merged) || merged.Place is { } place && place.Path == kept.Place?.Path) continue;
                if (Type(kept.Name, problems) is { } dtype) result[kept.Name] = new EditedTensor(kept.Name, merged, dtype, null);
            }
        }
        problems.ThrowIfAny();
        return result;
    }

    /// <summary>Tensors that the container does not have: a head of its own.</summary>
    public IEnumerable<EditedTensor> Additions()
    {
        var embedding = _model.Container[_model.Names.Stored[_model.Config.Spec.Embedding]];
        if (UntiesHead && !_model.Container.TryGet(HeadName, out _)) yield return new EditedTensor(HeadName, _model.Weights[_model.Config.Spec.Embedding], embedding.DType, null);
        foreach (var tensor in _model.HasAdapters ? _model.Checkpoint.Tensors : [])
            if (!_model.Container.TryGet(tensor.Name, out _)) yield return new EditedTensor(tensor.Name, tensor, embedding.DType, null);
    }

    /// <summary>config.json for the result: the head's tie is cut where the head becomes a tensor of its own.</summary>
    public string ConfigJson => UntiesHead ? UntiedConfig.Cut(_model.ConfigJson) : _model.ConfigJson;

    /// <summary>Whether every part of a stacked tensor has the same change.</summary>
    private bool ChangesAlike(string stored, TensorChange change) =>
        _model.Names.Parts.Where(p => p.Value.Stored == stored).All(p => _changes.TryGetValue(p.Key, out var other) && Same(other.Map, change.Map)
            && other.Axis == change.Axis && other.PreserveNorms == change.PreserveNorms && other.Added is null);

    private static bool Same(ResidualMap? a, ResidualMap? b) => ReferenceEquals(a, b) || a is not null && b is not null && a.Left.AsSpan().SequenceEqual(b.Left)
        && a.Right.AsSpan().SequenceEqual(b.Right);

    private DType? Type(string stored, ProblemList problems)
    {
        var dtype = _model.Container[stored].DType;
        if (StoredValues.CanStore(dtype)) return dtype;
        problems.Add($"{_model.Checkpoint.Path}: tensor {ProblemList.Quote(stored)} has dtype {dtype.FormatName()}, which is not written: rounding an edit to it would change more than the edit. Edit the float checkpoint and quantise the result.");
        return null;
    }

    private void ChangeWriters(IReadOnlyList<WeightEdit> edits)
    {
        var spec = _model.Config.Spec;
        var writers = ResidualTensors.Writers(spec, _model.Config.Tensors);
        var maps = _compiler.Maps(edits);
        foreach (var (name, place) in writers)
        {
            if (!maps.TryGetValue((place.Layer, place.Writer), out var map)) continue;
            // An offset goes to the embedding's rows only, which the model scales; a bias has no column of (out, in) to keep the norm of.
            var offset = name == spec.Embedding && map.Offset is { } c ? new Lazy<double[]>([.. c.Select(x => x / spec.EmbeddingScale)]) : null;
            _changes[name] = new TensorChange(place.Layer, place.Writer, place.Axis, map, _options.PreserveNorms && !place.IsBias, offset);
        }
        if (!_model.Config.TiedHead || !_changes.TryGetValue(spec.Embedding, out var embedding)) return;
        if (!_options.KeepTiedHead)
        {
            UntiesHead = true;
            if (_model.IsGguf) _problems.Add($"{_model.Checkpoint.Path}: the embedding is the head too, and a GGUF file keeps its header, so that the head cannot become a tensor of its own. Leave the embedding out, let the head change with it, or edit the checkpoint that the file was made from.");
        }
        else if (_model.Names.TiedHead is not null) _changes[CanonicalHead] = embedding;
    }

    /// <summary>W ← W − W (g ⊙ v)(v ⊘ g)ᵀ for what reads.</summary>
    /// <remarks>A LayerNorm hands on n without mean, so that W sees of v only v − v̄1 = √s·u, u of length 1, s = 1 − d v̄². For n = a·u + m the edit leaves W (g ⊙ (a((1 − s)u − √s v̄1) + m)): what is multiplied
    /// by a has the length √(1 − s) = |cos(v, 1)|, 1/√d for a random direction, since v takes along 1 what was never there. Removing u instead leaves nothing; the formula is kept as editing.md has it.</remarks>
    private void ChangeReaders(IReadOnlyList<WeightEdit> edits)
    {
        if (_options.PreserveNorms) throw new InvalidInputException("Norms are kept of the columns of what writes; an edit of what reads has none to keep. Choose one of the two.");
        var spec = _model.Config.Spec;
        var readers = ResidualTensors.Readers(spec, _model.Config.Tensors);
        var maps = new Dictionary<(int, ResidualWriter), ResidualMap>();
        foreach (var edit in edits)
        {
            foreach (var place in edit.Places.Where(p => p.Strength != 0))
            {
                if (place.Writer == ResidualWriter.Embedding) throw new InvalidInputException("The embedding reads no residual stream: an edit of the input side has no such place. Leave it out.");
                if ((uint)place.Layer >= (uint)spec.Layers.Length) throw new InvalidInputException($"The plan edits layer {place.Layer}; the model has layers 0 to {spec.Layers.Length - 1}. The plan is for another model.");
                // What acts on the normalised stream, before the gain.
                var map = DirectionBasis.Removal(edit.Direction, place.Strength, null, spec.HiddenSize, $"layer {place.Layer}");
                maps[(place.Layer, place.Writer)] = maps.TryGetValue((place.Layer, place.Writer), out var before) ? before.Then(map) : map;
            }
        }
        foreach (var (name, (place, linear, norm)) in readers)
        {
            if (!maps.TryGetValue((place.Layer, place.Writer), out var map)) continue;
            var gain = norm is null ? null : _compiler.Gain(norm);
            if (gain?.Contains(0) == true)
            {
                _problems.Add($"{_model.Checkpoint.Path}: the gain {ProblemList.Quote(norm!.Weight)} is 0 at element {Array.IndexOf(gain, 0)}, and {ProblemList.Quote(name)} behind it cannot be made blind to what the gain hides. Leave layer {place.Layer} out.");
                continue;
            }
            // W ← W − W (g ⊙ A)(B ⊘ g)ᵀ.
            double[] left = (double[])map.Right.Clone(), right = (double[])map.Left.Clone();
            for (var i = 0; gain is not null && i < left.Length; i++) (left[i], right[i]) = (left[i] / gain[i % gain.Length], right[i] * gain[i % gain.Length]);
            var change = new TensorChange(place.Layer, place.Writer, place.Axis, new ResidualMap(spec.HiddenSize, left, right));
            _changes[name] = change;
            if (norm?.Bias is { } shift) ChangeBias(name, linear, change, shift);
        }
    }

    /// <summary>What the norm's bias β brought along the direction goes to the matrix's own bias: b ← b + W (g ⊙ A)(B ⊘ g)ᵀβ.</summary>
    private void ChangeBias(string weight, LinearSpec linear, TensorChange change, string shift)
    {
        var beta = new double[_model.Config.Spec.HiddenSize];
        _model.Weights[shift].ReadDouble(0, beta);
        var map = change.Map!;
        var parts = Enumerable.Range(0, map.Rank).Select(k => DoubleVectors.Dot(map.Left.AsSpan(k * map.Width, map.Width), beta)).ToArray();
        if (parts.All(p => p == 0)) return;
        if (linear.Bias is not { } bias)
        {
            _problems.Add($"{_model.Checkpoint.Path}: the norm before {ProblemList.Quote(weight)} has a bias ({ProblemList.Quote(shift)}), which an edit of the input side hands to the matrix's own, and it has none. Edit what writes instead.");
            return;
        }
        var tensor = _model.Weights[weight];
        _changes[bias] = new TensorChange(change.Layer, change.Writer, ResidualAxis.Columns, null, Added: new Lazy<double[]>(() =>
        {
            var (rows, width) = (checked((int)tensor.Shape[0]), checked((int)tensor.Shape[^1]));
            var (single, row) = (new float[width], new double[width]);
            if (change.Axis == ResidualAxis.Rows)
            {
                var products = EditedTensor.Products(tensor, 0, rows, width, map.Right, single, row);
                var sum = new double[width];
                for (var k = 0; k < parts.Length; k++) DoubleVectors.AddScaled(parts[k], products.AsSpan(k * width, width), sum);
                return sum;
            }
            var result = new double[rows];
            for (var i = 0; i < rows; i++)
            {
                EditedTensor.ReadRow(tensor, i, single, row);
                for (var k = 0; k < parts.Length; k++) result[i] += parts[k] * DoubleVectors.Dot(map.Right.AsSpan(k * width, width), row);
            }
            return result;
        }));
    }
}
