using Assay.Checkpoints;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

public sealed class WeightsStorageTests
{
    private static WeightsStorage Stored(string prefix = "model.", bool stacked = false, bool head = false, params StoredType[] types) =>
        new([.. types], prefix, stacked, head, 0);

    [Fact]
    public void WhatDiffersIsSaidWithBothSides()
    {
        var (one, other) = (Stored(types: new StoredType("BF16", 3, 300)),
            Stored("model.language_model.", true, true, new StoredType("BF16", 2, 280), new StoredType("F32", 1, 20)));
        Assert.Empty(one.DifferencesFrom(Stored(types: new StoredType("BF16", 3, 300))));
        Assert.Equal(
            ["stored as BF16 and F32 (base: BF16)", "tensor names begin with 'model.language_model.' (base: 'model.')",
                "experts stacked in one tensor (base: a tensor for each)", "the tied head stored a second time (base: once)"],
            other.DifferencesFrom(one));
        Assert.Equal("stored as BF16 (base: BF16 and F32)", one.DifferencesFrom(other)[0]);
    }

    [Fact]
    public void TheOrganismIsStoredAsItsFileSays()
    {
        using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned"), new LanguageModelOptions { Threads = 1 });
        var all = model.Checkpoint.Tensors;
        Assert.Equal([new StoredType("BF16", all.Count, all.Sum(t => t.Count))], model.Storage.Types);
        Assert.Equal(("model.", false, false, 0), (model.Storage.Prefix, model.Storage.StackedExperts, model.Storage.TiedHeadStored, model.Storage.Unread));
    }

    [Fact]
    public void AnAdapterBesideFullWeightsIsSeen()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned"))) File.Copy(file,
            Path.Combine(folder.Path, Path.GetFileName(file)));
        using (var clean = Checkpoint.Open(folder.Path)) Assert.False(clean.HasLeftoverAdapter);
        File.WriteAllText(Path.Combine(folder.Path, "adapter_config.json"), "{}");
        using var left = Checkpoint.Open(folder.Path);
        Assert.True(left.HasLeftoverAdapter);
    }
}
