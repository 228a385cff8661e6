using System.Buffers;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Checkpoints.Adapters;
using Assay.Models;

namespace Assay.Directions.Edits;

/// <summary>Writes a plan of edits as a PEFT LoRA adapter: W′ = W + B·A with B = −L and A = RᵀW, of the rank of the directions. What was written is read back and held against the plan before it gets its name.</summary>
/// <remarks>Layout of peft (utils/save_and_load.py): <c>lora_A</c> (r, in), <c>lora_B</c> (out, r), for embeddings <c>lora_embedding_A</c> (r, tokens) and <c>_B</c> (d, r); lora_alpha = r,
/// so that the factor is 1. A module whose bias changes is saved as a whole (<c>modules_to_save</c>).</remarks>
public static class LoraExport
{
    /// <summary>Writes the adapter's folder.</summary>
    /// <param name="model">The base.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="target">The folder; must not exist unless overwritten.</param>
    /// <param name="options">How it is put into weights; null for the defaults.</param>
    /// <param name="overwrite">Whether an existing folder is replaced.</param>
    /// <param name="cancellation">Leaves nothing behind.</param>
    /// <exception cref="InvalidInputException">What PEFT cannot hold, by name: kept norms, experts in one tensor, a tied head that changes with the embedding. Or what was read back is not what was promised.</exception>
    public static void Write(EditableModel model, IReadOnlyList<WeightEdit> edits, string target, EditOptions? options = null, bool overwrite = false, CancellationToken cancellation = default) =>
        Write(model, edits, target, options, overwrite, null, cancellation);

    internal static void Write(EditableModel model, IReadOnlyList<WeightEdit> edits, string target, EditOptions? options, bool overwrite, Action<string>? step, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        var weights = Compile(model, edits, options);
        var adapter = new Adapter(model, weights.Changes, cancellation);
        using var folder = new AtomicFolder(target, overwrite, model.Inputs, adapter.Tensors.Sum(t => t.ByteLength)) { Step = step };
        var header = SafetensorsWriter.FormatHeader(adapter.Tensors, new Dictionary<string, string> { ["format"] = "pt" });
        folder.Write(LoraAdapter.WeightsName, stream => SafetensorsWriter.WriteTo(stream, header, adapter.Tensors, null, cancellation));
        folder.Write(LoraConfig.FileName, stream => stream.Write(adapter.Config()));
        step?.Invoke("check");
        Check(model, weights, adapter, folder, target, cancellation);
        folder.Commit();
    }

    /// <summary>Refuses a plan that no adapter can hold, without writing anything.</summary>
    /// <param name="model">The base.</param>
    /// <param name="edits">The plan.</param>
    /// <param name="options">How it is put into weights; null for the defaults.</param>
    /// <exception cref="InvalidInputException">What PEFT cannot hold, by name.</exception>
    public static void Validate(EditableModel model, IReadOnlyList<WeightEdit> edits, EditOptions? options = null) => _ = Adapter.Modules(model, Compile(model, edits, options).Changes);

    private static EditedWeights Compile(EditableModel model, IReadOnlyList<WeightEdit> edits, EditOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(edits);
        options ??= new EditOptions();
        if (options.PreserveNorms) throw new InvalidInputException("An edit that keeps norms changes matrices by full rank; no low-rank adapter equals it. Write the merged checkpoint or the edit file.");
        if (options.KeepTiedHead && model.Config.TiedHead) throw new InvalidInputException("PEFT gives a changed embedding a head of its own; one that changes along is no adapter. Write the merged checkpoint or the edit file.");
        if (model.HasAdapters) throw new InvalidInputException($"{model.Checkpoint.Path}: has adapters already, and the edit's factors rest on the merged weights. Write the merged checkpoint, and the adapter from that.");
        var weights = new EditedWeights(model, edits, options with { KeepTiedHead = model.IsGguf });
        if (weights.Changes.Count == 0) throw new InvalidInputException("The plan edits nothing: it has no place with a strength other than 0. An adapter of nothing is not written.");
        return weights;
    }

