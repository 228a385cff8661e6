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

    /// <summary>Random directions.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the draws.</param>
    public static ImmutableArray<RandomDirectionRemoved> Directions(int count, long seed) => [.. Enumerable.Range(1, count).Select(n => new RandomDirectionRemoved(n, seed))];
}
