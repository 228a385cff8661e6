using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Finds neurons, heads and experts that stand in another order in all tensors of their group, so that the function is the same.</summary>
/// <remarks>Neurons: the outputs of gate and up with their biases, and the inputs of down. Heads: whole groups of a key and value head with its query heads,
/// and query heads within their group; the outputs of query, key and value with biases, sinks and norms over all heads, and the inputs of the output matrix.
/// Experts: the router's rows with its biases, and each expert's matrices, within the groups that the router chooses from. An order is found by pieces of all
/// members together and then held against every value.</remarks>
internal sealed class FunctionGroups
{
    // Of a member's values that should be where the order says; the rest was changed besides, and is told.
    private const double LeastEqual = .5;

    private readonly IReadOnlyDictionary<string, Tensor> _before;
    private readonly IReadOnlyDictionary<string, Tensor> _after;
    private readonly Func<string, string> _source;
    private readonly Func<string, bool> _same;
    private readonly WorkTeam _team;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<string, OrderPlan> _plans = new(StringComparer.Ordinal);

    private FunctionGroups(IReadOnlyDictionary<string, Tensor> before, IReadOnlyDictionary<string, Tensor> after, Func<string, string> source,
        Func<string, bool> same, WorkTeam team, CancellationToken cancellation)
    {
        (_before, _after, _source, _same, _team, _cancellation) = (before, after, source, same, team, cancellation);
    }

    /// <summary>For each tensor of the candidate that is one of a group in another order: the base's tensor it came from, and the order.</summary>
    /// <param name="before">The base's tensors.</param>
    /// <param name="after">The candidate's.</param>
    /// <param name="spec">The candidate's forward pass.</param>
    /// <param name="baseSpec">The base's.</param>
    /// <param name="layers">The base's layer of each of the candidate's.</param>
    /// <param name="source">The name in the base of a candidate's tensor.</param>
    /// <param name="same">Whether a candidate's tensor is its source byte for byte.</param>
    /// <param name="team">Threads.</param>
    /// <param name="cancellation">Honoured between tensors.</param>
    public static IReadOnlyDictionary<string, (string Source, Rearrangement Order)> Find(
        IReadOnlyDictionary<string, Tensor> before, IReadOnlyDictionary<string, Tensor> after, TransformerSpec spec, TransformerSpec baseSpec,
            IReadOnlyList<int?> layers,
        Func<string, string> source, Func<string, bool> same, WorkTeam team, CancellationToken cancellation)
    {
        var groups = new FunctionGroups(before, after, source, same, team, cancellation);
        for (var layer = 0; layer < spec.Layers.Length; layer++)
        {
            var from = layer < layers.Count && layers[layer] is { } matched ? matched : layer;
            if (from >= baseSpec.Layers.Length) continue;
            cancellation.ThrowIfCancellationRequested();
            var (mine, other) = (spec.Layers[layer], baseSpec.Layers[from]);
            groups.Heads(mine.Attention, other.Attention);
            switch (mine.Mlp, other.Mlp)
            {
                case (DenseMlpSpec a, DenseMlpSpec b):
                    groups.Neurons(a, b);
                    break;
                case (RoutedMlpSpec a, RoutedMlpSpec b):
                    groups.Experts(a, b);
                    if (a.Shared is { } shared && b.Shared is { } otherShared) groups.Neurons(shared, otherShared);
                    break;
            }
        }

        return groups._plans.ToDictionary(p => p.Key, p => (p.Value.Source, p.Value.Order), StringComparer.Ordinal);
    }

