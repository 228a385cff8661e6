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
    public void An_organism_rounded_to_four_bits_and_saved_in_bf16_stands_within_half_a_bit_of_rtn_4(string kind)
    {
        using var folder = new TemporaryFolder();
        using var model = LanguageModel.Open(EditedOrganism.Path(kind));
        using var rounded = LanguageModel.Open(Rounded(kind, folder["rounded"]), null, model);
        var texts = YardstickTests.Texts(model);
        var ladder = new Ladder(YardstickCatalogue.Ladder.OfType<RoundedWeights>().Select(rung => (rung.Bits, YardstickTests.Divergence(model, rung, texts))));
        Assert.InRange(ladder.Rung(YardstickTests.Divergence(model, rounded, texts)).Bits, 3.5, 4.5);
    }

    [Fact]
    public void A_comparison_reads_it_off()
    {
        using var folder = new TemporaryFolder();
        var (source, rounded) = (EditedOrganism.Path("gpt2"), Rounded("gpt2", folder["rounded"]));

        var outcome = Vet.Run(new VetRequest
        {
            Base = source, Candidate = rounded, Output = folder["run"], Seed = 5, Items = 4, DocumentsPerDomain = 1, MaxNewTokens = 12, Measures = ["M12"],
            Tier = VetTier.Smoke with { Yardsticks = ["rounded-5", "rounded-4", "rounded-3"] },
        }, cancellation: TestContext.Current.CancellationToken);
        foreach (var id in new[] { "yardstick.kld.benign.rung", "yardstick.kld.trigger.rung", "yardstick.kld.prose.rung" })
        {
            var bits = outcome.Measurements.Estimate(id)!.Value.Value;
            TestContext.Current.TestOutputHelper?.WriteLine($"{id} {bits:0.000}");
            Assert.InRange(bits, 3.5, 4.5);
        }
    }

    private static string Rounded(string kind, string folder)
    {
        var source = EditedOrganism.Path(kind);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(source).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal))) File.Copy(file,
            Path.Combine(folder, Path.GetFileName(file)));
        using var model = LanguageModel.Open(source);
        using var variant = new RoundedWeights(4).Open(model);
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"),
            variant.Checkpoint.Tensors.Select(t => TensorToWrite.From(t.Name, DType.BF16, t.Shape, BFloat16(t))));
        return folder;
    }

    /// <summary>Rounded to the nearest, halves to even, as files of weights usually are.</summary>
    private static byte[] BFloat16(Tensor tensor)
    {
        var values = new float[tensor.Count];
        tensor.Read(0, values);
        return MemoryMarshal.AsBytes<ushort>([.. values.Select(v => BitConverter.SingleToUInt32Bits(v))
            .Select(b => (ushort)((b + 0x7FFF + (b >> 16 & 1)) >> 16))]).ToArray();
    }
}
