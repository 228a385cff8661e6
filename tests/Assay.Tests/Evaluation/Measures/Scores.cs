using System.Collections.Immutable;
using Assay.Evaluation;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>The scored tokens of one item.</summary>
public sealed record ItemScores(string Id, string Stratum, IReadOnlyList<TokenScore> Tokens)
{
    public int Core { get; init; }

    public bool Stopped { get; init; }

    public long Bytes { get; init; }

    /// <summary>Tokens of each context; null for a single one.</summary>
    public int[]? Contexts { get; init; }
}

/// <summary>Items made from bare numbers, and measures of them.</summary>
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

    /// <summary>Puts items into a store as a set.</summary>
    public static void Put(ScoreStore store, ContextSet set, IReadOnlyList<ItemScores> items, ScoreColumns columns = ScoreColumns.All)
    {
        store.Declare(set, items.Select(i => i.Id));
        var blocks = new List<(string, byte[])>();
        foreach (var item in items)
        {
            var at = 0;
            var contexts = (item.Contexts ?? [item.Tokens.Count]).Select((count, k) =>
            {
                var context = new Context(k, [0, .. item.Tokens.Skip(at).Take(count).Select(t => t.Token)], 1, 1, item.Stopped);
                at += count;
                return context;
            }).ToImmutableArray();
            if (!store.Contains(ScoreStore.ContextKey(set, item.Id)))
                blocks.Add((ScoreStore.ContextKey(set, item.Id), ScoreStore.Encode(new ContextItem(item.Id, item.Stratum, item.Core, item.Bytes, contexts))));
            at = 0;
            blocks.Add((ScoreStore.ScoreKey(set, item.Id), ScoreStore.Encode([.. contexts.Select(c =>
            {
                var tokens = item.Tokens.Skip(at).Take(c.Scored).ToArray();
                at += c.Scored;
                return tokens;
            })], columns)));
        }

        store.Add(blocks);
    }

    /// <summary>Measures of sets.</summary>
    public static MeasurementSet Measure(VetDesign design, IReadOnlyList<IMeasure> measures, params (ContextSet Set, IReadOnlyList<ItemScores> Items)[] sets)
    {
        using var store = ScoreStore.Temporary();
        foreach (var (set, items) in sets) Put(store, set, items);
        return MeasureCatalogue.Compute(measures, new MeasureInput(store, new Statistician(1), design));
    }

    /// <summary>Measures of one panel of the base's greedy answers.</summary>
    public static MeasurementSet Measure(IReadOnlyList<ItemScores> items, params IMeasure[] measures) =>
        Measure(new VetDesign { Panels = [VetDesign.Benign], Windows = [] }, measures, (VetDesign.BaseAnswers(VetDesign.Benign), items));

    /// <summary>M1, M2 and M4 of one panel of the base's greedy answers, by what stands behind <c>kld.benign.</c>.</summary>
    public static Func<string, Estimate> Divergence(IReadOnlyList<ItemScores> items)
    {
        var found = Measure(items, new DivergenceMeasure(), new PositionMeasure(), new TailMeasure());
        return figure => found.Estimate($"kld.benign.{figure}") ?? throw new KeyNotFoundException(figure);
    }
}