    private void Neurons(DenseMlpSpec mine, DenseMlpSpec other)
    {
        if (mine.Up.Outputs != other.Up.Outputs || mine.Gate is null != other.Gate is null) return;
        // One tensor of all experts, transposed, would need an order of its columns for each of them.
        if (mine.Up is { Transposed: true, FirstInput: > 0 } || AllSame(mine.Up, mine.Gate, mine.Down)) return;
        if (Pairs(mine, other) is not { } pairs) return;
        var votes = new UnitVotes(mine.Up.Outputs);
        foreach (var (a, b, inputs) in pairs) Vote(votes, a, b, inputs, 1, null);
        if (!votes.AnyElsewhere || votes.Order() is not { } order || IsInPlace(order)) return;
        var plans = new Dictionary<string, OrderPlan>(StringComparer.Ordinal);
        foreach (var (a, b, inputs) in pairs)
            if (!(inputs ? Inputs(plans, a, b, order, 1, "neurons") : Outputs(plans, a, b, order, 1, "neurons"))) return;
        Keep(plans);
    }

    private static List<(LinearSpec Mine, LinearSpec Other, bool Inputs)>? Pairs(DenseMlpSpec mine, DenseMlpSpec other)
    {
        var pairs = new List<(LinearSpec, LinearSpec, bool)> { (mine.Up, other.Up, false), (mine.Down, other.Down, true) };
        if (mine.Gate is { } gate) pairs.Add((gate, other.Gate!, false));
        return pairs.TrueForAll(p => p.Item1.Outputs == p.Item2.Outputs && p.Item1.Inputs == p.Item2.Inputs) ? pairs : null;
    }

    private void Heads(AttentionSpec mine, AttentionSpec other)
    {
        if (mine.Delta is not null || mine.Latent is not null || other.Delta is not null || other.Latent is not null) return;
        if (mine.Heads != other.Heads || mine.KeyValueHeads != other.KeyValueHeads || mine.HeadSize != other.HeadSize
            || mine.ValueSize != other.ValueSize) return;
        if (mine.Gate is null != other.Gate is null || AllSame(mine.Query, mine.Key, mine.Value, mine.Output)) return;
        LinearSpec[] all = [mine.Query, mine.Key, mine.Value, mine.Output], others = [other.Query, other.Key, other.Value, other.Output];
        if (all.Zip(others).Any(p => p.First.Outputs != p.Second.Outputs || p.First.Inputs != p.Second.Inputs)) return;
        var (size, perGroup) = (mine.HeadSize, mine.Heads / mine.KeyValueHeads);
        var groups = new UnitVotes(mine.KeyValueHeads);
        Vote(groups, mine.Key, other.Key, false, size, null);
        Vote(groups, mine.Value, other.Value, false, mine.ValueSize, null);
        if (groups.Order() is not { } keyValues) return;
        var votes = new UnitVotes(mine.Heads);
        bool Allowed(int head, int source) => source / perGroup == keyValues[head / perGroup];
        Vote(votes, mine.Query, other.Query, false, size, Allowed);
        Vote(votes, mine.Output, other.Output, true, mine.ValueSize, Allowed);
        if (mine.Gate is { } gate && gate.Outputs == mine.Heads * mine.ValueSize) Vote(votes, gate, other.Gate!, false, mine.ValueSize, Allowed);
        else if (mine.Gate is not null) return;
        if (!groups.AnyElsewhere && !votes.AnyElsewhere || votes.Order() is not { } queries || IsInPlace(queries)) return;
        for (var head = 0; head < queries.Length; head++)
            if (!Allowed(head, queries[head])) return;
        var plans = new Dictionary<string, OrderPlan>(StringComparer.Ordinal);
        var holds = Outputs(plans, mine.Query, other.Query, queries, size, "heads") && Outputs(plans, mine.Key, other.Key, keyValues, size, "heads")
            && Outputs(plans, mine.Value, other.Value, keyValues, mine.ValueSize, "heads")
                && Inputs(plans, mine.Output, other.Output, queries, mine.ValueSize, "heads")
            && (mine.Gate is null || Outputs(plans, mine.Gate, other.Gate!, queries, mine.ValueSize, "heads"))
            && Vector(plans, mine.Sinks, other.Sinks, queries, 1, "heads");
        if (mine.NormAcrossHeads)
            holds = holds && Vector(plans, mine.QueryNorm?.Weight, other.QueryNorm?.Weight, queries, size, "heads")
                && Vector(plans, mine.KeyNorm?.Weight, other.KeyNorm?.Weight, keyValues, size, "heads");
        if (holds) Keep(plans);
    }