    /// <summary>Reads back what was written, before it gets its name: the files bit for bit, then the model that base and adapter are to the reader of <c>BASE+ADAPTER</c>.</summary>
    private static void Check(EditableModel model, EditedWeights weights, Adapter adapter, AtomicFolder folder, string target, CancellationToken cancellation)
    {
        var problems = new ProblemList();
        try
        {
            if (!File.ReadAllBytes(folder[LoraConfig.FileName]).AsSpan().SequenceEqual(adapter.Config())) problems.Add($"{LoraConfig.FileName} was read back otherwise than it was written.");
            using (var file = SafetensorsFile.Open(folder[LoraAdapter.WeightsName])) CompareBytes(file, adapter.Tensors, problems, cancellation);
            problems.ThrowIfAny();
            using var adapted = Open(model.Checkpoint.Path, folder.Scratch, Path.GetFileName(folder[LoraConfig.FileName]));
            var config = ModelConfig.Parse(adapted.ReadText("config.json")!, "config.json", adapted.Defaulted);
            var bound = WeightBinding.Bind(adapted, config);
            if (config.TiedHead && weights.UntiesHead) problems.Add("the head is still tied to the embedding that the adapter changes.");
            // Computed anew: nothing is taken over from the writing.
            foreach (var (name, change) in weights.Changes) Compare(bound[name], new EditedTensor(name, model.Weights[name], DType.F32, change), problems, cancellation);
        }
        catch (InvalidInputException broken)
        {
            if (!problems.Any) problems.Add(broken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"cannot be read: {e.Message}");
        }

        if (problems.Any) throw MergedCheckpoint.Failure(target, problems);
    }

