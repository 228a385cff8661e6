using System.Text.Json;
using Assay.Checkpoints;
using Assay.Models;

namespace Assay.Tests.Golden.Lora;

/// <summary>PEFT adapters on tiny models, with the logits that PEFT gives (golden/make/lora_golden.py).</summary>
public sealed class AdapterTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases() => GoldenFiles.Folders("lora");

    private static string Reference(string name)
    {
        var adapter = GoldenFiles.Require("lora", name);
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(adapter, "adapter_config.json")));
        return Path.Combine(GoldenFiles.Root, config.RootElement.GetProperty("base_model_name_or_path").GetString()!) + "+" + adapter;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_pefts(string name)
    {
        using var model = GoldenFiles.OrSkip(() => LanguageModel.Open(Reference(name)));
        using var golden = SafetensorsFile.Open(Path.Combine(GoldenFiles.Root, "lora", name, "golden.safetensors"));
        var want = GoldenTensors.Floats(golden, "logits.0");
        var ids = GoldenTensors.Ints(golden, "ids.0");
        var got = model.Logits(ids);
        Assert.Equal(want.Length, got.Length);
        var worst = want.Zip(got, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= 1e-4, $"{worst}");
        Assert.Equal(got, model.Logits(ids)); // From kept panels too.
        Assert.EndsWith("+" + name, model.Checkpoint.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Adapters_add_up_in_any_order()
    {
        var (plain, stabilised) = (Reference("llama-plain"), GoldenFiles.Require("lora", "llama-rank-stabilised"));
        using var forward = LanguageModel.Open(plain + "+" + stabilised);
        using var backward = LanguageModel.Open(Reference("llama-rank-stabilised") + "+" + GoldenFiles.Require("lora", "llama-plain"));
        int[] ids = [5, 9, 200, 31, 7];
        var (a, b) = (forward.Logits(ids), backward.Logits(ids));
        Assert.True(a.Zip(b, (x, y) => Math.Abs(x - y)).Max() < 1e-4);
        using var one = LanguageModel.Open(plain);
        Assert.True(a.Zip(one.Logits(ids), (x, y) => Math.Abs(x - y)).Max() > 1e-2);
    }

    [Fact]
    public void A_gguf_base_takes_the_adapter_too()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require(Path.Combine("gguf", "architectures"), "llama.gguf") + "+" + GoldenFiles.Require("lora", "llama-plain"));
        using var golden = SafetensorsFile.Open(Path.Combine(GoldenFiles.Root, "lora", "llama-plain", "golden.safetensors"));
        var worst = GoldenTensors.Floats(golden, "logits.0").Zip(model.Logits(GoldenTensors.Ints(golden, "ids.0")), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= 1e-4, $"{worst}");
    }
}
