using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Assay.Benchmarks;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Models;
using Assay.Models.Kernels;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Diffing;

/// <summary>A small random Llama as numbers in memory, to be changed and written.</summary>
internal sealed class ChangedModel
{
    public const int Layers = 3;
    public const int Hidden = 64;
    public static readonly string Config = SyntheticCheckpoint.LlamaConfig(Layers, Hidden, 4, 2, 112, 160);

    private readonly Dictionary<string, (ImmutableArray<long> Shape, double[] Values)> _tensors = new(StringComparer.Ordinal);

    private string? _config;

    private ChangedModel()
    {
    }

    /// <summary>The first layers of a bundled organism.</summary>
    public static ChangedModel Organism(string kind, int layers = 2, string stage = "aligned")
    {
        var model = new ChangedModel();
        using var source = Checkpoint.Open(Path.Combine(GoldenFiles.Repository, "organisms", kind, stage));
        var config = JsonNode.Parse(source.ReadText("config.json")!)!.AsObject();
        config[config.ContainsKey("n_layer") ? "n_layer" : "num_hidden_layers"] = layers;
        if (config["layer_types"] is JsonArray types) while (types.Count > layers) types.RemoveAt(types.Count - 1);
        model._config = config.ToJsonString();
        foreach (var tensor in source.Tensors)
        {
            if (tensor.Name.Split('.').FirstOrDefault(p => char.IsAsciiDigit(p[0])) is { } layer
                && int.Parse(layer, CultureInfo.InvariantCulture) >= layers) continue;
            var values = new double[tensor.Count];
            tensor.ReadDouble(0, values);
            model._tensors[tensor.Name] = (tensor.Shape, values);
        }

        return model;
    }

    /// <summary>The same tensors with another number of layers in the config.</summary>
    public ChangedModel WithLayers(int layers)
    {
        var copy = Copy();
        var config = JsonNode.Parse(_config ?? Config)!.AsObject();
        config[config.ContainsKey("n_layer") ? "n_layer" : "num_hidden_layers"] = layers;
        if (config["layer_types"] is JsonArray types)
        {
            while (types.Count > layers) types.RemoveAt(types.Count - 1);
            while (types.Count < layers) types.Add(types[types.Count % 2]!.DeepClone());
        }

        copy._config = config.ToJsonString();
        return copy;
    }

    /// <summary>A candidate whose layers are the base's of these numbers.</summary>
    public ChangedModel OfLayers(params int[] layers)
    {
        var copy = WithLayers(layers.Length);
        foreach (var name in Names.Where(n => Layer(n) is not null)) copy.Remove(name);
        for (var to = 0; to < layers.Length; to++)
            foreach (var name in Names.Where(n => Layer(n) == layers[to])) copy._tensors[InLayer(name, to)] =
                (_tensors[name].Shape, (double[])_tensors[name].Values.Clone());
        return copy;
    }

    public static int? Layer(string name) => name.Split('.').FirstOrDefault(p => char.IsAsciiDigit(p[0])) is { } layer
        ? int.Parse(layer, CultureInfo.InvariantCulture) : null;

    private static string InLayer(string name, int layer)
    {
        var parts = name.Split('.');
        parts[Array.FindIndex(parts, p => char.IsAsciiDigit(p[0]))] = layer.ToString(CultureInfo.InvariantCulture);
        return string.Join('.', parts);
    }

    /// <summary>Row i becomes the row order[i] that was.</summary>
    public void Rows(string name, int[] order)
    {
        var (columns, values) = (_tensors[name].Values.Length / order.Length, this[name]);
        var moved = new double[values.Length];
        for (var i = 0; i < order.Length; i++) Array.Copy(values, order[i] * columns, moved, i * columns, columns);
        this[name] = moved;
    }

    /// <summary>Column j becomes the column order[j] that was.</summary>
    public void Columns(string name, int[] order)
    {
        var values = this[name];
        var moved = new double[values.Length];
        for (var i = 0; i < values.Length; i++) moved[i] = values[i - i % order.Length + order[i % order.Length]];
        this[name] = moved;
    }

    /// <summary>Without any tensor; none of those that are added is in the config.</summary>
    public static ChangedModel Empty() => new();

    /// <summary>One tensor of a bundled organism.</summary>
    public static (ImmutableArray<long> Shape, double[] Values) Tensor(string kind, string stage, string name)
    {
        using var source = Checkpoint.Open(Path.Combine(GoldenFiles.Repository, "organisms", kind, stage));
        var values = new double[source[name].Count];
        source[name].ReadDouble(0, values);
        return (source[name].Shape, values);
    }