    private static Checkpoint Open(string basePath, string folder, string configName)
    {
        var checkpoint = Checkpoint.OpenPath(basePath);
        try
        {
            return LoraAdapter.Apply(checkpoint, folder, checkpoint.Name, configName);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static void CompareBytes(SafetensorsFile file, List<TensorToWrite> promised, ProblemList problems, CancellationToken cancellation)
    {
        if (file.Tensors.Count != promised.Count) problems.Add($"{promised.Count} tensors were written and {file.Tensors.Count} read back.");
        var (saved, read, wanted) = (file.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal), new byte[1 << 16], new byte[1 << 16]);
        foreach (var tensor in promised)
        {
            var same = saved.TryGetValue(tensor.Name, out var now) && now.DType == tensor.DType && now.Shape.SequenceEqual(tensor.Shape);
            for (long offset = 0; same && offset < tensor.ByteLength; offset += read.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                var count = (int)Math.Min(read.Length, tensor.ByteLength - offset);
                now!.ReadBytes(offset, read.AsSpan(0, count));
                tensor.Read(offset, wanted.AsSpan(0, count));
                same = read.AsSpan(0, count).SequenceEqual(wanted.AsSpan(0, count));
            }
            if (!same) problems.Add($"tensor {ProblemList.Quote(tensor.Name)} was read back otherwise than it was written.");
        }
    }

    /// <summary>Base and adapter together against the edited tensor, within what float32 factors and sums explain.</summary>
    private static void Compare(Tensor adapted, EditedTensor promised, ProblemList problems, CancellationToken cancellation)
    {
        var width = checked((int)adapted.Shape[^1]);
        var (single, row, wanted) = (new float[width], new double[width], new double[width]);
        double difference = 0, size = 0;
        for (long index = 0; index < adapted.Count / width; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            EditedTensor.ReadRow(promised.Source, index, single, row);
            size += DoubleVectors.Dot(row, row);
            EditedTensor.ReadRow(adapted, index, single, row);
            promised.Read(index * width, wanted);
            size += DoubleVectors.Dot(wanted, wanted);
            DoubleVectors.AddScaled(-1, wanted, row);
            difference += DoubleVectors.Dot(row, row);
        }
        // Oblique directions and gains may cancel: what is summed is as large as L and R together allow.
        var map = promised.Change?.Map;
        var spread = map is null ? 8 : (8 + map.Rank) * (1 + DoubleVectors.Norm(map.Left) * DoubleVectors.Norm(map.Right));
        var allowed = StoredValues.Tolerance(adapted.DType) * spread * Math.Sqrt(size) + StoredValues.Smallest(adapted.DType) * Math.Sqrt(adapted.Count);
        if (!(Math.Sqrt(difference) <= allowed)) problems.Add($"tensor {ProblemList.Quote(promised.Name)}: base and adapter are {Math.Sqrt(difference):e2} away from the edit; rounding explains {allowed:e2}.");
    }

    private sealed class Adapter
    {
        // Where every edited module is saved whole. PEFT takes null for "the usual modules of this kind", and refuses it of kinds that it does not know (DUMMY_TARGET_MODULES in its utils/constants.py).
        private const string NoTargets = "dummy-target-modules";

        private readonly EditableModel _model;
        private readonly SortedSet<string> _targets = new(StringComparer.Ordinal), _saved = new(StringComparer.Ordinal);
        private readonly int _rank;

        public Adapter(EditableModel model, IReadOnlyDictionary<string, TensorChange> changes, CancellationToken cancellation)
        {
            _model = model;
            _rank = changes.Values.Max(c => c.Map is null ? 0 : c.Map.Rank + (c.Added is null ? 0 : 1));
            foreach (var (module, names) in Modules(model, changes))
            {
                cancellation.ThrowIfCancellationRequested();
                if (names.Exists(n => n.EndsWith(".bias", StringComparison.Ordinal))) Save(module, changes);
                else Factors(module, names[0], changes[names[0]]);
            }
        }

        public List<TensorToWrite> Tensors { get; } = [];

        /// <summary>Tensors that change, by module.</summary>
        public static Dictionary<string, List<string>> Modules(EditableModel model, IReadOnlyDictionary<string, TensorChange> changes)
        {
            var problems = new ProblemList();
            var modules = changes.Keys.GroupBy(Module).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
            foreach (var names in modules.Values.Where(g => g.Exists(n => model.Weights[n].Shape.Length > 2 || model.Names.Parts.ContainsKey(n))))
                problems.Add($"{ProblemList.Quote(names[0])} holds all experts in one tensor, which is no module that PEFT can put LoRA on. Write the merged checkpoint or the edit file.");
            problems.ThrowIfAny();
            return modules;
        }

        public byte[] Config()
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                json.WriteString("peft_type", "LORA");
                json.WriteString("task_type", "CAUSAL_LM");
                json.WriteString("base_model_name_or_path", _model.Checkpoint.Path);
                json.WriteNumber("r", Math.Max(1, _rank));
                json.WriteNumber("lora_alpha", Math.Max(1, _rank));
                json.WriteNumber("lora_dropout", 0);
                json.WriteString("bias", "none");
                json.WriteBoolean("fan_in_fan_out", _model.Config.ModelType == "gpt2");
                json.WriteBoolean("inference_mode", true);
                json.WriteBoolean("use_rslora", false);
                json.WriteBoolean("use_dora", false);
                json.WriteBoolean("init_lora_weights", true);
                if (_targets.Count > 0) List(json, "target_modules", _targets);
                else json.WriteString("target_modules", NoTargets);
                List(json, "modules_to_save", _saved);
                json.WriteEndObject();
            }
            return buffer.WrittenSpan.ToArray();
        }

        private static void List(Utf8JsonWriter json, string key, SortedSet<string> names)
        {
            if (names.Count == 0)
            {
                json.WriteNull(key);
                return;
            }
            json.WriteStartArray(key);
            foreach (var name in names) json.WriteStringValue(name);
            json.WriteEndArray();
        }

