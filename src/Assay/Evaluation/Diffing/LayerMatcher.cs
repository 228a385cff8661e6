using System.Globalization;
using Assay.Checkpoints;

namespace Assay.Evaluation.Diffing;

/// <summary>Finds which layer of the base each layer of the candidate came from, by what they hold.</summary>
/// <remarks>Layers of one model are as different as any two matrices: |cosine| about 1/√n of n elements. So a few thousand values of each matrix tell whose
/// layer it is, whatever training, rounding or merging did to it since. Where rows or columns were put in another order those values are of other places; then
/// all values are hashed without their order.</remarks>
internal sealed class LayerMatcher
{
    // protocol.md, INCOMPARABLE: less in common than this is no lineage.
    private const double LeastCosine = .5;
    private const int SampledRows = 16;
    private const int SampledColumns = 256;
    private const int MostSampled = 24;

    private readonly CancellationToken _cancellation;
    private readonly Dictionary<Tensor, ulong> _unordered = [];

    private LayerMatcher(CancellationToken cancellation) => _cancellation = cancellation;

    /// <summary>A tensor's name in three parts: what stands before the layer's number, the number, the rest. Null outside the layers.</summary>
    public static (string Before, int Layer, string After)? Split(string name)
    {
        var parts = name.Split('.');
        for (var i = 0; i < parts.Length; i++)
            if (int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return (string.Concat(parts[..i].Select(p => p + ".")), number, string.Concat(parts[(i + 1)..].Select(p => "." + p)));
        return null;
    }

    /// <summary>The name that a tensor has in another layer.</summary>
    public static string InLayer(string name, int layer) =>
        Split(name) is var (before, _, after) ? before + layer.ToString(CultureInfo.InvariantCulture) + after : name;

    /// <summary>For each layer of the candidate, the layer of the base that it holds or came from; null where it came from none.</summary>
    /// <param name="baseTensors">By canonical name.</param>
    /// <param name="candidateTensors">By canonical name.</param>
    /// <param name="cancellation">Honoured between tensors.</param>
    public static IReadOnlyList<int?> Match(IReadOnlyDictionary<string, Tensor> baseTensors, IReadOnlyDictionary<string, Tensor> candidateTensors,
        CancellationToken cancellation)
    {
        var (before, after) = (Layers(baseTensors), Layers(candidateTensors));
        if (after.Count == 0) return [];
        var matcher = new LayerMatcher(cancellation);
        var (baseSamples, samples) = (before.ToDictionary(l => l.Key, l => matcher.Samples(l.Value)),
            after.ToDictionary(l => l.Key, l => matcher.Samples(l.Value)));
        var map = new int?[after.Keys.Max() + 1];
        int? previous = null;
        for (var layer = 0; layer < map.Length; layer++)
        {
            if (!after.TryGetValue(layer, out var tensors)) continue;
            var scores = before.Keys.Order().Select(l => (Layer: l, Score: Cosine(samples[layer], baseSamples[l]))).ToList();
            if (!scores.Exists(s => s.Score >= LeastCosine)) scores = [.. before.Keys.Order()
                .Select(l => (Layer: l, Score: matcher.EqualShare(tensors, before[l])))];
            map[layer] = previous = Best(scores, layer, previous);
        }

        return map;
    }

    private static int? Best(List<(int Layer, double Score)> scores, int own, int? previous)
    {
        scores.RemoveAll(s => !(s.Score >= LeastCosine));
        if (scores.Count == 0) return null;
        var most = scores.Max(s => s.Score);
        // Where the base's own layers are alike (made from each other), the same number is preferred, then what goes on from the layer before.
        var near = scores.Where(s => 1 - s.Score <= 2 * (1 - most) + 1e-9).Select(s => s.Layer).ToList();
        return previous is { } last && near.Contains(last + 1) && !near.Contains(own) ? last + 1 : near.Contains(own) ? own
            : scores.First(s => s.Score == most).Layer;
    }

    private static SortedDictionary<int, Dictionary<string, Tensor>> Layers(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var layers = new SortedDictionary<int, Dictionary<string, Tensor>>();
        foreach (var (name, tensor) in tensors)
        {
            // A number beyond any real one would make the map as long.
            if (Split(name) is not var (before, layer, after) || layer >= 1 << 16 || !tensor.DType.IsNumeric()) continue;
            if (!layers.TryGetValue(layer, out var own)) layers[layer] = own = new Dictionary<string, Tensor>(StringComparer.Ordinal);
            own[before + "*" + after] = tensor;
        }

        return layers;
    }

    private Dictionary<string, (string Shape, float[] Values)> Samples(Dictionary<string, Tensor> tensors)
    {
        var matrices = tensors.Where(t => t.Value.Shape.Length > 1 && t.Value.Count > 1).OrderBy(t => t.Key, StringComparer.Ordinal).ToList();
        var samples = new Dictionary<string, (string, float[])>(StringComparer.Ordinal);
        var step = Math.Max(1, (matrices.Count + MostSampled - 1) / MostSampled);
        for (var i = 0; i < matrices.Count; i += step)
        {
            _cancellation.ThrowIfCancellationRequested();
            var values = ValueHash.Sample(matrices[i].Value, SampledRows, SampledColumns);
            samples[matrices[i].Key] = (string.Join(',', matrices[i].Value.Shape), values);
        }

        return samples;
    }

    private static double Cosine(Dictionary<string, (string Shape, float[] Values)> candidate, Dictionary<string, (string Shape, float[] Values)> original)
    {
        var cosines = new List<double>();
        foreach (var (name, (shape, x)) in candidate)
        {
            if (!original.TryGetValue(name, out var other) || other.Shape != shape) continue;
            double dot = 0, a = 0, b = 0;
            for (var i = 0; i < x.Length; i++)
            {
                if (!float.IsFinite(x[i]) || !float.IsFinite(other.Values[i])) continue;
                dot += (double)x[i] * other.Values[i];
                a += (double)x[i] * x[i];
                b += (double)other.Values[i] * other.Values[i];
            }

            if (a > 0 && b > 0) cosines.Add(dot / Math.Sqrt(a * b));
        }

        cosines.Sort();
        return cosines.Count == 0 ? double.NaN : cosines[cosines.Count / 2];
    }

    /// <summary>Share of the candidate's matrices whose values the base's layer has, in whatever order; experts of a module are counted together.</summary>
    private double EqualShare(Dictionary<string, Tensor> candidate, Dictionary<string, Tensor> original)
    {
        var (mine, other) = (ByModule(candidate), ByModule(original));
        return mine.Count == 0 ? double.NaN : (double)mine.Count(m => other.TryGetValue(m.Key, out var sum) && sum == m.Value) / mine.Count;
    }

    private Dictionary<string, ulong> ByModule(Dictionary<string, Tensor> tensors)
    {
        var sums = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (name, tensor) in tensors)
        {
            if (tensor.Shape.Length < 2) continue;
            if (!_unordered.TryGetValue(tensor, out var sum)) _unordered[tensor] = sum = ValueHash.OfAnyOrder(tensor, _cancellation);
            var module = string.Join('.', name.Split('.').Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "*" : p));
            sums[module] = sums.GetValueOrDefault(module) + sum;
        }

        return sums;
    }
}