    public static int[] Shuffled(Random random, int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        return order;
    }

    /// <summary>Lines of units in the order of the units.</summary>
    public static int[] Blocks(int[] order, int size, int first = 0) => [.. order.SelectMany(u => Enumerable.Range(first + u * size, size))];

    /// <summary>Random weights on the bf16 grid: gains about 1, matrices normal with deviation .02.</summary>
    public static ChangedModel Random(int seed)
    {
        var (model, random) = (new ChangedModel(), new Random(seed));
        foreach (var tensor in ModelConfig.Parse(Config).Tensors.Where(t => !t.Optional))
        {
            var values = Normal(random, (int)tensor.Shape.Aggregate(1L, (a, b) => a * b), tensor.Shape.Length == 1 ? .1 : .02);
            if (tensor.Shape.Length == 1) for (var i = 0; i < values.Length; i++) values[i] += 1;
            model._tensors[tensor.Name] = (tensor.Shape, [.. values.Select(BFloat16)]);
        }

        return model;
    }

    public IEnumerable<string> Names => _tensors.Keys;

    public IEnumerable<string> Matrices => Names.Where(n => _tensors[n].Shape.Length == 2);

    public double[] this[string name]
    {
        get => _tensors[name].Values;
        set => _tensors[name] = (_tensors[name].Shape, value);
    }

    public (int Rows, int Columns) Shape(string name) => ((int)_tensors[name].Shape[0], (int)_tensors[name].Shape[^1]);

    public ChangedModel Copy()
    {
        var copy = new ChangedModel { _config = _config };
        foreach (var (name, tensor) in _tensors) copy._tensors[name] = (tensor.Shape, (double[])tensor.Values.Clone());
        return copy;
    }

    public void Remove(string name) => _tensors.Remove(name);

    public void Add(string name, ImmutableArray<long> shape, double[] values) => _tensors[name] = (shape, values);

    public string Write(TemporaryFolder folder, string name, DType type = DType.BF16, string? config = null)
    {
        folder.Write($"{name}/config.json", config ?? _config ?? Config);
        SafetensorsWriter.Write(folder[$"{name}/model.safetensors"], _tensors.Select(t => TensorToWrite.From(t.Key, type, t.Value.Shape, Bytes(t.Value.Values, type))));
        return folder[name];
    }

    /// <summary>Writes both and compares them.</summary>
    public static CheckpointDifference Compare(ChangedModel original, ChangedModel changed, int threads = 2, DType originalType = DType.BF16, DType changedType = DType.BF16)
    {
        using var folder = new TemporaryFolder();
        return Compare(original.Write(folder, "base", originalType), changed.Write(folder, "candidate", changedType), threads);
    }

    public static CheckpointDifference Compare(string original, string changed, int threads = 2)
    {
        using var team = new WorkTeam(threads);
        using var a = Checkpoint.Open(original);
        using var b = Checkpoint.Open(changed);
        return CheckpointComparer.Compare(a, b, team);
    }

    public static double[] Normal(Random random, int count, double deviation)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++) values[i] = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return values;
    }

    public static double[] Unit(double[] vector)
    {
        var length = Math.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / length)];
    }

    /// <summary>Round to nearest, ties to even, by the bits.</summary>
    public static double BFloat16(double value)
    {
        var bits = BitConverter.SingleToUInt32Bits((float)value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
    }

    private static byte[] Bytes(double[] values, DType type)
    {
        var size = type switch { DType.BF16 or DType.F16 => 2, DType.F64 => 8, _ => 4 };
        var bytes = new byte[values.Length * size];
        for (var i = 0; i < values.Length; i++)
        {
            var at = bytes.AsSpan(i * size);
            switch (type)
            {
                case DType.BF16:
                    BitConverter.TryWriteBytes(at, (ushort)(BitConverter.SingleToUInt32Bits((float)BFloat16(values[i])) >> 16));
                    break;
                case DType.F16:
                    BitConverter.TryWriteBytes(at, (Half)values[i]);
                    break;
                case DType.F64:
                    BitConverter.TryWriteBytes(at, values[i]);
                    break;
                default:
                    BitConverter.TryWriteBytes(at, (float)values[i]);
                    break;
            }
        }

        return bytes;
    }
}
