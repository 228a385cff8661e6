namespace Assay.Evaluation.Diffing;

/// <summary>A change that can be done again: what the candidate's line (a row or a column) should be, given the base's.</summary>
internal abstract class LineReplay
{
    /// <summary>Whether lines are columns.</summary>
    public bool Columns { get; init; }

    /// <summary>Least share of differing elements that must come out as foretold.</summary>
    public virtual double Required => 1;

    /// <summary>Foretells a line.</summary>
    /// <param name="original">The base's.</param>
    /// <param name="changed">The candidate's, for changes with a parameter that is fitted to each line.</param>
    /// <param name="expected">Filled, before rounding to the candidate's type.</param>
    /// <returns>How far the fitted parameter may be off, relative to the original; 0 for none.</returns>
    public abstract double Foretell(ReadOnlySpan<double> original, ReadOnlySpan<double> changed, Span<double> expected);

    /// <summary>How far an element may be from what was foretold.</summary>
    public virtual double Tolerance(FloatFormat grid, double expected, double changed) => grid.Ulp(changed) * .51;
}
