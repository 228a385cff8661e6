namespace Assay.Checkpoints;

/// <summary>A tensor in which some stretches are another's: experts of a stack that are computed one by one.</summary>
internal sealed class ReplacedParts : ComputedValues
{
    private readonly Tensor whole;
    private readonly (long First, Tensor Part)[] parts; // Ascending, not overlapping.

    /// <param name="whole">What is between the parts.</param>
    /// <param name="parts">First element of each, and its values.</param>
    public ReplacedParts(Tensor whole, IEnumerable<(long First, Tensor Part)> parts) => (this.whole, this.parts) = (whole, [.. parts.OrderBy(p => p.First)]);

    public override void Read(long start, Span<float> destination)
    {
        while (!destination.IsEmpty)
        {
            // The last part that begins at or before the start.
            int low = 0, high = parts.Length;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (parts[middle].First <= start) low = middle + 1;
                else high = middle;
            }

            var inside = low > 0 && start < parts[low - 1].First + parts[low - 1].Part.Count;
            var end = inside ? parts[low - 1].First + parts[low - 1].Part.Count : low < parts.Length ? parts[low].First : whole.Count;
            var piece = destination[..(int)Math.Min(destination.Length, end - start)];
            if (inside) parts[low - 1].Part.Read(start - parts[low - 1].First, piece);
            else whole.Read(start, piece);
            start += piece.Length;
            destination = destination[piece.Length..];
        }
    }

    public override void RequireOpen() => whole.RequireOpen();
}
