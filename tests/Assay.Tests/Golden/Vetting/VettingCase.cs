using System.Buffers.Binary;
using System.Text.Json;
using Assay.Evaluation;
using Assay.Tests.Evaluation.Measures;

namespace Assay.Tests.Golden.Vetting;

/// <summary>One pair of <c>golden/vetting</c>: recorded token scores and what they add up to.</summary>
public sealed class VettingCase
{
    private readonly Dictionary<string, double[]> _arrays;

    private VettingCase(JsonElement expected, Dictionary<string, double[]> arrays) => (Expected, _arrays) = (expected, arrays);

    public JsonElement Expected { get; }

    public static VettingCase Load(string name)
    {
        var folder = GoldenFiles.Require("vetting", name);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        return new VettingCase(document.RootElement.Clone(), ReadArrays(Path.Combine(folder, "tokens.safetensors")));
    }

    /// <summary>Recorded scores of one frame's items under one policy, such as greedy_p.</summary>
    public ItemScores[] Items(string policy, string frame)
    {
        var offsets = Expected.GetProperty("offsets").GetProperty(policy).EnumerateArray().Select(o => o.GetInt32()).ToArray();
        double[] Of(string key) => _arrays[$"{policy}.{key}"];
        var (kl, reverse, jsd, logP, logQ) = (Of("kl"), Of("reverse_kl"), Of("jsd"), Of("log_p"), Of("log_q"));
        var (entropyP, entropyQ, topP, topQ, argmaxP, argmaxQ) = (Of("entropy_p"), Of("entropy_q"), Of("top_p"), Of("top_q"), Of("argmax_p"), Of("argmax_q"));
        return [.. Expected.GetProperty("items").EnumerateArray().Select((item, i) => (item, i)).Where(x => x.item.GetProperty("frame").GetString() == frame).Select(x =>
            new ItemScores($"{x.i}", "all", [.. x.item.GetProperty(policy).EnumerateArray().Select((token, k) =>
            {
                var at = offsets[x.i] + k;
                return new TokenScore(token.GetInt32(), kl[at], reverse[at], jsd[at], logP[at], logQ[at], entropyP[at], entropyQ[at], topP[at], topQ[at], (int)argmaxP[at], (int)argmaxQ[at]);
            })]))];
    }

    /// <summary>Equal within 1e-9 of the value.</summary>
    public static void Near(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-9 * Math.Abs(expected) + 1e-14, $"{what}: expected {expected:R}, found {actual:R}");

    private static Dictionary<string, double[]> ReadArrays(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var start = 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        var arrays = new Dictionary<string, double[]>();
        foreach (var tensor in header.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__"))
        {
            Assert.Equal("F64", tensor.Value.GetProperty("dtype").GetString());
            var (from, to) = (tensor.Value.GetProperty("data_offsets")[0].GetInt32(), tensor.Value.GetProperty("data_offsets")[1].GetInt32());
            arrays[tensor.Name] = [.. Enumerable.Range(0, (to - from) / 8).Select(k => BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(start + from + 8 * k)))];
        }
        return arrays;
    }
}
