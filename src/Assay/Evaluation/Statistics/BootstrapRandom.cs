namespace Assay.Evaluation.Statistics;

/// <summary>Counter-based random numbers: draw k of stream s under a seed is a function of the three alone, so replicates may be drawn in any order or thread.</summary>
/// <remarks>The mixing function of SplitMix64 (Steele, Lea and Flood, 2014), applied to seed, stream and counter in turn.</remarks>
internal struct BootstrapRandom(ulong seed, ulong stream)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly ulong _key = Mix(Mix(seed + Golden) ^ (stream * 0xD1342543DE82EF95 + Golden));
    private ulong _counter;

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(_key + Golden * ++_counter);

    /// <summary>A number in [0, n); its bias of n / 2⁶⁴ is nothing beside the bootstrap's own error.</summary>
    public int Index(int n) => (int)Math.BigMul(Next(), (ulong)n, out _);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
