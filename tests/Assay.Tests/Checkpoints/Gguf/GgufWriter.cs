using System.Buffers.Binary;
using System.Text;

namespace Assay.Tests.Checkpoints.Gguf;

/// <summary>Writes GGUF files by the format's description, for tests.</summary>
internal sealed class GgufWriter
{
    private readonly List<(string Key, uint Type, byte[] Value)> values = [];
    private readonly List<(string Name, ulong[] Dimensions, uint Type, byte[] Data)> tensors = [];

    public uint Version { get; set; } = 3;

    public int Alignment { get; init; } = 32;

    public GgufWriter Raw(string key, uint type, byte[] value)
    {
        values.Add((key, type, value));
        return this;
    }

    public GgufWriter Text(string key, string value) => Raw(key, 8, String(value));

    public GgufWriter U32(string key, uint value) => Raw(key, 4, BitConverter.GetBytes(value));

    public GgufWriter U16(string key, ushort value) => Raw(key, 2, BitConverter.GetBytes(value));

    public GgufWriter I32(string key, int value) => Raw(key, 5, BitConverter.GetBytes(value));

    public GgufWriter F32(string key, float value) => Raw(key, 6, BitConverter.GetBytes(value));

    public GgufWriter Flag(string key, bool value) => Raw(key, 7, [value ? (byte)1 : (byte)0]);

    public GgufWriter Texts(string key, params string[] list) => Raw(key, 9, [.. BitConverter.GetBytes(8u), .. BitConverter.GetBytes((ulong)list.Length), .. list.SelectMany(String)]);

    public GgufWriter I32s(string key, params int[] list) => Raw(key, 9, [.. BitConverter.GetBytes(5u), .. BitConverter.GetBytes((ulong)list.Length), .. list.SelectMany(BitConverter.GetBytes)]);

    public GgufWriter F32s(string key, params float[] list) => Raw(key, 9, [.. BitConverter.GetBytes(6u), .. BitConverter.GetBytes((ulong)list.Length), .. list.SelectMany(BitConverter.GetBytes)]);

    /// <param name="name">Name.</param>
    /// <param name="shape">Outermost first, as everywhere but in the file.</param>
    /// <param name="type">Number.</param>
    /// <param name="data">Bytes.</param>
    public GgufWriter Tensor(string name, long[] shape, uint type, byte[] data)
    {
        tensors.Add((name, [.. shape.Reverse().Select(s => (ulong)s)], type, data));
        return this;
    }

    public GgufWriter Tensor(string name, long[] shape, params float[] data) => Tensor(name, shape, 0, [.. data.SelectMany(BitConverter.GetBytes)]);

    public byte[] ToBytes()
    {
        List<byte> file = [.. "GGUF"u8, .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes((ulong)tensors.Count), .. BitConverter.GetBytes((ulong)values.Count)];
        foreach (var (key, type, value) in values) file.AddRange([.. String(key), .. BitConverter.GetBytes(type), .. value]);
        ulong offset = 0;
        foreach (var (name, dimensions, type, data) in tensors)
        {
            file.AddRange([.. String(name), .. BitConverter.GetBytes((uint)dimensions.Length), .. dimensions.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset)]);
            offset += (ulong)((data.Length + Alignment - 1) / Alignment * Alignment);
        }
        foreach (var (_, _, _, data) in tensors)
        {
            while (file.Count % Alignment != 0) file.Add(0);
            file.AddRange(data);
        }
        return [.. file];
    }

    private static byte[] String(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var result = new byte[8 + bytes.Length];
        BinaryPrimitives.WriteInt64LittleEndian(result, bytes.Length);
        bytes.CopyTo(result, 8);
        return result;
    }
}
