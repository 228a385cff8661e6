using System.Collections.Immutable;
using System.Globalization;
using Assay.Directions;
using Assay.Models;

namespace Assay.Search;

/// <summary>Everything that is tried: a deterministic list of candidates with stable ids.</summary>
/// <remarks>editing.md, Search. Each direction as the one direction removed everywhere; and, where there is one of every block's (of one estimator, site and position), each block's own removed
/// from that block, the embedding losing the first block's; × strengths × components × with or without the embedding.</remarks>
public sealed class SearchSpace
{
    private SearchSpace(string name, ImmutableArray<Candidate> candidates) => (Name, Candidates) = (name, candidates);

    /// <summary>Strengths tried.</summary>
    public static ImmutableArray<double> Strengths { get; } = [.6, 1, 1.5];

    /// <summary>Last positions of the prompt from which the default space takes directions, counted from the end.</summary>
    public static ImmutableArray<int> DefaultPositions { get; } = [-5, -4, -3, -2, -1];

    /// <summary>As the command line spells it.</summary>
    public string Name { get; }

    /// <summary>What is tried, in order.</summary>
    public ImmutableArray<Candidate> Candidates { get; }

    /// <summary>Candidates that the default space has.</summary>
    /// <param name="layers">Blocks of the model.</param>
    /// <param name="positions">Positions there are: fewer than five where the template ends prompts with fewer tokens.</param>
    public static int DefaultCount(int layers, int positions = 5) => positions * (layers + 1) * Strengths.Length * 3 * 2;

    /// <summary>The default space: difference in means of block outputs at the last five positions.</summary>
    /// <param name="layers">Blocks of the model.</param>
    /// <param name="directions">Directions found; others than these are left out.</param>
    public static SearchSpace Default(int layers, IEnumerable<Direction> directions) =>
        new("default", List(layers, directions.Where(d => d is { Estimator: "difference_in_means", Site.Point: SitePoint.ResidPost, Position: { } p } && DefaultPositions.Contains(p))));

    /// <summary>The full space: all directions found, of every estimator and site.</summary>
    /// <param name="layers">Blocks of the model.</param>
    /// <param name="directions">Directions found; none may be there twice.</param>
    /// <param name="families">One direction for each block, made for it by other means, with a name; null for none.</param>
    public static SearchSpace Full(int layers, IEnumerable<Direction> directions, IEnumerable<(string Name, ImmutableArray<Direction> ByLayer)>? families = null) => new("full", List(layers, directions, families));

    private static ImmutableArray<Candidate> List(int layers, IEnumerable<Direction> directions, IEnumerable<(string Name, ImmutableArray<Direction> ByLayer)>? families = null)
    {
        var all = directions.ToList();
        var list = ImmutableArray.CreateBuilder<Candidate>();
        foreach (var direction in all) Add(NameOf(direction, false) + "/everywhere", (places, embedding) => [new WeightEdit(direction, [.. embedding, .. Enumerable.Range(0, layers).SelectMany(places)])]);
        foreach (var family in all.Where(d => d.Site is not null).GroupBy(d => (d.Estimator, d.Site!.Value.Point, d.Position)))
        {
            var own = new Direction?[layers];
            foreach (var direction in family)
                if ((uint)direction.Site!.Value.Layer < (uint)layers) own[direction.Site.Value.Layer] = direction;
            if (layers == 0 || own.Contains(null)) continue;
            AddOwn(NameOf(family.First(), true) + "/own", own!);
        }

        foreach (var (name, byLayer) in families ?? [])
        {
            if (byLayer.Length != layers) throw new ArgumentException($"'{name}' has {byLayer.Length} directions for {layers} blocks.", nameof(families));
            AddOwn(name, byLayer);
        }

        var twice = list.GroupBy(c => c.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? list.ToImmutable() : throw new ArgumentException($"Two directions make the candidate '{twice.Key}'.", nameof(directions));

        void AddOwn(string name, IReadOnlyList<Direction> own) => Add(name, (places, embedding) => [.. own.Select((d, l) => new WeightEdit(d, [.. l == 0 ? embedding : [], .. places(l)]))]);

        void Add(string name, Func<Func<int, IEnumerable<EditPlace>>, EditPlace[], ImmutableArray<WeightEdit>> plan)
        {
            foreach (var strength in Strengths)
                foreach (var (component, attention, mlp) in ((string, bool, bool)[])[("attention", true, false), ("mlp", false, true), ("both", true, true)])
                    foreach (var embedding in (bool[])[false, true])
                    {
                        IEnumerable<EditPlace> Places(int layer)
                        {
                            if (attention) yield return new EditPlace(layer, ResidualWriter.Attention, strength);
                            if (mlp) yield return new EditPlace(layer, ResidualWriter.Mlp, strength);
                        }

                        list.Add(new Candidate(string.Create(CultureInfo.InvariantCulture, $"{name}/{component}{(embedding ? "+embedding" : "")}/{strength}"), plan(Places, embedding ? [new EditPlace(-1, ResidualWriter.Embedding, strength)] : [])));
                    }
        }
    }

    /// <summary>Estimator, site and position, such as <c>difference_in_means/layers.3.resid_post/-1</c>.</summary>
    private static string NameOf(Direction direction, bool ofEveryBlock)
    {
        var site = direction.Site is not { } s ? "given" : ofEveryBlock ? s.ToString()[(s.ToString().IndexOf('.', "layers.".Length) + 1)..] : s.ToString();
        return $"{direction.Estimator}/{site}/{direction.Position?.ToString(CultureInfo.InvariantCulture) ?? "mean"}";
    }
}