    private void Experts(RoutedMlpSpec mine, RoutedMlpSpec other)
    {
        var count = mine.Experts.Length;
        if (count != other.Experts.Length || count == 0) return;
        int[]? order = null;
        if (!AllSame(mine.Router))
        {
            var votes = new UnitVotes(count);
            Vote(votes, mine.Router, other.Router, false, 1, null);
            order = votes.AnyElsewhere ? votes.Order() : null;
        }

        if (order is null || IsInPlace(order))
        {
            for (var e = 0; e < count; e++) Neurons(mine.Experts[e], other.Experts[e]);
            return;
        }

        // Experts are chosen group by group: a group may move as a whole, with its members in any order.
        var perGroup = count / Math.Max(1, mine.Groups);
        for (var e = 0; e < count; e++)
            if (order[e] / perGroup != order[e / perGroup * perGroup] / perGroup) return;
        var plans = new Dictionary<string, OrderPlan>(StringComparer.Ordinal);
        if (!Outputs(plans, mine.Router, other.Router, order, 1, "experts") || !Vector(plans, mine.ChoiceBias, other.ChoiceBias, order, 1, "experts")) return;
        for (var e = 0; e < count; e++)
        {
            var (a, b) = (mine.Experts[e], other.Experts[order[e]]);
            if (Pairs(a, b) is not { } pairs) return;
            int[]? neurons = null;
            if (a.Up is not { Transposed: true, FirstInput: > 0 })
            {
                var votes = new UnitVotes(a.Up.Outputs);
                foreach (var (x, y, inputs) in pairs) Vote(votes, x, y, inputs, 1, null);
                neurons = votes.Order();
            }

            neurons ??= [.. Enumerable.Range(0, a.Up.Outputs)];
            foreach (var (x, y, inputs) in pairs)
                if (!(inputs ? Inputs(plans, x, y, neurons, 1, "experts") : Outputs(plans, x, y, neurons, 1, "experts"))) return;
        }

        Keep(plans);
    }

    private bool AllSame(params LinearSpec?[] maps) => maps.All(m => m is null || _after.ContainsKey(m.Weight) && _same(m.Weight));

    private static bool IsInPlace(int[] order)
    {
        for (var i = 0; i < order.Length; i++) if (order[i] != i) return false;
        return true;
    }

