using Assay.Benchmarks;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Vetting;

public sealed class ComparabilityTests
{
    private static LanguageModel Open(string stage) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "llama", stage));

    [Fact]
    public void Comparability_names_the_tokens_that_moved()
    {
        using var baseModel = Open("aligned");
        using var same = Open("before");
        using var other = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "gpt2", "aligned"));
        var close = Comparability.Of(baseModel, same, null);
        Assert.Null(close.TokenDifference);
        Assert.Empty(close.AddedTokens);
        Assert.Equal((1, true), (close.MedianCosine, close.Matched));
        var (before, after) = (baseModel.RequireTokenizer().Vocabulary, other.RequireTokenizer().Vocabulary);
        var (moved, missing) = (before.Count(t => after.TryGetValue(t.Key, out var id) && id != t.Value), before.Count(t => !after.ContainsKey(t.Key)));
        var far = Comparability.Of(baseModel, other, null);
        if (moved + missing == 0) Assert.Null(far.TokenDifference);
        if (moved > 0) Assert.Contains($"{moved} of the base's {before.Count} tokens have another id", far.TokenDifference, StringComparison.Ordinal);
        if (missing > 0) Assert.Contains($"{missing} are missing", far.TokenDifference, StringComparison.Ordinal);
        Assert.Equal(after.Count(t => !before.ContainsKey(t.Key)), far.AddedTokens.Count);
    }

    [Fact]
    public void Only_models_that_plainly_share_their_weights_are_measured_before_all_weights_are_compared()
    {
        using var baseModel = Open("aligned");
        using var changed = Open("before");
        using var other = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "gpt2", "aligned"));
        Assert.True(Comparability.PlainlyRelated(baseModel, changed));
        Assert.False(Comparability.PlainlyRelated(baseModel, other));
        // The same shapes with weights of their own.
        using var folder = new Reports.TemporaryFolder();
        foreach (var seed in (ulong[])[1, 2]) SyntheticCheckpoint.Write(folder[$"{seed}"], SyntheticCheckpoint.LlamaConfig(2, 64, 4, 2, 128, 300, 64), seed);
        using var first = LanguageModel.Open(folder["1"]);
        using var second = LanguageModel.Open(folder["2"]);
        Assert.True(Comparability.PlainlyRelated(first, first));
        Assert.False(Comparability.PlainlyRelated(first, second));
    }
}
