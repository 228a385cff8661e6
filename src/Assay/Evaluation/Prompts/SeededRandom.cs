using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Assay.Evaluation.Prompts;

/// <summary>The generator behind every draw: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). The n-th number is a fixed function of the seed and n,
/// with integer arithmetic only, so a seed gives the same items on every platform and version. Not for secrets, and not thread-safe.</summary>
public sealed class SeededRandom(ulong seed)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        state = unchecked(state + Increment);
        var z = state;
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }

    /// <summary>A uniform integer from 0 to <paramref name="exclusive"/> − 1, without bias (Lemire 2019: multiply, reject the short remainder).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusive"/> is not positive.</exception>
    public int Below(int exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusive);
        var range = (ulong)exclusive;
        var threshold = unchecked(0 - range) % range;
        while (true)
        {
            var high = Math.BigMul(Next(), range, out var low);
            if (low >= threshold) return (int)high;
        }
    }

    /// <summary>A uniform integer from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>One of the items.</summary>
    public T Choose<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items[Below(items.Count)];
    }

    /// <summary>Different ones of the items, in random order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer items than asked for.</exception>
    public IReadOnlyList<T> Sample<T>(IReadOnlyList<T> items, int count)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, items.Count);
        var pool = items.ToArray();
        for (var i = 0; i < count; i++)
        {
            var j = i + Below(pool.Length - i);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }

        return pool[..count];
    }

    /// <summary>The seed of an independent stream: the first 8 bytes, little endian, of SHA-256 over the seed (8 bytes, little endian) and the label in UTF-8.</summary>
    /// <param name="seed">The parent seed.</param>
    /// <param name="label">What the stream is for.</param>
    public static ulong Derive(ulong seed, string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        var text = Encoding.UTF8.GetBytes(label);
        var input = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(input, seed);
        text.CopyTo(input, 8);
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(input));
    }
}