    /// <summary>A map's tensors in both; null where one of them is not there or of another shape.</summary>
    private (Tensor Mine, Tensor Other)? Both(string mine, string other) =>
        _after.TryGetValue(mine, out var a) && _before.TryGetValue(other, out var b) && a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan()) && a.DType.IsNumeric()
            && b.DType.IsNumeric() ? (a, b) : null;

    private void Vote(UnitVotes votes, LinearSpec mine, LinearSpec other, bool inputs, int size, Func<int, int, bool>? allowed)
    {
        if (Both(mine.Weight, other.Weight) is not var (a, b) || a.Shape.Length < 2) return;
        var width = (int)a.Shape[^1];
        // Outputs are rows of what is stored (out, in), inputs its columns; transposed the other way round.
        var columns = inputs != mine.Transposed;
        LineProbe Probe(Tensor tensor, LinearSpec map)
        {
            var (lines, first, count) = inputs ? (Enumerable.Range(map.FirstInput, map.Inputs).ToArray(), map.FirstOutput, map.Outputs)
                : (Stored(map), map.FirstInput, map.Inputs);
            return LineProbe.Of(tensor, width, columns, lines, first, count);
        }

        votes.Add(Probe(b, other), Probe(a, mine), size, allowed);
    }

    /// <summary>Where a map's outputs stand in the stored tensor.</summary>
    private static int[] Stored(LinearSpec map, int? first = null)
    {
        var outputs = new int[map.Outputs];
        for (var o = 0; o < outputs.Length; o++) outputs[o] = (first ?? map.FirstOutput)
            + (map.Block > 0 ? o / map.Block * map.BlockStride + o % map.Block : o);
        return outputs;
    }

    private bool Outputs(Dictionary<string, OrderPlan> plans, LinearSpec mine, LinearSpec other, int[] order, int size, string what)
    {
        if (Plan(plans, mine.Weight, other.Weight, what) is not { } plan) return false;
        var (to, from) = (Stored(mine), Stored(other));
        if (mine.Transposed)
        {
            // The rows of an expert in a tensor of all of them come from the expert that it was.
            for (var i = 0; i < mine.Inputs; i++) plan.Rows[mine.FirstInput + i] = other.FirstInput + i;
            OrderPlan.Set(plan.Columns, to, from, order, size);
        }
        else OrderPlan.Set(plan.Rows, to, from, order, size);

        if (mine.Bias is not { } bias || other.Bias is not { } otherBias) return mine.Bias is null == other.Bias is null;
        if (Plan(plans, bias, otherBias, what) is not { } vector) return false;
        OrderPlan.Set(vector.Columns, Stored(mine, mine.FirstBias ?? mine.FirstOutput), Stored(other, other.FirstBias ?? other.FirstOutput), order, size);
        return true;
    }

    private bool Inputs(Dictionary<string, OrderPlan> plans, LinearSpec mine, LinearSpec other, int[] order, int size, string what)
    {
        if (Plan(plans, mine.Weight, other.Weight, what) is not { } plan) return false;
        var (to, from) = (Enumerable.Range(mine.FirstInput, mine.Inputs).ToArray(), Enumerable.Range(other.FirstInput, other.Inputs).ToArray());
        OrderPlan.Set(mine.Transposed ? plan.Rows : plan.Columns, to, from, order, size);
        // What an expert adds after its matrix goes with it.
        if (mine.Bias is not { } bias || other.Bias is not { } otherBias || bias == otherBias && mine.FirstBias is null) return true;
        if (Plan(plans, bias, otherBias, what) is not { } vector) return false;
        var (first, firstOther) = (mine.FirstBias ?? mine.FirstOutput, other.FirstBias ?? other.FirstOutput);
        for (var o = 0; o < mine.Outputs; o++) vector.Columns[first + o] = firstOther + o;
        return true;
    }

    private bool Vector(Dictionary<string, OrderPlan> plans, string? mine, string? other, int[] order, int size, string what)
    {
        if (mine is null || other is null) return mine is null == other is null;
        if (Plan(plans, mine, other, what) is not { } plan || plan.Columns.Length != order.Length * size) return false;
        var all = Enumerable.Range(0, plan.Columns.Length).ToArray();
        OrderPlan.Set(plan.Columns, all, all, order, size);
        return true;
    }

    private OrderPlan? Plan(Dictionary<string, OrderPlan> plans, string mine, string other, string what)
    {
        if (Both(mine, other) is not var (a, _)) return null;
        if (plans.TryGetValue(mine, out var plan)) return plan.Source == other ? plan : null;
        // A vector of all experts' biases is read in one row.
        var columns = a.Shape.Length <= 1 || what == "experts" && a.Shape.Length == 2 && mine.Contains("bias", StringComparison.Ordinal) ? (int)a.Count
            : (int)a.Shape[^1];
        return plans[mine] = new OrderPlan(other, (int)(a.Count / columns), columns, what);
    }

    /// <summary>Keeps the plans where every member holds what they say.</summary>
    private void Keep(Dictionary<string, OrderPlan> plans)
    {
        foreach (var (name, plan) in plans)
        {
            if (Both(name, plan.Source) is not var (a, b)) return;
            var equal = new MatrixPair(b, a, 0, plan.RowCount, plan.ColumnCount).With(plan.Order).EqualValues(false, _team, _cancellation).Sum(v => (long)v);
            if (equal < LeastEqual * a.Count) return;
        }

        foreach (var (name, plan) in plans)
            if (plan.Source != _source(name) || !plan.IsInPlace) _plans[name] = plan;
    }
}
