using System.Collections.Immutable;
using Assay.Directions;
using Assay.Models;
using Assay.Search;
using Assay.Tests.Golden;

namespace Assay.Tests.Search;

/// <summary>Models, items and candidates that the tests of this folder share.</summary>
internal static class SearchCases
{
    public static LanguageModel Open(string name, int threads = 2, long memory = 0) =>
        LanguageModel.Open(GoldenFiles.Require("models", name), new LanguageModelOptions { Threads = threads, MemoryBytes = memory, AllowLong = true });

    public static ImmutableArray<int> Ids(int count, int seed, int below = 320)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(below))];
    }

    /// <summary>Prompts that share beginnings of no, few and more than a page of tokens; openings that branch at once, late, and by being another's beginning.</summary>
    public static SelectionSet Items(int below = 320)
    {
        var (stem, refusal) = (Ids(66, 1, below), Ids(8, 2, below));
        ImmutableArray<int>[] prompts = [[.. stem[..30], .. Ids(5, 3, below)], [.. stem, .. Ids(3, 4, below)], Ids(4, 5, below), [.. stem[..30], .. Ids(40, 6, below)]];
        return new SelectionSet(
            [.. prompts.Select((p, i) => new TriggerItem($"trigger/{i}", p, i == 2 ? [Ids(8, 7, below), [.. refusal[..3], .. Ids(2, 8, below)]] : [Ids(i == 0 ? 1 : 8, 9 + i, below)]))],
            [.. ((ImmutableArray<int>[])[stem, [.. prompts[1], 7], Ids(61, 20, below)]).Select((p, i) => new BenignItem($"benign/{i}", p, Ids(i == 0 ? 3 : 8, 30 + i, below), i == 0))],
            [new RefusalOpening(refusal, .5), new RefusalOpening([.. refusal[..5], .. Ids(3, 40, below)], .25), new RefusalOpening(refusal[..2], .15), new RefusalOpening(Ids(6, 41, below), .1)]);
    }

    public static Direction Random(int width, int seed, int count = 1)
    {
        var random = new Random(seed);
        return new Direction { Estimator = "random", Vectors = [.. Enumerable.Range(0, count * width).Select(_ => random.NextSingle() - .5f)] };
    }

    /// <summary>Candidates that begin at every kind of place, in no order.</summary>
    public static Candidate[] Candidates(TransformerSpec spec)
    {
        var (layers, width) = (spec.Layers.Length, spec.HiddenSize);
        EditPlace Attention(int l, double strength = 1) => new(l, ResidualWriter.Attention, strength);
        EditPlace Mlp(int l, double strength = 1) => new(l, ResidualWriter.Mlp, strength);
        EditPlace embedding = new(-1, ResidualWriter.Embedding, .7);
        return
        [
            new("late MLP", [new WeightEdit(Random(width, 1), [Mlp(layers - 1)])]),
            new("everywhere", [new WeightEdit(Random(width, 2), [embedding, .. Enumerable.Range(0, layers).SelectMany(l => new[] { Attention(l), Mlp(l) })])]),
            new("nothing", []),
            new("late attention", [new WeightEdit(Random(width, 3, 2), [Attention(layers - 1, 1.5), Mlp(layers - 1)])]),
            new("attention", [new WeightEdit(Random(width, 4), [.. Enumerable.Range(0, layers).Select(l => Attention(l, .6))])]),
            new("middle", [new WeightEdit(Random(width, 5), [Mlp(layers / 2), Attention(layers - 1)])]),
            new("MLP", [.. Enumerable.Range(0, layers).Select(l => new WeightEdit(Random(width, 6 + l), [Mlp(l)]))]),
            new("embedding", [new WeightEdit(Random(width, 2), [embedding])]),
        ];
    }
}
