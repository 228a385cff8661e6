namespace Assay.Evaluation.Measures;

/// <summary>What a measurement came to.</summary>
public abstract record Quantity
{
    private protected Quantity()
    {
    }

    /// <summary>The number as an estimate; NaN where there is none.</summary>
    public abstract Estimate Estimate { get; }
}

/// <summary>An estimate with its interval, or with the reason why none may be given.</summary>
/// <param name="Of">The estimate.</param>
public sealed record Estimated(Estimate Of) : Quantity
{
    /// <inheritdoc/>
    public override Estimate Estimate => Of;
}

/// <summary>A number that describes the sample and has no interval: a count, a maximum, a curve's point.</summary>
/// <param name="Number">The number; NaN of nothing.</param>
/// <param name="N">What it rests on.</param>
public sealed record Described(double Number, long N) : Quantity
{
    /// <inheritdoc/>
    public override Estimate Estimate => new(Number, double.NaN, double.NaN, .95, N, "describes the sample; no interval");
}

/// <summary>Nothing that could be measured.</summary>
/// <param name="Why">Why not, and what would be needed.</param>
/// <param name="N">What there was.</param>
public sealed record NotMeasurable(string Why, long N = 0) : Quantity
{
    /// <inheritdoc/>
    public override Estimate Estimate => new(double.NaN, double.NaN, double.NaN, .95, N, Why);
}

/// <summary>Numerator and denominator are both at or below what rounding alone gives, so that their ratio says nothing: 0.</summary>
/// <param name="N">What it rests on.</param>
/// <remarks>protocol.md, "At the floor".</remarks>
public sealed record AtFloor(long N) : Quantity
{
    /// <inheritdoc/>
    public override Estimate Estimate => new(0, double.NaN, double.NaN, .95, N, "at floor");
}
