using Assay.Checkpoints;
using Assay.Evaluation.Statistics;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Compares two checkpoints tensor by tensor; no prompt, no forward pass.</summary>
/// <remarks>Streaming: of one pair of tensors only tiles are in memory. Every result is the same bits whatever the threads. Layers are matched by what they
/// hold first, so that a layer that moved is compared with the one that it was.</remarks>
public static class CheckpointComparer
{
    /// <summary>Compares.</summary>
    /// <param name="baseModel">The base.</param>
    /// <param name="candidate">The candidate.</param>
    /// <param name="team">Threads.</param>
    /// <param name="progress">Tensors finished.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    /// <exception cref="InvalidInputException">A text file of either is not what it should be.</exception>
    public static CheckpointDifference Compare(Checkpoint baseModel, Checkpoint candidate, WorkTeam team, IProgress<DiffProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(team);
        var notes = new List<string>();
        var (baseConfig, config) = (Config(baseModel, "base", notes), Config(candidate, "candidate", notes));
        var packaging = PackagingComparer.Compare(baseModel, candidate, baseConfig, config);
        var (original, changed) = (CanonicalTensors.Of(baseModel, baseConfig), CanonicalTensors.Of(candidate, config ?? baseConfig));
        var (before, after) = (original.Tensors.ToDictionary(StringComparer.Ordinal), changed.Tensors.ToDictionary(StringComparer.Ordinal));
        LeaveUnreadOut(original, changed, before, after, notes);
        var (expected, expectedOfCandidate) = (baseConfig?.Tensors.ToDictionary(t => t.Name) ?? [], config?.Tensors.ToDictionary(t => t.Name) ?? []);
        var order = (baseConfig?.Tensors.Select(t => t.Name).Where(before.ContainsKey) ?? []).Concat(before.Keys).Concat(after.Keys)
            .Distinct(StringComparer.Ordinal).ToList();

        var layers = LayerMatcher.Match(before, after, cancellation);
        var comparer = new TensorComparer(team, cancellation);
        var twins = new TwinFinder(before, cancellation);
        var equal = new Dictionary<string, bool>(StringComparer.Ordinal);
        bool Same(string name) => equal.TryGetValue(name, out var known) ? known
            : equal[name] = before.TryGetValue(Source(name, layers, before), out var x) && after.TryGetValue(name, out var y) && x.HoldsTheBytesOf(y);
        var orders = baseConfig is null || config is null ? new Dictionary<string, (string Source, Rearrangement Order)>()
            : FunctionGroups.Find(before, after, config.Spec, baseConfig.Spec, layers, name => Source(name, layers, before), Same, team, cancellation);
        var tensors = new List<TensorDifference>();
        for (var i = 0; i < order.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = order[i];
            after.TryGetValue(name, out var b);
            var inOrder = orders.GetValueOrDefault(name);
            var source = b is null ? name : inOrder.Source ?? Source(name, layers, before);
            before.TryGetValue(source, out var a);
            var spec = (before.ContainsKey(name) ? expected : expectedOfCandidate).GetValueOrDefault(name) ?? expectedOfCandidate.GetValueOrDefault(name);
            var place = TensorPlace.Of(name, before.ContainsKey(name) ? baseConfig ?? config : config, spec);
            if ((a is null || b is null) && spec is { Optional: true })
                notes.Add($"{name} is tied to the embedding; only the {(a is null ? "candidate" : "base")} stores it all the same.");
            else tensors.AddRange(One(new TensorToCompare(name, source, place, a, b, inOrder.Order, inOrder.Order is null && a is not null && b is not null
                && Same(name)), comparer, twins));
            progress?.Report(new DiffProgress(i + 1, order.Count));
        }

        var directions = CommonDirectionFinder.Find(tensors.ConvertAll(t => t.Rest ?? t), name => Gain(before, baseConfig ?? config, name));
        var all = tensors.ConvertAll(t => AlongCommon(t, directions, before, tensors));
        var cosines = all.Where(t => t.Shape.Length > 1 && !double.IsNaN(t.MatchedCosine)).Select(t => t.MatchedCosine).Order().ToArray();
        return new CheckpointDifference(baseModel.Name, candidate.Name, baseConfig?.ModelType, all, directions, packaging, cosines.Length == 0 ? null
            : OrderStatistics.Quantile(cosines, .5), notes)
        {
            LayerMap = layers, BaseLayers = 1 + before.Keys.Select(n => LayerMatcher.Split(n)?.Layer ?? -1).DefaultIfEmpty(-1).Max(),
        };
    }

