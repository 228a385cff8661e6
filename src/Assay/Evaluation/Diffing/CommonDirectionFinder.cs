using Assay.Models;

namespace Assay.Evaluation.Diffing;

/// <summary>Finds directions that differences share, largest change first.</summary>
/// <remarks>A tensor takes part with the span of its leading singular vectors, so that several directions removed together are found although each tensor's own
/// vectors are turned within them. A direction is the one that the members' spans have most in common: the leading eigenvector of the sum of their projectors.
/// Two unrelated directions of dimension d have |cosine| about 1/√d.</remarks>
internal static class CommonDirectionFinder
{
    /// <summary>Singular vectors of a tensor that take part.</summary>
    public const int MostVectors = 4;
    private const string Residual = "residual stream";
    private const string BehindNorms = "residual stream behind the norms";
    private const int MostDirections = 64;
    private const int MostSeeds = 256;
    private const int Rounds = 3;
    private const int PowerSteps = 8;

    private sealed class Entry(string name, ResidualSide side, double energy, List<double[]> basis)
    {
        public string Name => name;

        public ResidualSide Side => side;

        public double Energy => energy;

        public List<double[]> Basis => basis;

        public bool Tried { get; set; }
    }

    /// <summary>All directions that two tensors or more share.</summary>
    /// <param name="tensors">With their singular vectors.</param>
    /// <param name="gain">The factors of a norm between a matrix and the residual stream, by the name of its gain.</param>
    public static IReadOnlyList<CommonDirection> Find(IReadOnlyList<TensorDifference> tensors, Func<string, double[]?> gain)
    {
        var pools = new SortedDictionary<string, List<Entry>>(StringComparer.Ordinal);
        // A direction v of the residual stream is g ⊙ v before a norm of gain g: there, one direction looks like another in every layer.
        var behind = tensors.Any(t => t.Place.Gain is not null && t.Left.Count > 0);
        foreach (var tensor in tensors)
        {
            if (behind && tensor.Place.Role == ResidualRole.Writes && tensor.Shape.Length > 1) AddBehind(pools, tensor, gain);
            if (tensor.Place.Role is { } role)
            {
                if (tensor.Shape.Length == 1 && role == ResidualRole.Writes) Add(pools, Residual, tensor, ResidualSide.Right);
                else if (tensor.Place.Side != ResidualSide.None) Add(pools, Residual, tensor, tensor.Place.Side);
            }
            else
            {
                Add(pools, "left", tensor, ResidualSide.Left);
                Add(pools, "right", tensor, ResidualSide.Right);
            }
        }

        var found = pools.Select(p => (Space: p.Key.Split('/')[0], p.Value)).OrderBy(p => p.Space, StringComparer.Ordinal).SelectMany(p => In(p.Space, p.Value)).ToList();
        // Undoing the gains is worth telling only where it brings tensors closer together.
        found.RemoveAll(b => b.Space == BehindNorms && found.Exists(d => d.Space == Residual && d.SmallestCosine >= b.SmallestCosine && b.Members.All(m => d.Members.Any(o => o.Tensor == m.Tensor))));
        return found;
    }

    private static void Add(SortedDictionary<string, List<Entry>> pools, string space, TensorDifference tensor, ResidualSide side)
    {
        var vectors = side == ResidualSide.Left ? tensor.Left : tensor.Right;
        if (vectors.Count == 0) return;
        var key = $"{space}/{vectors[0].Length:d9}";
        if (!pools.TryGetValue(key, out var pool)) pools[key] = pool = [];
        pool.Add(new Entry(tensor.Name, side, tensor.RelativeNorm, [.. vectors.Take(MostVectors)]));
    }

