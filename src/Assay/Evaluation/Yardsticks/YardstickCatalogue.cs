using System.Collections.Immutable;

namespace Assay.Evaluation.Yardsticks;

/// <summary>The yardsticks that are made of every base.</summary>
public static class YardstickCatalogue
{
    /// <summary>What a GPU's rounding does.</summary>
    public static RoundedStream Floor { get; } = new();

    /// <summary>The rounding ladder, gentlest first: 8, 6, 5, 4, 3 and 2 bits.</summary>
    public static ImmutableArray<RoundedWeights> Ladder { get; } = [new(8), new(6), new(5), new(4), new(3), new(2)];

    /// <summary>The noise ladder, gentlest first.</summary>
    /// <param name="seed">Of the draws.</param>
    public static ImmutableArray<NoisyWeights> Noise(long seed) => [.. NoisyWeights.Levels.Select((_, i) => new NoisyWeights(i + 1, seed))];

    /// <summary>The yardstick of an id, such as <c>floor</c>, <c>rounded-4</c>, <c>noise-2</c> or <c>random-1</c>; null where there is none.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="seed">Of the draws of noise and directions.</param>
    public static Yardstick? Find(string id, long seed) =>
        Enumerable.Empty<Yardstick>().Append(Floor).Concat(Ladder).Concat(Noise(seed)).Concat(Directions(MostDirections, seed)).FirstOrDefault(y => y.Id == id);

    private const int MostDirections = 8;

    /// <summary>Random directions.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the draws.</param>
    public static ImmutableArray<RandomDirectionRemoved> Directions(int count, long seed) => [.. Enumerable.Range(1, count).Select(n => new RandomDirectionRemoved(n, seed))];
}
