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
}
