using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Assay.Checkpoints;

namespace Assay.Tests.Checkpoints;

public sealed unsafe class BlockDecoderTests
{
    public static IEnumerable<TheoryDataRow<DType>> Types() => Enum.GetValues<DType>().Where(t => t.IsBlock()).Select(t => new TheoryDataRow<DType>(t));

    /// <summary>Any bytes are some block: every code, scale and sign comes up, infinities and NaN among the scales.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void Random_blocks_are_decoded_as_the_reference_does(DType type)
    {
        var random = new Random((int)type);
        const int blocks = 2000;
        var (elements, bytes) = (type.BlockElements(), type.BlockBytes());
        // At an odd address, as a file may have them.
        var data = new byte[blocks * bytes + 1];
        random.NextBytes(data);
        float[] want = new float[blocks * elements], got = new float[blocks * elements];
        fixed (byte* from = data)
        fixed (float* to = want)
        {
            for (var b = 0; b < blocks; b++) BlockReference.Decode(type, from + 1 + b * bytes, to + b * elements);
            BlockDecoder.Read(type, from + 1, 0, got);
            for (var i = 0; i < want.Length; i++) Assert.True(want[i].Equals(got[i]), $"element {i}: {got[i]:r} instead of {want[i]:r}");
            for (var n = 0; n < 300; n++)
            {
                var start = random.Next(got.Length);
                var piece = new float[random.Next(Math.Min(900, got.Length - start) + 1)];
                BlockDecoder.Read(type, from + 1, start, piece);
                Assert.Equal(got[start..(start + piece.Length)], piece);
            }
        }
    }

    public static TheoryData<string, int, string> Grids() => new()
    {
        { nameof(BlockGrids.Iq2Xxs), 8, "05826b5d3e472a3a78f196be62ac78acf81df0f909626e12ab9fa2a5d490dd54" },
        { nameof(BlockGrids.Iq2Xs), 8, "06e47aaca60b4dc1d9b5a3f34540437058a6b142b4d7a59d5ded769b4d1bf1de" },
        { nameof(BlockGrids.Iq2S), 8, "e1aa1473412b0552c2174c30ef22ab4073f6a181b85a17056e8249bd2932fd88" },
        { nameof(BlockGrids.Iq1), 8, "07540ffc1aeaf6ad4d97e96b0fcc765aae39671d4ae4a27bbd0e796fde167c6a" },
        { nameof(BlockGrids.Iq3Xxs), 4, "46e35f5a997efdee6c99ce57854c8a0d4f0ff8ca57e5e8a60c0793ea580acf5d" },
        { nameof(BlockGrids.Iq3S), 4, "bd1af4945a1717c65610b0284e4628b9a1ba3b306fae3a06f6e5f597356e349f" },
    };

    /// <summary>The SHA-256 of each table of ggml-common.h (commit d99724f), its entries in little endian.</summary>
    [Theory]
    [MemberData(nameof(Grids))]
    public void Code_books_are_those_of_ggml(string name, int bytes, string sha256)
    {
        var points = (ulong[])typeof(BlockGrids).GetField(name)!.GetValue(null)!;
        var all = new byte[points.Length * bytes];
        Span<byte> one = stackalloc byte[8];
        for (var i = 0; i < points.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(one, points[i]);
            one[..bytes].CopyTo(all.AsSpan(i * bytes));
        }
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(all)));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Decoding_allocates_nothing(DType type)
    {
        var data = new byte[4096 * type.BlockBytes()];
        new Random(3).NextBytes(data);
        var values = new float[4096 * type.BlockElements()];
        fixed (byte* from = data)
        {
            BlockDecoder.Read(type, from, 0, values); // Tables are made once.
            // The least of some tries: a thread may be charged with what the compiler takes meanwhile.
            var (least, best) = (long.MaxValue, double.MaxValue);
            for (var n = 0; n < 8; n++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var clock = Stopwatch.GetTimestamp();
                BlockDecoder.Read(type, from, 0, values);
                best = Math.Min(best, Stopwatch.GetElapsedTime(clock).TotalSeconds);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }
            Assert.Equal(0, least);
            TestContext.Current.SendDiagnosticMessage($"{type.FormatName()}: {values.Length / best / 1e9:f2} billion elements a second");
        }
    }
}