        private static string Module(string tensor) => tensor[..tensor.LastIndexOf('.')];

        /// <summary>The whole module with its bias, as PEFT saves those that are trained entirely.</summary>
        private void Save(string module, IReadOnlyDictionary<string, TensorChange> changes)
        {
            _saved.Add(module);
            foreach (var part in (ReadOnlySpan<string>)[".weight", ".bias"])
            {
                if (!_model.Weights.TryGetValue(module + part, out var tensor)) continue;
                // An adapter's tensors are of at most float32.
                var dtype = tensor.DType is DType.F16 or DType.BF16 ? tensor.DType : DType.F32;
                var edited = new EditedTensor($"base_model.model.{module}{part}", tensor, dtype, changes.GetValueOrDefault(module + part));
                Tensors.Add(edited.ToWrite(tensor.Shape));
            }
        }

        private void Factors(string module, string name, TensorChange change)
        {
            _targets.Add(module);
            var (tensor, map) = (_model.Weights[name], change.Map!);
            var isEmbedding = change.Layer < 0;
            var (rows, columns) = (tensor.Shape[0], tensor.Shape[1]);
            // The stream's side takes L; the other RᵀX or X R, of which only k vectors are held.
            var products = change.Axis == ResidualAxis.Rows
                ? Array.ConvertAll(EditedTensor.Products(tensor, 0, checked((int)rows), checked((int)columns), map.Right, new float[columns], new double[columns]), x => (float)-x)
                : Along(tensor, map);
            var others = change.Axis == ResidualAxis.Rows ? columns : rows;
            var stream = Padded(Array.ConvertAll(map.Left, x => (float)x), map.Width);
            var other = Padded(products, others);
            if (change.Added?.Value is { } added)
            {
                // The constant of every row: one rank more, of ones.
                for (var i = 0; i < added.Length; i++) stream[(long)map.Rank * map.Width + i] = (float)added[i];
                other.AsSpan((int)(map.Rank * others), (int)others).Fill(1);
            }
            var path = $"base_model.model.{module}";
            // Of what writes the stream is the output, of what reads the input; an embedding's tokens are its inputs.
            var writes = isEmbedding || _model.Config.Tensors.First(t => t.Name == name).Role == ResidualRole.Writes;
            var (a, b) = writes ? ((other, others), (stream, (long)map.Width)) : ((stream, (long)map.Width), (other, others));
            var (first, second) = isEmbedding ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A.weight", "lora_B.weight");
            Tensors.Add(TensorToWrite.From($"{path}.{first}", [_rank, a.Item2], a.Item1));
            Tensors.Add(TensorToWrite.From($"{path}.{second}", [b.Item2, _rank], Transposed(b.Item1, b.Item2)));
        }

        /// <summary>−XR, (k, rows).</summary>
        private static float[] Along(Tensor tensor, ResidualMap map)
        {
            var (rows, width) = (tensor.Shape[0], map.Width);
            var products = new float[checked(map.Rank * rows)];
            var (single, row) = (new float[width], new double[width]);
            for (long i = 0; i < rows; i++)
            {
                EditedTensor.ReadRow(tensor, i, single, row);
                for (var k = 0; k < map.Rank; k++) products[k * rows + i] = (float)-DoubleVectors.Dot(map.Right.AsSpan(k * width, width), row);
            }
            return products;
        }

        /// <summary>As many rows as the adapter's rank.</summary>
        private float[] Padded(float[] values, long width)
        {
            Array.Resize(ref values, checked((int)(_rank * width)));
            return values;
        }

        private float[] Transposed(float[] values, long width)
        {
            var result = new float[values.Length];
            for (long k = 0; k < _rank; k++)
                for (long i = 0; i < width; i++) result[i * _rank + k] = values[k * width + i];
            return result;
        }
    }
}
