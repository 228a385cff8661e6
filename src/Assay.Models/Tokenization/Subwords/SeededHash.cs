using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Assay.Tokenization.Subwords;

/// <summary>Hashes for the tables of tokenizers, which come from strangers: seeded anew in every process, so that nobody can prepare keys that collide.</summary>
/// <remarks>Multiply and fold, 64 × 64 → 128 bits, as in wyhash. Values differ from run to run; no result may depend on them.</remarks>
internal static class SeededHash
{
    private static readonly ulong SeedA = Seed(), SeedB = Seed();

    /// <summary>The hash of some bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var length = bytes.Length;
        ulong a, b, hash = SeedA;
        if (length >= 8)
        {
            var left = length;
            while (left > 16)
            {
                hash = Fold(Read8(ref at) ^ hash, Read8(ref Unsafe.Add(ref at, 8)) ^ SeedB);
                at = ref Unsafe.Add(ref at, 16);
                left -= 16;
            }
            // The last 16 bytes or fewer as two words that may overlap; where there are at least 8, so many precede.
            if (left >= 8)
            {
                a = Read8(ref at);
                b = Read8(ref Unsafe.Add(ref at, left - 8));
            }
            else
            {
                a = Read8(ref Unsafe.Add(ref at, left - 16));
                b = Read8(ref Unsafe.Add(ref at, left - 8));
            }
        }
        else if (length >= 4)
        {
            a = Unsafe.ReadUnaligned<uint>(ref at);
            b = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, length - 4));
        }
        else if (length > 0)
        {
            a = (ulong)at << 16 | (ulong)Unsafe.Add(ref at, length >> 1) << 8 | Unsafe.Add(ref at, length - 1);
            b = 0;
        }
        else a = b = 0;
        return Fold(a ^ hash, b ^ SeedB ^ (ulong)length);
    }

    /// <summary>The hash of UTF-16 text.</summary>
    public static ulong Of(ReadOnlySpan<char> text) => Of(MemoryMarshal.AsBytes(text));

    /// <summary>The hash of two ids.</summary>
    public static ulong Of(ulong pair) => Fold(pair ^ SeedA, SeedB);

    private static ulong Read8(ref byte at) => Unsafe.ReadUnaligned<ulong>(ref at);

    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }

    private static ulong Seed() => (ulong)Random.Shared.NextInt64() << 1 | 1;
}
