using System.Globalization;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Directions.LinearAlgebra;
using Assay.Models;

namespace Assay.Evaluation.Yardsticks;

/// <summary>A random direction taken out of what every attention and every MLP adds to the residual stream: what removing any direction does.</summary>
/// <remarks>Gaussian, of unit length, with strength 1, out of output and down projections with their biases; the embedding stays. The values are those that
/// <see cref="MergedCheckpoint"/> would write, rounded to float32 only.</remarks>
public sealed class RandomDirectionRemoved : Yardstick
{
    /// <summary>One of many directions.</summary>
    /// <param name="number">Which, from 1.</param>
    /// <param name="seed">Of the draws; direction i is the same whatever others there are.</param>
    public RandomDirectionRemoved(int number, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        (Number, Seed) = (number, seed);
    }

    /// <summary>Which, from 1.</summary>
    public int Number { get; }

    /// <summary>Of the draws.</summary>
    public long Seed { get; }

    /// <inheritdoc/>
    public override string Id => string.Create(CultureInfo.InvariantCulture, $"random-{Number}");

    /// <inheritdoc/>
    public override string Title => string.Create(CultureInfo.InvariantCulture, $"random direction {Number}");

    /// <inheritdoc/>
    public override string Description => string.Create(CultureInfo.InvariantCulture,
        $"random direction {Number} of seed {Seed} taken out of what every attention and MLP writes");

    /// <summary>The direction, (d), of unit length.</summary>
    /// <param name="width">d.</param>
    internal Direction Draw(int width)
    {
        var draws = new NormalDraws(Seed, string.Create(CultureInfo.InvariantCulture, $"random direction {Number}"));
        var values = new double[width];
        for (var i = 0; i < width; i++) values[i] = draws[i];
        var norm = DoubleVectors.Norm(values);
        return new Direction { Estimator = "random", Vectors = [.. values.Select(v => (float)(v / norm))] };
    }

    /// <inheritdoc/>
    public override LanguageModel Open(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var edit = new WeightEdit(Draw(model.Spec.HiddenSize), EditPlaces.Window(model.Spec, 0, int.MaxValue));
        return LanguageModel.Of(EditedCheckpoint.Of(model, [edit], $"{model.Checkpoint.Name} ({Title})"), null, model);
    }
}