    private sealed record TensorToCompare(string Name, string Source, TensorPlace Place, Tensor? Base, Tensor? Candidate, Rearrangement? Order, bool Same);

    /// <summary>The base's tensor that the candidate's is compared with: that of the layer which its layer came from.</summary>
    private static string Source(string name, IReadOnlyList<int?> layers, Dictionary<string, Tensor> before)
    {
        if (LayerMatcher.Split(name) is not var (_, layer, _) || layer >= layers.Count || layers[layer] is not { } from || from == layer) return name;
        var source = LayerMatcher.InLayer(name, from);
        return before.ContainsKey(source) ? source : name;
    }

    private static IEnumerable<TensorDifference> One(TensorToCompare pair, TensorComparer comparer, TwinFinder twins)
    {
        var (name, source, place, a, b, order, same) = pair;
        var some = (a ?? b)!;
        var about = new TensorDifference
        {
            Name = name, Place = place, Kind = ChangeKind.Identical, Detail = "identical", Shape = some.Shape, Elements = some.Count,
            BaseType = a?.DType.FormatName(), CandidateType = b?.DType.FormatName(), Cosine = 1, Source = source == name ? null : source,
        };
        if (a is null || b is null)
        {
            var twin = b is null ? null : twins.Find(b, name);
            return
            [
                about with
                {
                    Kind = a is null ? ChangeKind.Added : ChangeKind.Missing, Cosine = double.NaN, Norm = double.NaN, BaseNorm = double.NaN, EqualTo = twin,
                    Detail = a is null ? "only in the candidate" + (twin is null ? "" : $"; equal to the base's {twin}") : "only in the base",
                },
            ];
        }

        if (!a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan()))
        {
            return
            [
                about with
                {
                    Kind = ChangeKind.Reshaped, CandidateShape = b.Shape, Cosine = double.NaN, Norm = double.NaN, BaseNorm = double.NaN,
                    Detail = $"[{string.Join(", ", a.Shape)}] → [{string.Join(", ", b.Shape)}]" + (SameBeginning(a, b) is { } rows ? $"; the first {rows} rows are equal" : ""),
                },
            ];
        }

