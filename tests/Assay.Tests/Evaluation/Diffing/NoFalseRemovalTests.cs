using System.Collections.Immutable;
using Assay.Evaluation.Diffing;
using Assay.Verdicts;

namespace Assay.Tests.Evaluation.Diffing;

/// <summary>What people do to matrices that is no removal of a direction: 250 pairs of trained matrices, and not one is told to have lost one. In an audit of
/// ablations that is the worst error.</summary>
public sealed class NoFalseRemovalTests
{
    private const int Seeds = 8;
    private const int Rows = 64;

    private static readonly (string Organism, string Name)[] Sources =
    [
        ("llama", "model.layers.1.self_attn.k_proj.weight"), ("llama", "model.layers.0.self_attn.o_proj.weight"),
            ("gemma2", "model.layers.1.self_attn.v_proj.weight"),
        // Positions are nearly of rank one: any row of them points the same way.
        ("gpt2", "transformer.wpe.weight"), ("qwen3_moe", "model.layers.1.mlp.experts.2.down_proj.weight"), ("qwen3", "model.layers.0.self_attn.q_proj.weight"),
    ];

    private static readonly Dictionary<string, Func<double[], double[], int, Random, double[]>> Changes = new()
    {
        ["noise, as after training"] = (w, _, _, random) => Plus(w, ChangedModel.Normal(random, w.Length, Size(w) * (.01 + .3 * random.NextDouble()))),
        ["noise of low effective rank"] = (w, _, columns, random) => Plus(w, Ranks(w, columns, random, 24, k => 1.0 / (k + 1))),
        ["an adapter"] = (w, _, columns, random) => Plus(w, Ranks(w, columns, random, 1 + random.Next(16), _ => 1)),
        ["a matrix of rank 1"] = (w, _, columns, random) => Plus(w, Ranks(w, columns, random, 1, _ => 1)),
        ["rank 1 along what the rows have most in common"] = (w, _, columns, random) =>
            Plus(w, Outer(w, ChangedModel.Unit(ChangedModel.Normal(random, w.Length / columns, 1)), Leading(w, columns, random), random)),
        ["rank 1 along what the columns have most in common"] = (w, _, columns, random) =>
            Plus(w, Outer(w, Times(w, columns, Leading(w, columns, random)), ChangedModel.Normal(random, columns, 1), random)),
        ["one vector added to all rows"] = (w, _, columns, random) =>
            Plus(w, Outer(w, [.. Enumerable.Repeat(1.0, w.Length / columns)], ChangedModel.Normal(random, columns, 1), random)),
        ["int8, int4 or int3"] = (w, _, columns, random) =>
        {
            var steps = (1 << random.GetItems([2, 3, 7], 1)[0]) - 1;
            return [.. w.Chunk(columns).SelectMany(row => row.Select(v => Math.Round(v / row.Max(Math.Abs) * steps) * row.Max(Math.Abs) / steps))];
        },
        ["pruned"] = (w, _, _, random) => Pruned(w, .1 + .6 * random.NextDouble()),
        ["pruned and tuned"] = (w, _, _, random) => Plus(Pruned(w, .1 + .6 * random.NextDouble()), ChangedModel.Normal(random, w.Length, .02 * Size(w))),
        ["pruned in whole rows and tuned"] = (w, _, columns, random) =>
            Plus([.. w.Chunk(columns).SelectMany((row, i) => i % 3 == 0 ? new double[columns] : row)], ChangedModel.Normal(random, w.Length, .02 * Size(w))),
        ["a linear merge with a sibling"] = (w, sibling, _, random) => Merge(w, sibling, .2 + .6 * random.NextDouble()),
        ["task arithmetic"] = (w, sibling, _, random) => Merge(w, sibling, -1 - random.NextDouble()),
        ["a spherical merge with a sibling"] = (w, sibling, _, random) => Spherical(w, sibling, .2 + .6 * random.NextDouble()),
        ["a spherical merge with a stranger"] = (w, _, _, random) =>
            Spherical(w, ChangedModel.Normal(random, w.Length, Size(w)), .2 + .6 * random.NextDouble()),
        ["a linear merge with a stranger"] = (w, _, _, random) => Merge(w, ChangedModel.Normal(random, w.Length, Size(w)), .2 + .6 * random.NextDouble()),
        ["weight decay"] = (w, _, _, random) => Plus([.. w.Select(v => v * (.7 + .25 * random.NextDouble()))],
            ChangedModel.Normal(random, w.Length, .01 * Size(w))),
        ["even weight decay and a little training"] = (w, _, _, random) =>
            Plus([.. w.Select(v => v * .9)], ChangedModel.Normal(random, w.Length, .003 * Size(w))),
        ["rows shifted and tuned"] = (w, _, columns, random) => Plus([.. w.Skip(columns), .. w.TakeLast(columns)],
            ChangedModel.Normal(random, w.Length, .02 * Size(w))),
        ["rows shifted"] = (w, _, columns, _) => [.. w.Skip(columns), .. w.TakeLast(columns)],
        ["replaced by small values"] = (w, _, _, random) => ChangedModel.Normal(random, w.Length, .2 * Size(w)),
        ["replaced by large values"] = (w, _, _, random) => ChangedModel.Normal(random, w.Length, 2 * Size(w)),
        ["some rows rewritten"] = (w, _, columns, random) => [.. w.Chunk(columns).SelectMany((row, i) => i % 5 == 0
            ? ChangedModel.Normal(random, columns, Size(w)) : row)],
        ["one row rewritten"] = (w, _, columns, random) => [.. w.Chunk(columns).SelectMany((row, i) => i == 11 ? ChangedModel.Normal(random, columns, Size(w))
            : row)],
        ["clipped and tuned"] = (w, _, _, random) =>
        {
            var size = Size(w);
            return Plus([.. w.Select(v => Math.Clamp(v, -1.2 * size, 1.2 * size))], ChangedModel.Normal(random, w.Length, .02 * size));
        },
        ["the other sign and tuned"] = (w, _, _, random) => Plus([.. w.Select(v => -v)], ChangedModel.Normal(random, w.Length, .02 * Size(w))),
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    [Theory, MemberData(nameof(Names))]
    public void No_direction_was_removed(string change)
    {
        var (model, changed) = (ChangedModel.Empty(), ChangedModel.Empty());
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var (organism, name) = Sources[seed % Sources.Length];
            // A part of each is as good: what is solved is small.
            var (stored, all) = ChangedModel.Tensor(organism, "aligned", name);
            var columns = (int)stored[^1];
            var (w, sibling) = (all[..(Rows * columns)], ChangedModel.Tensor(organism, "before", name).Values[..(Rows * columns)]);
            ImmutableArray<long> shape = [Rows, columns];
            model.Add($"weight_{seed}", shape, w);
            changed.Add($"weight_{seed}", shape, [.. Changes[change](w, sibling, columns, random).Select(ChangedModel.BFloat16)]);
        }

        var difference = ChangedModel.Compare(model, changed, threads: 1);
        Assert.Equal(Seeds, difference.Differing.Count());
        Assert.All(difference.Tensors, t => Assert.False(t.Kind == ChangeKind.Orthogonalised || t.Rest?.Kind == ChangeKind.Orthogonalised,
            $"{t.Name}: {t.Detail}; explained {t.Removal?.Explained}, left {t.Removal?.Left}"));
        var sentence = DifferenceStory.Of(difference).Sentence;
        foreach (var word in (string[])["removed", "weakened", "amplified", "turned round"]) Assert.DoesNotContain(word, sentence, StringComparison.Ordinal);
    }

