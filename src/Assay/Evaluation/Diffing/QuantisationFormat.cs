namespace Assay.Evaluation.Diffing;

/// <summary>What a tensor was rounded to.</summary>
/// <param name="Bits">Bits of a level's number: 4 for up to 16 levels.</param>
/// <param name="Levels">How the levels lie: <c>symmetric</c> (−(2^(b−1) − 1) … 2^(b−1) − 1 times a scale), <c>symmetric, full range</c> (−2^(b−1) too),
/// <c>with zero point</c>, <c>from minimum</c>, a block format of llama.cpp, <c>NF4</c>, <c>even</c> where
/// only that is known of them, or <c>unknown</c> where only their number is.</param>
/// <param name="Unit">What shares a scale: <c>tensor</c>, <c>row</c>, <c>column</c>, <c>group of 128</c>.</param>
public sealed record QuantisationFormat(int Bits, string Levels, string Unit)
{
    /// <summary>The format in words.</summary>
    public override string ToString() => Levels is "unknown" or "even"
        ? $"{1 << Bits} {(Levels == "even" ? "even " : "")}levels or fewer for each {Unit}"
        : Levels.StartsWith('Q') || Levels == "NF4" ? Levels : $"int{Bits}, {Levels}, one scale a {Unit}";
}
