using Assay.Models.Sampling;

namespace Assay.Models;

/// <summary>How sequences are continued.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens a continuation has at most.</summary>
    public required int MaxNewTokens { get; init; }

    /// <summary>Tokens that a thought may have beside <see cref="MaxNewTokens"/>, and its marks; null where a thought counts as any text.</summary>
    public ThoughtLimit? Thought { get; init; }

    /// <summary>Tokens a continuation may come to with its thought.</summary>
    public int Longest => checked(MaxNewTokens + (Thought?.Most ?? 0));

    /// <summary>Ids that end a continuation; the id itself is kept as its last token.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Null for greedy decoding.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Which tokens may not come, whether drawn or the likeliest.</summary>
    public TokenRules Rules { get; init; } = TokenRules.None;

    /// <summary>Whether a continuation ends, perhaps empty, where its logits choose no token (one is NaN or +∞, or none is above −∞); otherwise the call is
    /// refused. For models whose brokenness is to be measured.</summary>
    public bool EndsWhereUndefined { get; init; }

    /// <summary>Seed of the draws.</summary>
    public long Seed { get; init; }

    /// <summary>Whose draws each prompt gets, one key a prompt; empty where its number in the call decides.</summary>
    /// <remarks>With keys a continuation does not depend on which other prompts the call has, nor on their order.</remarks>
    public IReadOnlyList<DrawKey> Draws { get; init; } = [];
}
