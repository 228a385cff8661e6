using System.Collections.Immutable;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;

namespace Assay.Evaluation.Measures;

/// <summary>What a measure needs. The plan of a comparison is the union of the needs of its measures.</summary>
/// <param name="Sets">Sets that have to be scored, with the columns that have to be kept.</param>
public sealed record Needs(ImmutableArray<SetNeed> Sets)
{
    /// <summary>Nothing.</summary>
    public static Needs None { get; } = new([]);

    /// <summary>Sets with the same columns.</summary>
    public static Needs Of(IEnumerable<ContextSet> sets, ScoreColumns columns) => new([.. sets.Select(s => new SetNeed(s, columns))]);

    /// <summary>Both.</summary>
    public Needs And(Needs other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new Needs([.. Sets, .. other.Sets]);
    }
}

/// <summary>One set that has to be scored.</summary>
/// <param name="Set">Which.</param>
/// <param name="Columns">What has to be kept of its tokens.</param>
/// <param name="Temperatures">Whether sums over temperatures have to be kept of its contexts (M6).</param>
/// <param name="Items">Score only so many of the set's items, of every stratum as many; null for all.</param>
public sealed record SetNeed(ContextSet Set, ScoreColumns Columns, bool Temperatures = false, int? Items = null)
{
    /// <summary>What serves both needs of one set.</summary>
    internal SetNeed With(SetNeed other) => this with
    {
        Columns = Columns | other.Columns, Temperatures = Temperatures || other.Temperatures,
        Items = Items is { } a && other.Items is { } b ? Math.Max(a, b) : null,
    };
}
