using System.Text.Json;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Tests.Golden.Models;

/// <summary>Small real models written by others, below <c>$ASSAY_INTEROP</c>.</summary>
public sealed class InteropModelTests
{
    /// <summary>Karpathy's stories260K on 25 TinyStories, each opened by BOS in its own context.</summary>
    [Fact]
    public void Stories260k_has_its_known_perplexity()
    {
        var corpus = GoldenFiles.RequireInterop(Path.Combine("corpora", "tinystories", "tinystories_1000.json"));
        using var model = LanguageModel.Open(GoldenFiles.RequireInterop(Path.Combine("models", "stories260k")));
        var texts = JsonDocument.Parse(File.ReadAllText(corpus)).RootElement.EnumerateArray().Take(25)
            .Select(e => e.ValueKind == JsonValueKind.String ? e.GetString()! : e.GetProperty("text").GetString()!).ToList();
        var windows = texts.Select(t => model.Tokenizer!.Encode(t, addSpecialTokens: false))
            .SelectMany(ids => ScoreWindows.Plan(ids.Length, 512, addsBos: true).Select(w => ScoredText.Of(ids, w, model.Tokenizer!.BosAdded))).ToList();
        var scores = new TextScorer(model).Score(windows).SelectMany(s => s).ToList();
        Assert.Equal(8_287, scores.Count);
        Assert.Equal(3.751, Math.Exp(-scores.Sum() / scores.Count), .001);
    }

    [Fact]
    public void Tiny_gpt2_loads_and_runs()
    {
        using var model = LanguageModel.Open(GoldenFiles.RequireInterop(Path.Combine("models", "tiny-gpt2-random")));
        var ids = model.Tokenizer!.Encode("The quick brown fox", addSpecialTokens: true);
        var logits = model.Logits(ids);
        Assert.Equal(ids.Length * 50257, logits.Length);
        Assert.All(logits, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(5, model.Generate([ids], new GenerationOptions { MaxNewTokens = 5 })[0].Tokens.Length);
    }
}
