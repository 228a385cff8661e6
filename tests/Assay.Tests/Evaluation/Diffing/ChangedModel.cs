using System.Collections.Immutable;
using Assay.Benchmarks;
using Assay.Checkpoints;
using Assay.Evaluation.Diffing;
using Assay.Models;
using Assay.Models.Kernels;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Evaluation.Diffing;

/// <summary>A small random Llama as numbers in memory, to be changed and written.</summary>
internal sealed class ChangedModel
{
    public const int Layers = 3;
    public const int Hidden = 64;
    public static readonly string Config = SyntheticCheckpoint.LlamaConfig(Layers, Hidden, 4, 2, 112, 160);

    private readonly Dictionary<string, (ImmutableArray<long> Shape, double[] Values)> _tensors = new(StringComparer.Ordinal);

    private ChangedModel()
    {
    }

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
        var copy = new ChangedModel();
        foreach (var (name, tensor) in _tensors) copy._tensors[name] = (tensor.Shape, (double[])tensor.Values.Clone());
        return copy;
    }

    public void Remove(string name) => _tensors.Remove(name);

    public void Add(string name, ImmutableArray<long> shape, double[] values) => _tensors[name] = (shape, values);

    public string Write(TemporaryFolder folder, string name, DType type = DType.BF16, string? config = null)
    {
        folder.Write($"{name}/config.json", config ?? Config);
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

    private static byte[] Bytes(double[] values, DType type) => [.. values.SelectMany(v => type switch
    {
        DType.BF16 => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits((float)BFloat16(v)) >> 16)),
        DType.F16 => BitConverter.GetBytes((Half)v),
        DType.F64 => BitConverter.GetBytes(v),
        _ => BitConverter.GetBytes((float)v),
    })];
}
