using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Assay.Evaluation.Statistics;

/// <summary>How often each cluster is drawn in each resample: the same draws as <see cref="Strata.Resample"/>, in blocks of <see cref="Lanes"/>
/// replicates.</summary>
/// <remarks>Clusters stand in the order of the strata's members. The draws depend on nothing but the seed and the strata's sizes, so sets of clusters with
/// equal sizes share them.</remarks>
internal sealed class Resamples
{
    /// <summary>Replicates in a block: their counts of one cluster lie together, so that vectors run over replicates and no sum changes its order.</summary>
    public const int Lanes = 8;

    private readonly int[] _sizes;
    private readonly ulong _seed;
    private readonly byte[]? _kept;

    private Resamples(int[] sizes, ulong seed, byte[]? kept) => (_sizes, _seed, _kept, Clusters) = (sizes, seed, kept, sizes.Sum());

    /// <summary>Clusters in all strata.</summary>
    public int Clusters { get; }

    /// <summary>Bytes of one block of counts.</summary>
    public int BlockLength => Lanes * Clusters;

    /// <summary>Draws that are made anew whenever they are asked for.</summary>
    public static Resamples OnDemand(int[] sizes, ulong seed) => new(sizes, seed, null);

    /// <summary>The same draws, kept.</summary>
    /// <param name="blocks">How many blocks there are.</param>
    /// <param name="each">Runs an action for each block, in any order.</param>
    public Resamples Keep(int blocks, Action<Action<int>> each)
    {
        var kept = new byte[checked(blocks * BlockLength)];
        each(block => Draw(block, kept.AsSpan(block * BlockLength, BlockLength)));
        return new Resamples(_sizes, _seed, kept);
    }

    /// <summary>Whether strata of these sizes have these draws.</summary>
    public bool Fits(int[] sizes) => _sizes.AsSpan().SequenceEqual(sizes);

    /// <summary>Counts of one block (cluster, lane).</summary>
    /// <param name="block">Which block.</param>
    /// <param name="scratch">Room for a block, used where none are kept.</param>
    public ReadOnlySpan<byte> Block(int block, byte[] scratch)
    {
        if (_kept is not null) return _kept.AsSpan(block * BlockLength, BlockLength);
        Draw(block, scratch);
        return scratch;
    }

    /// <summary>The counts of four lanes as numbers.</summary>
    /// <param name="counts">(cluster, lane).</param>
    /// <param name="at">Where the first of them stands.</param>
    public static Vector256<double> Four(ReadOnlySpan<byte> counts, int at)
    {
        if (Avx.IsSupported)
        {
            var (words, _) = Vector128.Widen(Vector128.CreateScalar(MemoryMarshal.Read<uint>(counts[at..])).AsByte());
            var (numbers, _) = Vector128.Widen(words);
            return Avx.ConvertToVector256Double(numbers.AsInt32());
        }

        return Vector256.Create((double)counts[at], counts[at + 1], counts[at + 2], counts[at + 3]);
    }

    private void Draw(int block, Span<byte> counts)
    {
        counts.Clear();
        for (var lane = 0; lane < Lanes; lane++)
        {
            var random = new BootstrapRandom(_seed, (ulong)(block * Lanes + lane));
            var from = lane;
            foreach (var size in _sizes)
            {
                for (var k = 0; k < size; k++)
                {
                    // One cluster of a stratum is drawn 256 times with a probability below 1e-500; it would be told, not miscounted.
                    ref var count = ref counts[from + Lanes * random.Index(size)];
                    count = checked((byte)(count + 1));
                }

                from += Lanes * size;
            }
        }
    }
}
