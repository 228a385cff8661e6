using Assay.Evaluation;
using Assay.Evaluation.Metrics;

namespace Assay.Tests.Evaluation.Metrics;

/// <summary>Items made from bare numbers.</summary>
internal static class Scores
{
    public static TokenScore Token(double kl, double topP = .5, bool flips = false, double logP = -1, double logQ = -1) =>
        new(7, kl, kl / 2, kl / 4, logP, logQ, 1, 1.25, topP, .5, 1, flips ? 2 : 1);

    public static ItemScores Item(string id, string stratum, params double[] kl) => new(id, stratum, [.. kl.Select(k => Token(k))]);

    public static ItemScores[] Random(int items, int seed)
    {
        var random = new System.Random(seed);
        return [.. Enumerable.Range(0, items).Select(i => Item($"{i}", i % 3 == 0 ? "a" : "b", [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.NextDouble())]))];
    }
}