    private static void AddBehind(SortedDictionary<string, List<Entry>> pools, TensorDifference tensor, Func<string, double[]?> gain)
    {
        if (tensor.Place.Gain is not { } name)
        {
            Add(pools, BehindNorms, tensor, tensor.Place.Side);
            return;
        }

        var vectors = tensor.Place.Side == ResidualSide.Left ? tensor.Left : tensor.Right;
        if (vectors.Count == 0 || gain(name) is not { } factors || factors.Length != vectors[0].Length || Array.Exists(factors, f => !(Math.Abs(f) > 0))) return;
        var basis = new List<double[]>();
        foreach (var vector in vectors.Take(MostVectors))
        {
            var moved = vector.Select((x, i) => x / factors[i]).ToArray();
            if (!Unit(moved)) continue;
            foreach (var other in basis) Deflate(moved, other);
            if (Unit(moved)) basis.Add(moved);
        }

        Add(pools, BehindNorms, tensor with { Left = basis, Right = basis }, tensor.Place.Side);
    }

    private static IEnumerable<CommonDirection> In(string space, List<Entry> entries)
    {
        var order = entries.OrderByDescending(e => double.IsNaN(e.Energy) ? 0 : e.Energy).ThenBy(e => e.Name, StringComparer.Ordinal).ToList();
        var found = 0;
        for (var seeds = 0; seeds < MostSeeds && found < MostDirections; seeds++)
        {
            var seed = order.Find(e => !e.Tried && e.Basis.Count > 0);
            if (seed is null) yield break;
            var direction = seed.Basis[0];
            List<(Entry Entry, double Cosine)> members = [];
            for (var round = 0; round < Rounds; round++)
            {
                members = [.. order.Select(e => (Entry: e, Cosine: Cosine(e, direction))).Where(m => m.Cosine >= CommonDirection.LeastCosine)];
                if (members.Count < 2) break;
                for (var step = 0; step < PowerSteps; step++) direction = Step(members.ConvertAll(m => m.Entry), direction);
            }

            if (members.Count < 2)
            {
                seed.Tried = true;
                continue;
            }

            members = [.. members.Select(m => (m.Entry, Cosine: Cosine(m.Entry, direction))).OrderByDescending(m => m.Cosine).ThenBy(m => m.Entry.Name, StringComparer.Ordinal)];
            found++;
            yield return new CommonDirection(space, direction, [.. members.Select(m => new DirectionMember(m.Entry.Name, m.Entry.Side, m.Cosine))]);
            foreach (var (entry, _) in members) Remove(entry, direction);
            seed.Tried = seed.Basis.Count == 0;
        }
    }

    private static double Cosine(Entry entry, double[] direction)
    {
        double square = 0;
        foreach (var vector in entry.Basis)
        {
            var dot = Dot(vector, direction);
            square += dot * dot;
        }

        return Math.Min(1, Math.Sqrt(square));
    }

    private static double[] Step(List<Entry> members, double[] direction)
    {
        var next = new double[direction.Length];
        foreach (var entry in members)
            foreach (var vector in entry.Basis)
            {
                var dot = Dot(vector, direction);
                for (var i = 0; i < next.Length; i++) next[i] += dot * vector[i];
            }

        return Unit(next) ? next : direction;
    }

    /// <summary>Takes a direction out of a span: the basis loses one dimension.</summary>
    private static void Remove(Entry entry, double[] direction)
    {
        var rest = new List<double[]>();
        foreach (var vector in entry.Basis)
        {
            var copy = (double[])vector.Clone();
            foreach (var other in rest.Prepend(direction)) Deflate(copy, other);

            // What is left of a vector that lay mostly in the direction is noise.
            if (Dot(copy, copy) > .25 && Unit(copy)) rest.Add(copy);
        }

        while (rest.Count >= entry.Basis.Count) rest.RemoveAt(rest.Count - 1);
        entry.Basis.Clear();
        entry.Basis.AddRange(rest);
    }

    private static void Deflate(double[] vector, double[] other)
    {
        var dot = Dot(vector, other);
        for (var i = 0; i < vector.Length; i++) vector[i] -= dot * other[i];
    }

    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static bool Unit(double[] vector)
    {
        var length = Math.Sqrt(Dot(vector, vector));
        if (!(length > 0)) return false;
        for (var i = 0; i < vector.Length; i++) vector[i] /= length;
        return true;
    }
}
