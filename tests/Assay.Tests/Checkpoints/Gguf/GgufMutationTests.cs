using System.Buffers.Binary;
using Assay.Checkpoints;
using Assay.Checkpoints.Gguf;

namespace Assay.Tests.Checkpoints.Gguf;

/// <summary>Damaged GGUF files: a clear error or a whole file, soon, and never much memory.</summary>
public sealed class GgufMutationTests : IDisposable
{
    private static readonly ulong[] Numbers = [0, 1, 2, 3, 4, 8, 9, 31, 32, 33, 255, 256, 65535, 65536, 1 << 20, 1 << 24, int.MaxValue, 1UL << 31, 1UL << 32, 1UL << 61, 1UL << 62, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 31];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static byte[][] Valid() =>
    [
        new GgufWriter().ToBytes(),
        new GgufWriter().Text("general.architecture", "llama").U32("llama.block_count", 1).Texts("tokenizer.ggml.tokens", "a", "b", "", "ä").F32s("tokenizer.ggml.scores", 1, 2, 3, 4).ToBytes(),
        new GgufWriter().Flag("f", true).Tensor("t", [2, 3], 1, 2, 3, 4, 5, 6).Tensor("u", [64], 8, new byte[68]).Tensor("v", [1, 2, 2], 1, 2, 3, 4).ToBytes(),
        new GgufWriter { Alignment = 8 }.U32("general.alignment", 8).Tensor("k", [2, 256], 12, new byte[288]).Tensor("b", [3], 30, new byte[6]).ToBytes(),
        new GgufWriter().Raw("n", 9, [.. BitConverter.GetBytes(9u), .. BitConverter.GetBytes(2UL), .. BitConverter.GetBytes(4u), .. BitConverter.GetBytes(1UL), 1, 0, 0, 0, .. BitConverter.GetBytes(0u), .. BitConverter.GetBytes(3UL), 1, 2, 3])
            .Tensor("t", [4], 1, 2, 3, 4).ToBytes(),
    ];

    private static byte[] Mutate(byte[] valid, int kind, Random random)
    {
        switch (kind)
        {
            case 0:
                for (var i = random.Next(1, 4); i > 0; i--) valid[random.Next(valid.Length)] ^= (byte)(1 << random.Next(8));
                return valid;
            case 1:
                return valid[..random.Next(valid.Length)];
            case 2:
                // A number of eight bytes somewhere becomes an awkward one.
                if (valid.Length < 32) return valid[..20];
                BinaryPrimitives.WriteUInt64LittleEndian(valid.AsSpan(8 + random.Next(valid.Length - 16)), Numbers[random.Next(Numbers.Length)]);
                return valid;
            case 3:
                BinaryPrimitives.WriteUInt32LittleEndian(valid.AsSpan(4 + random.Next(valid.Length - 8)), (uint)Numbers[random.Next(Numbers.Length)]);
                return valid;
            case 4:
                // The counts themselves.
                BinaryPrimitives.WriteUInt64LittleEndian(valid.AsSpan(random.Next(2) == 0 ? 8 : 16), random.Next(2) == 0 ? (ulong)random.Next(8) : Numbers[random.Next(Numbers.Length)]);
                return valid;
            case 5:
                var at = 24 + random.Next(valid.Length - 23);
                return [.. valid[..at], .. new byte[random.Next(1, 40)], .. valid[at..]];
            default:
                var from = random.Next(valid.Length);
                var end = Math.Min(valid.Length, from + random.Next(1, 30));
                return [.. valid[..from], .. valid[end..]];
        }
    }

    [Fact]
    public void Ten_thousand_mutated_files_are_refused_or_read_in_little_memory()
    {
        var random = new Random(20261125);
        var (accepted, refused) = (new int[7], new int[7]);
        var path = folder["x.gguf"];
        var valid = Valid().Length;
        for (var i = 0; i < 10_000; i++)
        {
            var kind = i % 7;
            var file = Mutate(Valid()[random.Next(valid)], kind, random);
            File.WriteAllBytes(path, file);
            var before = GC.GetAllocatedBytesForCurrentThread();
            GgufFile? opened = null;
            InvalidInputException? refusal = null;
            try
            {
                opened = GgufFile.Open(path);
            }
            catch (InvalidInputException e)
            {
                refusal = e;
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 65536 + 16 * file.Length, $"{allocated} bytes for a file of {file.Length}, mutation {i}.");
            (opened is null ? refused : accepted)[kind]++;
            if (opened is null)
            {
                Assert.All(refusal!.Problems.Take(20), p => Assert.StartsWith(path, p, StringComparison.Ordinal));
                continue;
            }
            // What was accepted can be read to its last byte.
            foreach (var tensor in opened.Tensors)
            {
                tensor.ReadBytes(0, new byte[tensor.ByteLength]);
                tensor.Read(0, new float[tensor.Count]);
            }
            foreach (var value in opened.Values.Values)
            {
                try
                {
                    _ = value.Show();
                    if (value.Type == GgufValueType.Array && value.ElementType == GgufValueType.String) _ = value.Texts();
                }
                catch (InvalidInputException)
                {
                    // Not UTF-8.
                }
            }
            opened.Dispose();
        }
        // Otherwise the mutations would have become too wild or too tame to test anything.
        Assert.All(refused, count => Assert.True(count > 100, string.Join(' ', refused)));
        Assert.All(new[] { 0, 2, 3 }, kind => Assert.True(accepted[kind] > 10, $"kind {kind}: {string.Join(' ', accepted)}"));
    }