    private static double Size(double[] w) => Math.Sqrt(w.Average(v => v * v));

    private static double[] Plus(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Merge(double[] a, double[] b, double t) => [.. a.Zip(b, (x, y) => (1 - t) * x + t * y)];

    private static double[] Pruned(double[] w, double share)
    {
        var least = w.Select(Math.Abs).Order().ElementAt((int)(share * w.Length));
        return [.. w.Select(v => Math.Abs(v) < least ? 0 : v)];
    }

    private static double[] Spherical(double[] a, double[] b, double t)
    {
        var angle = Math.Acos(Math.Clamp(a.Zip(b, (x, y) => x * y).Sum() / Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x)), -1, 1));
        return angle < 1e-6 ? Merge(a, b, t) : [.. a.Zip(b, (x, y) => (Math.Sin((1 - t) * angle) * x + Math.Sin(t * angle) * y) / Math.Sin(angle))];
    }

    /// <summary>A sum of random outer products, between a twentieth and a third of the matrix's norm.</summary>
    private static double[] Ranks(double[] w, int columns, Random random, int rank, Func<int, double> weight)
    {
        var sum = new double[w.Length];
        for (var k = 0; k < rank; k++)
        {
            var (u, v) = (ChangedModel.Normal(random, w.Length / columns, 1), ChangedModel.Normal(random, columns, weight(k)));
            for (var i = 0; i < sum.Length; i++) sum[i] += u[i / columns] * v[i % columns];
        }

        return Sized(sum, w, random);
    }

    private static double[] Outer(double[] w, double[] u, double[] v, Random random) => Sized([.. u.SelectMany(x => v.Select(y => x * y))], w, random);

    private static double[] Sized(double[] change, double[] w, Random random)
    {
        var factor = (.05 + .28 * random.NextDouble()) * Size(w) / Size(change);
        return [.. change.Select(v => v * factor)];
    }

    private static double[] Times(double[] w, int columns, double[] v) => [.. w.Chunk(columns).Select(row => row.Zip(v, (x, y) => x * y).Sum())];

    /// <summary>The leading right singular vector, by power iteration.</summary>
    private static double[] Leading(double[] w, int columns, Random random)
    {
        var v = ChangedModel.Unit(ChangedModel.Normal(random, columns, 1));
        for (var step = 0; step < 12; step++)
        {
            var (u, next) = (Times(w, columns, v), new double[columns]);
            for (var i = 0; i < w.Length; i++) next[i % columns] += w[i] * u[i / columns];
            v = ChangedModel.Unit(next);
        }

        return v;
    }
}
