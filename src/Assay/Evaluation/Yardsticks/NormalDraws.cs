using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Assay.Evaluation.Statistics;
using Assay.Models.Sampling;

namespace Assay.Evaluation.Yardsticks;

/// <summary>Standard normal numbers, each a function of a seed, a name and a number: the same in any order, by any thread, on any machine.</summary>
/// <remarks>The quantile of a uniform number of 52 bits off 0 and 1, so within ±8.2. Philox keyed by the seed counts the name's SHA-256 (first 8 bytes, little endian) and the number.</remarks>
internal sealed class NormalDraws(long seed, string name)
{
    private readonly long stream = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>The draw of a number.</summary>
    public double this[long index] => NormalDistribution.Quantile((Math.Floor(CounterRandom.Uniform(seed, stream, index) * (1L << 52)) + .5) / (1L << 52));
}
