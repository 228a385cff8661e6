using Assay.Checkpoints;
using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Yardsticks;

/// <summary>A tensor with Gaussian noise of a part of its rms.</summary>
internal sealed class AddedNoise : ComputedValues
{
    private const int Block = 512;
    private readonly Tensor inner;
    private readonly NormalDraws draws;
    private readonly Lazy<double> size;

    /// <param name="inner">What the noise is added to.</param>
    /// <param name="sigma">Standard deviation in units of its rms.</param>
    /// <param name="seed">Of the draws.</param>
    /// <param name="name">The tensor's canonical name: which draws.</param>
    public AddedNoise(Tensor inner, double sigma, long seed, string name)
    {
        this.inner = inner;
        draws = new NormalDraws(seed, name);
        size = new Lazy<double>(() => sigma * RootMeanSquare());
    }

    public override void Read(long start, Span<float> destination)
    {
        inner.Read(start, destination);
        var deviation = size.Value;
        for (var i = 0; i < destination.Length; i++) destination[i] = (float)(destination[i] + deviation * draws[start + i]);
    }

    public override void RequireOpen() => inner.RequireOpen();

    /// <summary>In the order of the elements, block by block.</summary>
    private double RootMeanSquare()
    {
        var sums = new double[(inner.Count + Block - 1) / Block];
        Span<float> values = stackalloc float[Block];
        for (var b = 0; b < sums.Length; b++)
        {
            var part = values[..(int)Math.Min(Block, inner.Count - (long)b * Block)];
            inner.Read((long)b * Block, part);
            foreach (var value in part) sums[b] += (double)value * value;
        }

        return inner.Count == 0 ? 0 : Math.Sqrt(FixedOrderSum.Of(sums) / inner.Count);
    }
}
