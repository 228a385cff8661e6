namespace Assay.Evaluation.Diffing;

/// <summary>Rounding to a type and, from there, to the candidate's.</summary>
internal sealed class RoundTripReplay(FloatFormat through, FloatFormat grid) : LineReplay
{
    public FloatFormat Through => through;

    public override double Foretell(ReadOnlySpan<double> original, ReadOnlySpan<double> changed, Span<double> expected)
    {
        for (var i = 0; i < original.Length; i++) expected[i] = grid.Round(through.Round(original[i]));
        return 0;
    }

    public override double Tolerance(FloatFormat grid, double expected, double changed) => 0;
}
