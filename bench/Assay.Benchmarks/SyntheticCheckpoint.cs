using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Benchmarks;

/// <summary>Writes model folders with random bf16 weights, of any shape that a config can ask for. Also linked into the tests.</summary>
public static class SyntheticCheckpoint
{
    /// <summary>A Llama config.</summary>
    public static string LlamaConfig(int layers, int hidden, int heads, int kvHeads, int intermediate, int vocabulary, int positions = 2048, bool tied = false) => $$"""
        { "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": {{hidden}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}},
          "num_key_value_heads": {{kvHeads}}, "intermediate_size": {{intermediate}}, "vocab_size": {{vocabulary}}, "max_position_embeddings": {{positions}},
          "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": {{(tied ? "true" : "false")}}, "bos_token_id": 0, "eos_token_id": 2 }
        """;

    /// <summary>Writes config.json and model.safetensors.</summary>
    /// <param name="folder">Created where it is not there.</param>
    /// <param name="config">Text of config.json.</param>
    /// <param name="seed">Of the weights: gains of 1, matrices uniform with variance 1 / inputs.</param>
    /// <param name="change">Tensors whose name this accepts are drawn from another seed, or disturbed.</param>
    /// <param name="noise">How much of another drawing is added to those tensors; 0 for the other drawing alone.</param>
    public static void Write(string folder, string config, ulong seed, Func<string, bool>? change = null, float noise = 0)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        var tensors = ModelConfig.Parse(config).Tensors.Where(t => !t.Optional).Select((t, index) =>
        {
            var bound = t.Shape.Length == 1 ? 0 : Math.Sqrt(3.0 / t.Shape[^1]);
            var changed = change?.Invoke(t.Name) == true;
            var plain = seed * 1_000_003 + (ulong)index * 7919;
            var salt = changed && noise == 0 ? plain + 77UL : plain;
            return new TensorToWrite(t.Name, DType.BF16, t.Shape, (offset, block) =>
            {
                var values = MemoryMarshal.Cast<byte, ushort>(block);
                for (var i = 0; i < values.Length; i++)
                {
                    var value = bound == 0 ? 1f : Uniform(salt + (ulong)(offset / 2 + i), bound);
                    if (changed && noise != 0 && bound != 0) value += noise * Uniform(plain + 77UL + (ulong)(offset / 2 + i), bound);
                    values[i] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                }
            });
        });
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
    }

    private static float Uniform(ulong z, double bound) => (float)((Mix(z) >> 40) / (double)(1 << 24) * 2 * bound - bound);

    private static ulong Mix(ulong z)
    {
        z *= 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
