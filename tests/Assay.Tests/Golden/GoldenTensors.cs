using Assay.Checkpoints;

namespace Assay.Tests.Golden;

/// <summary>Reads whole small tensors of golden files.</summary>
public static class GoldenTensors
{
    public static bool Has(SafetensorsFile file, string name) => file.Tensors.Any(t => t.Name == name);

    public static float[] Floats(SafetensorsFile file, string name)
    {
        var tensor = Find(file, name);
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return values;
    }

    public static double[] Doubles(SafetensorsFile file, string name)
    {
        var tensor = Find(file, name);
        var values = new double[tensor.Count];
        tensor.ReadDouble(0, values);
        return values;
    }

    public static int[] Ints(SafetensorsFile file, string name)
    {
        var tensor = Find(file, name);
        var values = new long[tensor.Count];
        tensor.ReadInt64(0, values);
        return [.. values.Select(v => checked((int)v))];
    }

    private static Tensor Find(SafetensorsFile file, string name) => file.Tensors.Single(t => t.Name == name);
}
