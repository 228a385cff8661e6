using System.Runtime.InteropServices;

namespace Assay.Checkpoints;

/// <summary>A source of float32 values: its bytes are theirs.</summary>
internal abstract class ComputedValues : TensorSource
{
    public sealed override void ReadBytes(long offset, Span<byte> destination)
    {
        // Nobody asks for halves of elements but whoever cuts blocks of bytes without looking.
        if (offset % 4 == 0 && destination.Length % 4 == 0)
        {
            var values = new float[Math.Min(1 << 14, destination.Length / 4)];
            for (var start = offset / 4; !destination.IsEmpty; start += values.Length)
            {
                var part = values.AsSpan(0, Math.Min(values.Length, destination.Length / 4));
                Read(start, part);
                MemoryMarshal.AsBytes(part).CopyTo(destination);
                destination = destination[(part.Length * 4)..];
            }
            return;
        }
        var (first, end) = (offset / 4, (offset + destination.Length + 3) / 4);
        var around = new byte[(end - first) * 4];
        ReadBytes(first * 4, around);
        around.AsSpan((int)(offset - first * 4), destination.Length).CopyTo(destination);
    }
}
