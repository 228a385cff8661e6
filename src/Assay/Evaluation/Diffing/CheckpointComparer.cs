using Assay.Checkpoints;
using Assay.Evaluation.Statistics;
using Assay.Models;
using Assay.Models.Kernels;

namespace Assay.Evaluation.Diffing;

/// <summary>Compares two checkpoints tensor by tensor; no prompt, no forward pass.</summary>
/// <remarks>Streaming: of one pair of tensors only tiles are in memory. Every result is the same bits whatever the threads.</remarks>
public static class CheckpointComparer
{
    // Two roundings of one number and its neighbours: enough to tell tensors apart before all of their bytes are read.
    private const int FingerprintLength = 512;

    /// <summary>Compares.</summary>
    /// <param name="original">The base.</param>
    /// <param name="changed">The candidate.</param>
    /// <param name="team">Threads.</param>
    /// <param name="progress">Tensors finished.</param>
    /// <param name="cancellation">Honoured between tiles.</param>
    /// <exception cref="InvalidInputException">A text file of either is not what it should be.</exception>
    public static CheckpointDifference Compare(Checkpoint original, Checkpoint changed, WorkTeam team, IProgress<DiffProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(team);
        var notes = new List<string>();
        var (ours, theirs) = (Config(original, "base", notes), Config(changed, "candidate", notes));
        var packaging = PackagingComparer.Compare(original, changed, ours, theirs);
        var (before, after) = (Named(original, ours), Named(changed, theirs ?? ours));
        var (expected, expectedOfCandidate) = (ours?.Tensors.ToDictionary(t => t.Name) ?? [], theirs?.Tensors.ToDictionary(t => t.Name) ?? []);
        var order = (ours?.Tensors.Select(t => t.Name).Where(before.ContainsKey) ?? []).Concat(before.Keys).Concat(after.Keys).Distinct(StringComparer.Ordinal).ToList();

        var comparer = new TensorComparer(team, cancellation);
        var twins = new Lazy<ILookup<string, string>>(() => before.ToLookup(t => Fingerprint(t.Value), t => t.Key, StringComparer.Ordinal));
        var tensors = new List<TensorDifference>();
        for (var i = 0; i < order.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = order[i];
            before.TryGetValue(name, out var a);
            after.TryGetValue(name, out var b);
            var spec = (a is null ? expectedOfCandidate : expected).GetValueOrDefault(name) ?? expectedOfCandidate.GetValueOrDefault(name);
            var place = TensorPlace.Of(name, a is null ? theirs : ours ?? theirs, spec);
            if ((a is null || b is null) && spec is { Optional: true })
                notes.Add($"{name} is tied to the embedding; only the {(a is null ? "candidate" : "base")} stores it all the same.");
            else tensors.AddRange(One(name, place, a, b, comparer, before, twins));
            progress?.Report(new DiffProgress(i + 1, order.Count));
        }

        var cosines = tensors.Where(t => t.Shape.Length > 1 && !double.IsNaN(t.Cosine)).Select(t => t.Cosine).Order().ToArray();
        var directions = CommonDirectionFinder.Find(tensors, name => Gain(before, ours ?? theirs, name));
        var architecture = ours?.ModelType;
        return new CheckpointDifference(original.Name, changed.Name, architecture, [.. tensors.Select(t => AlongCommon(t, directions))], directions, packaging,
            cosines.Length == 0 ? null : OrderStatistics.Quantile(cosines, .5), notes);
    }

    private static IEnumerable<TensorDifference> One(
        string name, TensorPlace place, Tensor? a, Tensor? b, TensorComparer comparer, Dictionary<string, Tensor> before, Lazy<ILookup<string, string>> twins)
    {
        var some = (a ?? b)!;
        var about = new TensorDifference
        {
            Name = name, Place = place, Kind = ChangeKind.Identical, Detail = "identical", Shape = some.Shape, Elements = some.Count,
            BaseType = a?.DType.FormatName(), CandidateType = b?.DType.FormatName(), Cosine = 1,
        };
        if (a is null || b is null)
        {
            var twin = b is null ? null : Twin(b, name, before, twins);
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

        if (a.HoldsTheBytesOf(b)) return [about];
        var differences = comparer.Compare(name, place, a, b);
        return Twin(b, name, before, twins) is { } equal
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

    /// <summary>Another tensor of the base with the same type, shape and bytes; the one at the same place of another layer if there are several.</summary>
    private static string? Twin(Tensor tensor, string name, Dictionary<string, Tensor> before, Lazy<ILookup<string, string>> twins)
    {
        if (tensor.Count == 0) return null;
        var module = TensorPlace.Of(name, null, null).Module;
        return twins.Value[Fingerprint(tensor)].Where(n => n != name && before[n].HoldsTheBytesOf(tensor))
            .OrderBy(n => TensorPlace.Of(n, null, null).Module == module ? 0 : 1).FirstOrDefault();
    }

    private static string Fingerprint(Tensor tensor)
    {
        var bytes = new byte[Math.Min(FingerprintLength, tensor.ByteLength)];
        tensor.ReadBytes((tensor.ByteLength - bytes.Length) / 2, bytes);
        return $"{tensor.DType.FormatName()}[{string.Join(',', tensor.Shape)}]{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))}";
    }

    /// <summary>A bias that lost its component along a direction that the matrices lost, too, belongs to the same removal.</summary>
    private static TensorDifference AlongCommon(TensorDifference tensor, IReadOnlyList<CommonDirection> directions)
    {
        if (tensor.Kind != ChangeKind.Dense || tensor.Shape.Length != 1 || tensor.Right.Count == 0) return tensor;
        foreach (var direction in directions)
        {
            // Biases alone are no evidence: any two that change by the same vector would do.
            if (direction.Members.Count(m => m.Tensor != tensor.Name) < 2 || direction.Members.FirstOrDefault(m => m.Tensor == tensor.Name) is not { } member) continue;
            return tensor with
            {
                Kind = ChangeKind.Orthogonalised,
                Detail = FormattableString.Invariant($"changed along the direction that {direction.Members.Count - 1} others share, |cosine| {member.Cosine:0.####}"),
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

    /// <summary>Tensors by canonical name, whatever prefix and layout the checkpoint has.</summary>
    private static Dictionary<string, Tensor> Named(Checkpoint checkpoint, ModelConfig? config) => new(CanonicalTensors.Of(checkpoint, config).Tensors, StringComparer.Ordinal);
}
