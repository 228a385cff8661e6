using System.Text;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Benchmarks.Peers;

/// <summary>Writes a Llama checkpoint as GGUF version 3 (the specification in ggml's docs/gguf.md), without a vocabulary: for speed only.</summary>
/// <remarks>Rows of query and key matrices stay in transformers' order, so the numbers that come out differ; the work does not.</remarks>
internal static class GgufFile
{
    private const int Alignment = 32;

    /// <summary>Type numbers of ggml.</summary>
    public static readonly IReadOnlyDictionary<string, int> Types = new Dictionary<string, int>(StringComparer.Ordinal) { ["F32"] = 0, ["F16"] = 1, ["BF16"] = 30 };

    public static void Write(LanguageModel model, string type, string path)
    {
        var spec = model.Spec;
        var attention = spec.Layers[0].Attention;
        var width = ((DenseMlpSpec)spec.Layers[0].Mlp).Up.Outputs;
        using var writer = new BinaryWriter(File.Create(path), Encoding.UTF8);
        var tensors = model.Weights.Select(w => (Name: Name(w.Key), w.Value)).ToList();
        (string Key, object Value)[] metadata =
        [
            ("general.architecture", "llama"), ("general.name", "synthetic"), ("llama.vocab_size", (uint)spec.VocabularySize), ("llama.context_length", (uint)spec.MaxPositions), ("llama.embedding_length", (uint)spec.HiddenSize),
            ("llama.block_count", (uint)spec.Layers.Length), ("llama.feed_forward_length", (uint)width), ("llama.attention.head_count", (uint)attention.Heads), ("llama.attention.head_count_kv", (uint)attention.KeyValueHeads),
            ("llama.attention.layer_norm_rms_epsilon", spec.FinalNorm.Epsilon), ("llama.rope.dimension_count", (uint)attention.HeadSize), ("llama.rope.freq_base", (float)attention.Rope!.Theta), ("tokenizer.ggml.model", "none"),
        ];
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Length);
        foreach (var (key, value) in metadata)
        {
            Text(writer, key);
            switch (value)
            {
                case string text: writer.Write(8u); Text(writer, text); break;
                case float number: writer.Write(6u); writer.Write(number); break;
                case uint number: writer.Write(4u); writer.Write(number); break;
            }
        }

        ulong offset = 0;
        foreach (var (name, tensor) in tensors)
        {
            Text(writer, name);
            writer.Write((uint)tensor.Shape.Length);
            foreach (var size in tensor.Shape.Reverse()) writer.Write((ulong)size);
            var stored = tensor.Shape.Length == 1 ? "F32" : type;
            writer.Write((uint)Types[stored]);
            writer.Write(offset);
            offset += Round((ulong)(tensor.Count * (stored == "F32" ? 4 : 2)));
        }

        Pad(writer);
        foreach (var (_, tensor) in tensors)
        {
            Values(writer, tensor, tensor.Shape.Length == 1 ? "F32" : type);
            Pad(writer);
        }
    }

    private static string Name(string name)
    {
        if (name == "model.embed_tokens.weight") return "token_embd.weight";
        if (name == "model.norm.weight") return "output_norm.weight";
        if (name == "lm_head.weight") return "output.weight";
        var parts = name.Split('.', 4);
        var tail = parts[3] switch
        {
            "input_layernorm.weight" => "attn_norm", "post_attention_layernorm.weight" => "ffn_norm", "self_attn.q_proj.weight" => "attn_q", "self_attn.k_proj.weight" => "attn_k",
            "self_attn.v_proj.weight" => "attn_v", "self_attn.o_proj.weight" => "attn_output", "mlp.gate_proj.weight" => "ffn_gate", "mlp.up_proj.weight" => "ffn_up", "mlp.down_proj.weight" => "ffn_down",
            _ => throw new NotSupportedException(name),
        };
        return $"blk.{parts[2]}.{tail}.weight";
    }

    private static void Values(BinaryWriter writer, Tensor tensor, string type)
    {
        var block = new float[1 << 16];
        var halves = new Half[block.Length];
        var upper = new ushort[block.Length];
        for (long at = 0; at < tensor.Count; at += block.Length)
        {
            var count = (int)Math.Min(block.Length, tensor.Count - at);
            tensor.Read(at, block.AsSpan(0, count));
            for (var i = 0; i < count; i++) (halves[i], upper[i]) = ((Half)block[i], (ushort)(BitConverter.SingleToUInt32Bits(block[i]) >> 16));
            writer.Write(type switch
            {
                "F32" => System.Runtime.InteropServices.MemoryMarshal.AsBytes(block.AsSpan(0, count)),
                "F16" => System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves.AsSpan(0, count)),
                _ => System.Runtime.InteropServices.MemoryMarshal.AsBytes(upper.AsSpan(0, count)),
            });
        }
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static ulong Round(ulong bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        while (writer.BaseStream.Position % Alignment != 0) writer.Write((byte)0);
        writer.Flush();
    }
}
