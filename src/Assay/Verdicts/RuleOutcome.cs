using System.Collections.Immutable;

namespace Assay.Verdicts;

/// <summary>Whether a rule matches.</summary>
public enum RuleState
{
    /// <summary>It does not.</summary>
    Fails,

    /// <summary>It does, and its verdict is given unless an earlier rule matched.</summary>
    Holds,

    /// <summary>The measurements could not settle it.</summary>
    Open,
}

/// <summary>What a rule came to.</summary>
/// <param name="State">Whether it matches.</param>
/// <param name="Sentence">The verdict in one sentence; empty where the rule does not match.</param>
/// <param name="Reasons">The numbers and facts behind it, a sentence each.</param>
/// <param name="Cites">Ids of the measurements that it rests on, first the most telling: what reports show as having decided.</param>
/// <param name="ItemsNeeded">Items that would settle it; null where no number would, or none is needed.</param>
public sealed record RuleOutcome(RuleState State, string Sentence, ImmutableArray<string> Reasons, ImmutableArray<string> Cites, long? ItemsNeeded = null)
{
    /// <summary>Whether the verdict, which need not mean harm, comes with harm.</summary>
    public bool Harmful { get; init; }

    /// <summary>A rule that does not match.</summary>
    public static RuleOutcome Fails { get; } = new(RuleState.Fails, "", [], []);

    /// <summary>A rule that matches.</summary>
    public static RuleOutcome Holds(string sentence, IEnumerable<string> reasons, IEnumerable<string> cites) => new(RuleState.Holds, sentence, [.. reasons], [.. cites]);
}
