namespace Assay.Directions.Components;

/// <summary>One component of a direction of several, so that the effect of its removal can be measured by itself.</summary>
public static class ComponentDirection
{
    /// <summary>Takes it out.</summary>
    /// <param name="direction">Of k components, removed orthogonally.</param>
    /// <param name="width">d.</param>
    /// <param name="component">Which, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such component.</exception>
    public static Direction Of(Direction direction, int width, int component)
    {
        ArgumentNullException.ThrowIfNull(direction);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)component, (uint)(direction.Vectors.Length / width), nameof(component));
        // An offset belongs to all read-outs together; those come one at a time.
        if (!direction.Readouts.IsEmpty) return direction;
        return direction with { Vectors = [.. direction.Vectors.AsSpan().Slice(component * width, width)] };
    }
}
