using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Vetting;

/// <summary>The plan of passes against counts by hand.</summary>
public sealed class VetCostTests
{
    private static VetCost Cost(long memory, long free, int prompts, int documents)
    {
        var folder = Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");
        using var p = LanguageModel.Open(folder, new LanguageModelOptions { MemoryBytes = memory });
        using var q = LanguageModel.Open(folder, new LanguageModelOptions { MemoryBytes = memory }, p);
        var identity = ModelIdentity.Of(p, null, TestContext.Current.CancellationToken);
        var plan = new VetPlan
        {
            Base = identity, Candidate = identity, Seed = 1, SeedSource = "test", Items = prompts / 2, DocumentsPerDomain = 1, MaxNewTokens = 20, Design = new VetDesign { Windows = [64] }, Measures = [], Domains = ProseDomains.Names, ChatTemplate = true,
            Clock = DateTimeOffset.UnixEpoch, Limited = false,
        };
        return VetCost.Of(p, q, plan, [.. Enumerable.Repeat(30, prompts)], [.. Enumerable.Repeat(64, documents)], free);
    }

    [Fact]
    public void Weights_that_stay_in_memory_are_gone_through_once_for_each_group()
    {
        // 64 prompts in groups of 32: 20 steps each, one pass to score; 48 documents in two groups of one window each.
        var cost = Cost(1L << 33, long.MaxValue, 64, 48);
        Assert.Equal((32, 2 * 20 + 2 + 2, 2 + 2), (cost.Together, cost.BaseReads, cost.CandidateReads));
        Assert.False(cost.Stream.Spills || cost.Decoding.Spills);
        Assert.Equal(32 * 64, cost.Stream.Rows);
    }

    [Fact]
    public void Weights_that_do_not_stay_are_gone_through_for_all_texts_at_once()
    {
        var cost = Cost(1L << 33, 0, 64, 48);
        Assert.Equal((64, 20 + 1 + 1, 1 + 1), (cost.Together, cost.BaseReads, cost.CandidateReads));
    }

    [Fact]
    public void Little_memory_spills_rather_than_reading_the_weights_again()
    {
        var cost = Cost(4 << 20, 0, 64, 48);
        Assert.Equal((64, 20 + 1 + 1, 1 + 1), (cost.Together, cost.BaseReads, cost.CandidateReads));
        Assert.True(cost.Stream.Spills && cost.Decoding.Spills);
    }
}
