using Assay.Evaluation.Contexts;

namespace Assay.Evaluation.Scoring;

/// <summary>The scores of one set, read column by column where they lie.</summary>
public sealed class SetScores
{
    private readonly ScoreStore _store;

    internal SetScores(ScoreStore store, ContextSet set, IReadOnlySet<string> leftOut)
    {
        ArgumentNullException.ThrowIfNull(set);
        (_store, Set) = (store, set);
        var items = new List<ScoredItem>();
        foreach (var name in store.Items(set))
        {
            if (leftOut.Contains(name) || !store.Contains(ScoreStore.ScoreKey(set, name))) continue;
            var item = store.Contexts(set, name);
            var scored = new ScoredItem(item.Item, item.Stratum, item.Core, item.Bytes,
                [.. item.Contexts.Select(c => new ScoredContext(c.Sample, c.FirstScored, c.Scored, Math.Min(c.Scored, c.AnswerFrom - c.FirstScored), c.Stopped))]);
            if (scored.Tokens > 0) items.Add(scored);
        }

        Items = items;
    }

    /// <summary>Which set.</summary>
    public ContextSet Set { get; }

    /// <summary>Its items in their order; those without a scored token are left out.</summary>
    public IReadOnlyList<ScoredItem> Items { get; }

    /// <summary>Scored tokens of all items.</summary>
    public long Tokens => Items.Sum(i => (long)i.Tokens);

    /// <summary>Strata of the items.</summary>
    public string[] Strata => [.. Items.Select(i => i.Stratum)];

    /// <summary>One column: for each item the values of all its scored tokens, context after context.</summary>
    /// <param name="column">A single column.</param>
    public double[][] Values(ScoreColumns column) => [.. Items.Select(i => _store.Column(ScoreStore.ScoreKey(Set, i.Item), column))];

    /// <summary>One column, context by context: (items, contexts, scored tokens).</summary>
    /// <param name="column">A single column.</param>
    public double[][][] ByContext(ScoreColumns column) => [.. Items.Zip(Values(column), (item, values) => item.Cut(values))];

    /// <summary>One column with a function of it and another: for each item and token.</summary>
    public double[][] Values(ScoreColumns first, ScoreColumns second, Func<double, double, double> of)
    {
        ArgumentNullException.ThrowIfNull(of);
        return [.. Values(first).Zip(Values(second), (a, b) => a.Zip(b, of).ToArray())];
    }

    /// <summary>Sums that were kept of each context beside its tokens, (items, contexts, width).</summary>
    public double[][][] Fits() => [.. Items.Select(i => _store.Fits(ScoreStore.ScoreKey(Set, i.Item), i.Contexts.Length))];
}
