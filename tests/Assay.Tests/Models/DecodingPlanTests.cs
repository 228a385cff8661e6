using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Models;

/// <summary>Where keys and values of answers lie; never what the answers are.</summary>
public sealed class DecodingPlanTests
{
    private static string Organism => Path.Combine(GoldenFiles.Repository, "organisms", "llama", "aligned");

    [Fact]
    public void Few_short_sequences_stay_in_memory_and_many_long_ones_go_to_the_disk()
    {
        using var model = LanguageModel.Open(Organism);
        var page = KvPool.PageBytes(model.Spec);
        // A sixteenth of the memory: 8 pages. Two sequences of two pages, and two more for the one that lends its beginning.
        Assert.Equal(new DecodingPlan(8, false, 6 * page), DecodingPlan.Of(8 * 16 * page, model.Spec, [128, 100]));
        Assert.Equal(new DecodingPlan(10, true, 10 * page), DecodingPlan.Of(8 * 16 * page, model.Spec, [128, 100, 65, 70]));
        // One sequence must fit whatever is allowed.
        Assert.Equal(3, DecodingPlan.Of(1, model.Spec, [150]).Sequences(model.Spec, 150) + 2);
        // Beyond the most that are together nothing is reserved.
        Assert.Equal((DecodingPlan.MostTogether + 2) * page, DecodingPlan.Of(1, model.Spec, [.. Enumerable.Repeat(10, 5000)]).Bytes);
    }

    [Fact]
    public void Answers_from_scratch_files_are_the_same()
    {
        using var roomy = LanguageModel.Open(Organism);
        using var tight = LanguageModel.Open(Organism, new LanguageModelOptions { MemoryBytes = 4 << 20 });
        var prompts = Enumerable.Range(0, 24).Select(i => roomy.EncodeChat($"Question {i}: what is {i} plus {3 * i}? Please think it through, one step after another.", DateTimeOffset.UnixEpoch)).ToList();
        var options = new GenerationOptions { MaxNewTokens = 40 };
        Assert.True(DecodingPlan.Of(4 << 20, tight.Spec, [.. prompts.Select(p => p.Length + 40)]).Spills);
        Assert.Equal(roomy.Generate(prompts, options).Select(c => string.Join(',', c.Tokens)), tight.Generate(prompts, options).Select(c => string.Join(',', c.Tokens)));
    }

    [Fact]
    public void A_pool_of_scratch_files_hands_out_pages_of_its_own()
    {
        using var model = LanguageModel.Open(Organism);
        using var pool = new KvPool(model.Spec, scratch: true);
        var pages = Enumerable.Range(0, 300).Select(_ => pool.Rent()).ToList();
        Assert.Equal(300, pages.Select(p => p.Data).Distinct().Count());
        Assert.Equal(300, pool.PagesInUse);
        foreach (var page in pages) pool.Return(page);
        Assert.Equal(0, pool.PagesInUse);
    }
}
