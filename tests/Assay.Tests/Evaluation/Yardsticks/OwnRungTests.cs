using System.Runtime.InteropServices;
using Assay.Checkpoints;
using Assay.Evaluation.Yardsticks;
using Assay.Models;
using Assay.Runs;
using Assay.Tests.Cli;
using Assay.Tests.Reports;

namespace Assay.Tests.Evaluation.Yardsticks;

/// <summary>A candidate that is a rung of its base's own ladder stands on that rung.</summary>
public sealed class OwnRungTests
{
    [Theory]
    [InlineData("llama"), InlineData("gemma2"), InlineData("gpt2"), InlineData("qwen3"), InlineData("qwen3_moe")]
    public void An_organism_rounded_to_four_bits_and_saved_in_bf16_reads_rtn_4_within_half_a_bit(string kind)
    {
        using var folder = new TemporaryFolder();
        var source = EditedOrganism.Path(kind);
        var rounded = folder["rounded"];
        Directory.CreateDirectory(rounded);
        foreach (var file in Directory.GetFiles(source).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal))) File.Copy(file, Path.Combine(rounded, Path.GetFileName(file)));
        using (var model = LanguageModel.Open(source))
        using (var variant = new RoundedWeights(4).Open(model))
            SafetensorsWriter.Write(Path.Combine(rounded, "model.safetensors"), variant.Checkpoint.Tensors.Select(t => TensorToWrite.From(t.Name, DType.BF16, t.Shape, BFloat16(t))));

        var outcome = Vet.Run(new VetRequest
        {
            Base = source, Candidate = rounded, Output = folder["run"], Seed = 5, Items = 6, DocumentsPerDomain = 1, MaxNewTokens = 24, Measures = ["M12"],
            Tier = VetTier.Smoke with { Yardsticks = ["rounded-6", "rounded-5", "rounded-4", "rounded-3", "rounded-2"] },
        }, cancellation: TestContext.Current.CancellationToken);
        foreach (var id in new[] { "yardstick.kld.benign.rung", "yardstick.kld.trigger.rung", "yardstick.kld.prose.rung" })
        {
            var bits = outcome.Measurements.Estimate(id)!.Value.Value;
            TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {id} {bits:0.000}");
            Assert.InRange(bits, 3.5, 4.5);
        }
    }

    /// <summary>Rounded to the nearest, halves to even, as files of weights usually are.</summary>
    private static byte[] BFloat16(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return MemoryMarshal.AsBytes<ushort>([.. values.Select(v => BitConverter.SingleToUInt32Bits(v)).Select(b => (ushort)((b + 0x7FFF + (b >> 16 & 1)) >> 16))]).ToArray();
    }
}
