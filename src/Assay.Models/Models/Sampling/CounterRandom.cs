namespace Assay.Models.Sampling;

/// <summary>Random numbers as a function of (seed, item, step), so that a draw does not depend on what else is in the batch.</summary>
/// <remarks>Philox 4×32 with 10 rounds, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".</remarks>
public static class CounterRandom
{
    /// <summary>A number from 0 (included) to 1 (excluded), of 53 bits.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="item">Of the sequence.</param>
    /// <param name="step">Of the draw within it.</param>
    public static double Uniform(long seed, long item, long step)
    {
        var (a, b, _, _) = Philox((uint)item, (uint)(item >> 32), (uint)step, (uint)(step >> 32), (uint)seed, (uint)(seed >> 32));
        return ((((ulong)a << 32) | b) >> 11) * (1.0 / (1UL << 53));
    }

    internal static (uint A, uint B, uint C, uint D) Philox(uint a, uint b, uint c, uint d, uint key0, uint key1)
    {
        for (var round = 0; round < 10; round++)
        {
            var first = 0xD2511F53UL * a;
            var second = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ key0, (uint)second, (uint)(first >> 32) ^ d ^ key1, (uint)first);
            key0 = unchecked(key0 + 0x9E3779B9);
            key1 = unchecked(key1 + 0xBB67AE85);
        }
        return (a, b, c, d);
    }
}