    /// <summary>A whole model of one block with a vocabulary of bytes.</summary>
    private static byte[] Model()
    {
        var tokens = new[] { "<unk>", "<s>", "</s>" }.Concat(Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>")).Concat(["▁", "a", "b", "ab", "▁ab"]).ToArray();
        static float[] Some(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 19 - 9) * .01f)];
        return new GgufWriter().Text("general.architecture", "llama").U32("llama.context_length", 32).U32("llama.embedding_length", 8).U32("llama.block_count", 1).U32("llama.feed_forward_length", 8).U32("llama.attention.head_count", 2)
            .U32("llama.attention.head_count_kv", 1).U32("llama.rope.dimension_count", 4).F32("llama.attention.layer_norm_rms_epsilon", 1e-5f).Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", tokens)
            .F32s("tokenizer.ggml.scores", [.. tokens.Select((_, i) => -(float)i)]).I32s("tokenizer.ggml.token_type", [.. tokens.Select((_, i) => i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)])
            .U32("tokenizer.ggml.bos_token_id", 1).U32("tokenizer.ggml.eos_token_id", 2).Text("tokenizer.chat_template", "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}")
            .Tensor("token_embd.weight", [tokens.Length, 8], Some(tokens.Length * 8)).Tensor("output_norm.weight", [8], Some(8)).Tensor("blk.0.attn_norm.weight", [8], Some(8)).Tensor("blk.0.ffn_norm.weight", [8], Some(8))
            .Tensor("blk.0.attn_q.weight", [8, 8], Some(64)).Tensor("blk.0.attn_k.weight", [4, 8], Some(32)).Tensor("blk.0.attn_v.weight", [4, 8], Some(32)).Tensor("blk.0.attn_output.weight", [8, 8], Some(64))
            .Tensor("blk.0.ffn_gate.weight", [8, 8], Some(64)).Tensor("blk.0.ffn_up.weight", [8, 8], Some(64)).Tensor("blk.0.ffn_down.weight", [8, 8], Some(64)).ToBytes();
    }

    [Fact]
    public void Mutated_models_run_or_are_refused()
    {
        var random = new Random(7);
        var path = folder["m.gguf"];
        var (ran, refused) = (0, 0);
        // Most of the file is weights; what comes before them is aimed at.
        var header = GgufFile.Open(folder.Write("whole.gguf", Model())) is var whole ? (int)whole.DataStart : 0;
        whole.Dispose();
        for (var i = 0; i < 3000; i++)
        {
            var file = Model();
            if (i % 3 == 0) file = [.. Mutate(file[..header], i % 7, random), .. file[header..]];
            else if (i % 3 == 1) BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(24 + random.Next(header - 28)), (uint)Numbers[random.Next(Numbers.Length)]);
            else file[24 + random.Next(header - 24)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, file);
            try
            {
                using var model = Assay.Models.LanguageModel.Open(path, new Assay.Models.LanguageModelOptions { Threads = 1, MemoryBytes = 64 << 20 });
                _ = model.Logits(new[] { 1, 2, 3 });
                if (model.Tokenizer is not null && model.ChatTemplate is not null) _ = model.EncodeChat("ab \u00e4", DateTimeOffset.UnixEpoch);
                ran++;
            }
            catch (InvalidInputException)
            {
                refused++;
            }
        }
        Assert.True(ran > 100 && refused > 500, $"{ran} ran, {refused} were refused.");
    }

    [Fact]
    public void Sizes_that_a_header_claims_are_not_allocated()
    {
        foreach (var (at, value) in new[] { (8, ulong.MaxValue), (8, 1UL << 40), (16, ulong.MaxValue), (16, 1UL << 40) })
        {
            var file = Valid()[2];
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
            var path = folder.Write("x.gguf", file);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<InvalidInputException>(() => GgufFile.Open(path));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 65536);
        }
    }
}
