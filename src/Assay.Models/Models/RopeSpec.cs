using System.Collections.Immutable;

namespace Assay.Models;

/// <summary>Kinds of rotary frequency scaling.</summary>
public enum RopeKind
{
    /// <summary>θ^(−2i/d).</summary>
    Default,
    /// <summary>Llama 3's piecewise scaling by wavelength.</summary>
    Llama3,
    /// <summary>All frequencies divided by a factor.</summary>
    Linear,
    /// <summary>A larger base for sequences beyond the trained length, by the length (NTK-aware).</summary>
    Dynamic,
    /// <summary>High frequencies kept, low ones divided, a ramp between (Peng et al. 2023, arXiv 2309.00071).</summary>
    Yarn,
    /// <summary>A divisor for each frequency, one set for short and one for long sequences (Ding et al. 2024, arXiv 2402.13753).</summary>
    LongRope,
}

/// <summary>Rotary position embedding, rotating halves (i, i + dimensions/2) as transformers does, or neighbours (2i, 2i + 1).</summary>
public sealed record RopeSpec
{
    /// <summary>Scaling.</summary>
    public required RopeKind Kind { get; init; }
    /// <summary>Base of the frequencies.</summary>
    public required double Theta { get; init; }
    /// <summary>Entries of a head that are rotated; 0 for all.</summary>
    public int Dimensions { get; init; }
    /// <summary>The first of them.</summary>
    public int First { get; init; }
    /// <summary>Whether neighbours are rotated together (Cohere, GLM, DeepSeek).</summary>
    public bool Interleaved { get; init; }
    /// <summary>Linear, dynamic, llama3, yarn: factor.</summary>
    public double Factor { get; init; } = 1;
    /// <summary>Llama3: low_freq_factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;
    /// <summary>Llama3: high_freq_factor.</summary>
    public double HighFrequencyFactor { get; init; } = 1;
    /// <summary>Positions that the model was trained on before it was extended.</summary>
    public int OriginalMaxPositions { get; init; }
    /// <summary>Factor on cosines and sines (yarn, longrope).</summary>
    public double AttentionFactor { get; init; } = 1;
    /// <summary>Factor on query·key beside that (DeepSeek's mscale_all_dim).</summary>
    public double ScoreFactor { get; init; } = 1;
    /// <summary>Yarn: beta_fast, turns within the trained length above which a frequency is kept.</summary>
    public double BetaFast { get; init; }
    /// <summary>Yarn: beta_slow, turns below which it is divided.</summary>
    public double BetaSlow { get; init; }
    /// <summary>Yarn: whether the ramp's ends are rounded to whole pairs.</summary>
    public bool Truncate { get; init; }
    /// <summary>Longrope: divisors up to the original length.</summary>
    public ImmutableArray<double> ShortFactors { get; init; } = [];
    /// <summary>Longrope: divisors beyond it.</summary>
    public ImmutableArray<double> LongFactors { get; init; } = [];

    /// <summary>Value equality, lists included.</summary>
    public bool Equals(RopeSpec? other) =>
        other is not null && Kind == other.Kind && Theta == other.Theta && Dimensions == other.Dimensions && First == other.First && Interleaved == other.Interleaved && Factor == other.Factor
        && LowFrequencyFactor == other.LowFrequencyFactor && HighFrequencyFactor == other.HighFrequencyFactor && OriginalMaxPositions == other.OriginalMaxPositions
        && AttentionFactor == other.AttentionFactor && ScoreFactor == other.ScoreFactor && BetaFast == other.BetaFast && BetaSlow == other.BetaSlow && Truncate == other.Truncate
        && ShortFactors.AsSpan().SequenceEqual(other.ShortFactors.AsSpan()) && LongFactors.AsSpan().SequenceEqual(other.LongFactors.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Theta, Dimensions, First, Factor, OriginalMaxPositions, AttentionFactor);

    /// <summary>Which of its frequencies serve a sequence of so many tokens: 0 the original ones, else a number that no other set of frequencies has.</summary>
    internal int RegimeOf(int length) => length <= OriginalMaxPositions ? 0 : Kind switch
    {
        RopeKind.Dynamic => length,
        RopeKind.LongRope => 1,
        _ => 0,
    };
}
