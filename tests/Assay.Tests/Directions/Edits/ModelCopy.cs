using Assay.Checkpoints;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Directions.Edits;

/// <summary>Copies of small models for tests of edits, and what a slow reader finds in them.</summary>
internal static class ModelCopy
{
    /// <summary>The same model with all weights in another type.</summary>
    public static string As(DType dtype, string source, TemporaryFolder folder, string name = "copy")
    {
        using var checkpoint = Checkpoint.Open(source);
        Directory.CreateDirectory(folder[name]);
        File.WriteAllText(folder[$"{name}/config.json"], checkpoint.ReadText("config.json"));
        SafetensorsWriter.Write(folder[$"{name}/model.safetensors"], checkpoint.Tensors.Select(t => TensorToWrite.From(t.Name, dtype, t.Shape, Bytes(dtype, Values(t)))), new Dictionary<string, string> { ["format"] = "pt" });
        return folder[name];
    }

    public static float[] Values(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return values;
    }

    public static double[] Doubles(Tensor tensor)
    {
        var values = new double[tensor.Count];
        tensor.ReadDouble(0, values);
        return values;
    }

    public static byte[] Bytes(Tensor tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        tensor.ReadBytes(0, bytes);
        return bytes;
    }

    /// <summary>A unit direction that no coordinate is special for.</summary>
    public static float[] Unit(int width, int seed)
    {
        var random = new Random(seed);
        var v = Enumerable.Range(0, width).Select(_ => random.NextDouble() - .5).ToArray();
        var norm = Math.Sqrt(v.Sum(x => x * x));
        return [.. v.Select(x => (float)(x / norm))];
    }

    private static byte[] Bytes(DType dtype, float[] values)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var value in values)
        {
            if (dtype == DType.F32) writer.Write(value);
            else if (dtype == DType.F16) writer.Write((Half)value);
            else if (dtype == DType.F64) writer.Write((double)value);
            // Golden models are stored in this type: nothing is cut off.
            else writer.Write((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
        }
        return stream.ToArray();
    }
}
