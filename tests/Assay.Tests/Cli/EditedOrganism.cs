using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Assay.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary>A bundled organism whose stored bytes, config or other files are changed as people and tools change them.</summary>
internal sealed class EditedOrganism
{
    private readonly string _source;
    private readonly Dictionary<string, (DType Type, ImmutableArray<long> Shape, byte[] Bytes)> _tensors = new(StringComparer.Ordinal);

    private EditedOrganism(string source)
    {
        _source = source;
        using var checkpoint = Checkpoint.Open(source);
        foreach (var tensor in checkpoint.Tensors)
        {
            var bytes = new byte[tensor.ByteLength];
            tensor.ReadBytes(0, bytes);
            _tensors[tensor.Name] = (tensor.DType, tensor.Shape, bytes);
        }
    }

    public static string Path(string kind, string stage = "aligned") => System.IO.Path.Combine(GoldenFiles.Repository, "organisms", kind, stage);

    public static EditedOrganism Of(string kind, string stage = "aligned") => new(Path(kind, stage));

    public IReadOnlyList<string> Names => [.. _tensors.Keys];

    public ImmutableArray<long> Shape(string name) => _tensors[name].Shape;

    /// <summary>Sets one BF16 value by its bits.</summary>
    public EditedOrganism Set(string name, long index, ushort bits)
    {
        BitConverter.TryWriteBytes(_tensors[name].Bytes.AsSpan(checked((int)(2 * index))), bits);
        return this;
    }

    /// <summary>Sets all values of a tensor to one.</summary>
    public EditedOrganism Fill(string name, ushort bits)
    {
        for (var i = 0; i < _tensors[name].Bytes.Length / 2; i++) Set(name, i, bits);
        return this;
    }

    /// <summary>The values of a BF16 tensor.</summary>
    public float[] Values(string name) => [.. Enumerable.Range(0, _tensors[name].Bytes.Length / 2)
        .Select(i => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(_tensors[name].Bytes, 2 * i) << 16))];

    /// <summary>Other values in the place of a tensor's, stored as F32.</summary>
    public EditedOrganism Replace(string name, float[] values)
    {
        var bytes = new byte[4 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        _tensors[name] = (DType.F32, _tensors[name].Shape, bytes);
        return this;
    }

    /// <summary>Rows in another order; some may go or come twice.</summary>
    public EditedOrganism Rows(string name, IEnumerable<int> order)
    {
        var (type, shape, bytes) = _tensors[name];
        var width = bytes.Length / (int)shape[0];
        var rows = order.Select(r => bytes.AsSpan(r * width, width).ToArray()).ToList();
        _tensors[name] = (type, shape.SetItem(0, rows.Count), [.. rows.SelectMany(r => r)]);
        return this;
    }

    /// <summary>Columns of a matrix in another order.</summary>
    public EditedOrganism Columns(string name, int[] order)
    {
        var (type, shape, bytes) = _tensors[name];
        var result = new byte[bytes.Length];
        for (var row = 0; row < shape[0]; row++)
            for (var c = 0; c < order.Length; c++)
                bytes.AsSpan((row * order.Length + order[c]) * 2, 2).CopyTo(result.AsSpan((row * order.Length + c) * 2));
        _tensors[name] = (type, shape, result);
        return this;
    }

    /// <summary>The layers of the base in this order; some may go or come twice.</summary>
    public EditedOrganism Layers(params int[] order)
    {
        const string prefix = "model.layers.";
        var before = _tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        foreach (var (name, _) in before) _tensors.Remove(name);
        for (var i = 0; i < order.Length; i++)
            foreach (var (name, value) in before.Where(t => t.Key.StartsWith($"{prefix}{order[i]}.", StringComparison.Ordinal)))
                _tensors[$"{prefix}{i}.{name[$"{prefix}{order[i]}.".Length..]}"] = value;
        return this;
    }

    /// <summary>Writes it with the organism's other files.</summary>
    /// <param name="folder">Where; made.</param>
    /// <param name="config">Changes config.json.</param>
    /// <param name="asFloat32">Whether every BF16 value is stored as F32.</param>
    public string Write(string folder, Action<JsonObject>? config = null, bool asFloat32 = false)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(_source).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal))) File.Copy(file,
            System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)));
        if (config is not null) Json(folder, "config.json", config);
        SafetensorsWriter.Write(System.IO.Path.Combine(folder, "model.safetensors"), _tensors.Select(t => asFloat32 && t.Value.Type == DType.BF16
            ? TensorToWrite.From(t.Key, DType.F32, t.Value.Shape, Widen(t.Value.Bytes))
            : TensorToWrite.From(t.Key, t.Value.Type, t.Value.Shape, t.Value.Bytes)));
        return folder;
    }

    /// <summary>Changes a JSON file of a folder.</summary>
    public static void Json(string folder, string file, Action<JsonObject> change)
    {
        var path = System.IO.Path.Combine(folder, file);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    // The upper half of a float32 is the BF16 value.
    private static byte[] Widen(byte[] bytes) => [.. Enumerable.Range(0, bytes.Length / 2)
        .SelectMany(i => new byte[] { 0, 0, bytes[2 * i], bytes[2 * i + 1] })];
}
