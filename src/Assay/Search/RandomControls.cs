using System.Collections.Immutable;
using System.Globalization;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Directions.Estimators;
using Assay.Evaluation.Statistics;
using Assay.Models;

namespace Assay.Search;

/// <summary>Random directions at a winner's places: what removing any direction there does.</summary>
/// <remarks>editing.md, Search. Gaussian unit directions u, as many as the winner's and orthonormal where it has several at once; once with strengths scaled by √(Σ‖vᵀW‖²/Σ‖uᵀW‖²), that is with equal
/// Σ‖ΔW‖²_F, once with strength 1. Removed orthogonally, whatever the winner's own way.</remarks>
public static class RandomControls
{
    /// <summary>Controls that a verdict about a winner is made of.</summary>
    public const int Count = 99;

    /// <summary>Makes the controls, those of equal norm first.</summary>
    /// <param name="model">The base.</param>
    /// <param name="winner">Whose places.</param>
    /// <param name="count">How many of each kind.</param>
    /// <param name="seed">Of the draws; control i is the same whatever the count.</param>
    /// <param name="cancellation">Looked at between matrices.</param>
    /// <exception cref="InvalidInputException">The winner edits nothing, or its edits change no weight.</exception>
    public static ImmutableArray<Candidate> Create(LanguageModel model, Candidate winner, int count, ulong seed, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var width = model.Spec.HiddenSize;
        var compiler = new EditCompiler(model);
        var drawn = Enumerable.Range(0, count).Select(i => winner.Edits.Select((edit, e) => edit with { Direction = Draw(edit.Direction.Vectors.Length / width, i, e) }).ToImmutableArray()).ToList();
        var sizes = EditSize.Of(model, [compiler.Maps(winner.Edits), .. drawn.Select(d => compiler.Maps(d))], cancellation);
        if (!(sizes[0] > 0) || !double.IsFinite(sizes[0])) throw new InvalidInputException($"'{winner.Id}' changes no weights (Σ‖ΔW‖² is {sizes[0].ToString(CultureInfo.InvariantCulture)}): there is nothing to compare random directions with.");
        return
        [
            .. drawn.Select((edits, i) => new Candidate(Name("equal-norm", i), Strengths(edits, s => s * RandomDirection.Strength(sizes[0], sizes[i + 1])))),
            .. drawn.Select((edits, i) => new Candidate(Name("strength-1", i), Strengths(edits, _ => 1))),
        ];

        // Each from a seed of its own.
        Direction Draw(int components, int i, int e) => new RandomDirection((long)(new BootstrapRandom(seed, ((ulong)i << 32) + (ulong)e).Next() >> 1), components).Of(width);

        static string Name(string kind, int i) => string.Create(CultureInfo.InvariantCulture, $"random/{kind}/{i:000}");
    }

    /// <summary>The 95th percentile (type 7) of the controls' mean behaviour: "no single direction works" unless the winner exceeds it on the report split. One whose model is wrecked counts as above any.</summary>
    public static double Threshold(IEnumerable<CandidateScore> controls) => OrderStatistics.Quantile([.. controls.Select(c => double.IsNaN(c.MeanBehaviour) ? double.PositiveInfinity : c.MeanBehaviour).Order()], .95);

    private static ImmutableArray<WeightEdit> Strengths(ImmutableArray<WeightEdit> edits, Func<double, double> strength) =>
        [.. edits.Select(e => e with { Places = [.. e.Places.Select(p => p with { Strength = p.Strength == 0 ? 0 : strength(p.Strength) })] })];
}