        if (order is not null) return [comparer.Ordered(about, a, b, order)];
        if (same) return [source == name ? about : about with { Kind = ChangeKind.Swapped, EqualTo = source, Detail = $"equal to the base's {source}" }];
        var differences = comparer.Compare(about, a, b).ToList();
        // Of a layer that moved in another type the values may be the very ones.
        if (source != name && differences.TrueForAll(d => d.Kind == ChangeKind.Converted && d.Changed == 0))
            return [about with { Kind = ChangeKind.Swapped, EqualTo = source,
                Detail = $"equal to the base's {source}; {about.BaseType} → {about.CandidateType}" }];
        return source == name && !differences.TrueForAll(d => d.Changed == 0) && twins.Find(b, name) is { } equal
            ? differences.Select(d => d with { Kind = ChangeKind.Swapped, EqualTo = equal, Detail = $"equal to the base's {equal}", Spectrum = null, Removal = null, Format = null, Factor = null, Through = null, Left = [], Right = [] })
            : differences;
    }

    /// <summary>The rows that both have, where those are equal: a vocabulary that was made longer or shorter.</summary>
    private static long? SameBeginning(Tensor a, Tensor b)
    {
        if (a.DType != b.DType || a.Shape.Length < 2 || a.Shape.Length != b.Shape.Length || !a.Shape.AsSpan()[1..].SequenceEqual(b.Shape.AsSpan()[1..]) || Math.Min(a.Count, b.Count) == 0) return null;
        var length = Math.Min(a.ByteLength, b.ByteLength);
        var (x, y) = (new byte[Math.Min(length, 1 << 16)], new byte[Math.Min(length, 1 << 16)]);
        for (long at = 0; at < length; at += x.Length)
        {
            var count = (int)Math.Min(x.Length, length - at);
            a.ReadBytes(at, x.AsSpan(0, count));
            b.ReadBytes(at, y.AsSpan(0, count));
            if (!x.AsSpan(0, count).SequenceEqual(y.AsSpan(0, count))) return null;
        }

        return Math.Min(a.Shape[0], b.Shape[0]);
    }

    // A bias is a single number's evidence: how much of what it had along the direction is gone.
    private const double StrengthTolerance = .15;

    /// <summary>A bias that lost its component along a direction that the matrices lost, too, belongs to the same removal: b′ = b − λ r (r·b), with the
    /// matrices' λ.</summary>
    private static TensorDifference AlongCommon(TensorDifference tensor, IReadOnlyList<CommonDirection> directions, Dictionary<string, Tensor> before,
        List<TensorDifference> all)
    {
        if (tensor.Kind != ChangeKind.Dense || tensor.Shape.Length != 1 || tensor.Right.Count == 0
            || !before.TryGetValue(tensor.Source ?? tensor.Name, out var stored)) return tensor;
        var removals = all.Where(t => t.Removal is not null).ToDictionary(t => t.Name, t => t.Removal!.Strength, StringComparer.Ordinal);
        foreach (var direction in directions)
        {
            // Biases alone are no evidence: any two that change by the same vector would do.
            var strengths = direction.Members.Where(m => removals.ContainsKey(m.Tensor)).Select(m => removals[m.Tensor]).Order().ToList();
            if (strengths.Count < 2 || direction.Members.FirstOrDefault(m => m.Tensor == tensor.Name) is not { } member
                || direction.Vector.Length != stored.Count) continue;
            var had = new double[stored.Count];
            stored.ReadDouble(0, had);
            double along = 0, cosine = 0;
            for (var i = 0; i < had.Length; i++)
            {
                along += had[i] * direction.Vector[i];
                cosine += tensor.Right[0][i] * direction.Vector[i];
            }

            var strength = -cosine * tensor.Norm / along;
            var median = strengths[strengths.Count / 2];
            // Rounding of the bias moves the measured strength by its own share.
            var slack = StrengthTolerance * Math.Abs(median) + 3 * tensor.RoundingNorm / Math.Abs(along) / Math.Sqrt(had.Length);
            if (!(Math.Abs(strength - median) <= slack)) continue;
            return tensor with
            {
                Kind = ChangeKind.Orthogonalised,
                Detail = FormattableString.Invariant($"changed along the direction that {direction.Members.Count - 1} others share, |cosine| {member.Cosine:0.####}, with strength {strength:0.##}"),
            };
        }

        return tensor;
    }

    /// <summary>The factors of a norm: its stored gain, or 1 + gain.</summary>
    private static double[]? Gain(Dictionary<string, Tensor> tensors, ModelConfig? config, string name)
    {
        if (config is null || !tensors.TryGetValue(name, out var tensor) || !tensor.DType.IsNumeric() || tensor.Count > LineTest.LongestLine) return null;
        var gain = new double[tensor.Count];
        tensor.ReadDouble(0, gain);
        if (config.Architecture.Norm == NormKind.RmsPlusOne) for (var i = 0; i < gain.Length; i++) gain[i] += 1;
        return gain;
    }

    private static ModelConfig? Config(Checkpoint checkpoint, string which, List<string> notes)
    {
        try
        {
            if (checkpoint.ReadText("config.json") is { } text) return ModelConfig.Parse(text);
            notes.Add($"The {which} has no config.json: roles of its tensors are not known.");
        }
        catch (InvalidInputException unsupported)
        {
            notes.Add($"The {which}'s config.json cannot be run, so roles of its tensors are not known: {unsupported.Problems[0]}");
        }

        return null;
    }

    /// <summary>Tensors that no forward pass reads and only one of the two stores are told beside the weights.</summary>
    private static void LeaveUnreadOut(CanonicalTensors original, CanonicalTensors changed, Dictionary<string, Tensor> before, Dictionary<string, Tensor> after,
        List<string> notes)
    {
        foreach (var (one, other, tensors, which) in new[] { (original, changed, before, "base"), (changed, original, after, "candidate") })
        {
            var unread = one.Tensors.Keys.Where(n => one.Unread.Contains(n) && !other.Tensors.ContainsKey(n)).ToList();
            if (unread.Count == 0) continue;
            notes.Add($"Only the {which} stores {(unread.Count == 1 ? $"{unread[0]}, which" : $"{unread.Count} tensors such as {unread[0]}, which")} no " +
                "forward pass reads.");
            foreach (var name in unread) tensors.Remove(name);
        }
    }
}
