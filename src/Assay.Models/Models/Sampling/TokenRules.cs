using System.Collections.Immutable;
using Assay.Checkpoints;

namespace Assay.Models.Sampling;

/// <summary>Which tokens may come next whatever their logits are: the lists of a generation config.</summary>
/// <remarks>As transformers' logits processors do it (generation/logits_process.py: NoBadWords, ForcedEOSToken, SuppressTokens,
/// SuppressTokensAtBegin), in the order in which <c>generate</c> applies them. They come after the repetition penalty there; since that changes
/// neither −∞ nor 0, they may as well come before.</remarks>
public sealed record TokenRules
{
    /// <summary>Every token may come.</summary>
    public static TokenRules None { get; } = new();

    /// <summary>Ids that never come; those outside the vocabulary have no effect.</summary>
    public ImmutableArray<int> SuppressTokens { get; init; } = [];

    /// <summary>Ids that never come first.</summary>
    public ImmutableArray<int> BeginSuppressTokens { get; init; } = [];

    /// <summary>Sequences of ids that never come as a whole: where all but the last are there, the last may not follow.</summary>
    public ImmutableArray<ImmutableArray<int>> BadWords { get; init; } = [];

    /// <summary>Of these one comes last where a continuation has all the tokens that it may have; empty for none.</summary>
    public ImmutableArray<int> ForcedEosTokenIds { get; init; } = [];

    /// <summary>The keys of the generation config that forbid something, as <c>suppress_tokens</c>; empty where there are none.</summary>
    public IReadOnlyList<string> Keys
    {
        get
        {
            var keys = new List<string>();
            if (!SuppressTokens.IsEmpty) keys.Add("suppress_tokens");
            if (!BeginSuppressTokens.IsEmpty) keys.Add("begin_suppress_tokens");
            if (!BadWords.IsEmpty) keys.Add("bad_words_ids");
            if (!ForcedEosTokenIds.IsEmpty) keys.Add("forced_eos_token_id");
            return keys;
        }
    }

    /// <summary>Gives forbidden tokens the logit −∞.</summary>
    /// <param name="logits">(vocabulary), of the next token.</param>
    /// <param name="sequence">Token ids so far, prompt included.</param>
    /// <param name="made">Of these, how many the model made.</param>
    /// <param name="mostMade">How many it may make at most.</param>
    /// <exception cref="InvalidInputException">No token is left.</exception>
    public void Apply(Span<float> logits, ReadOnlySpan<int> sequence, int made, int mostMade)
    {
        if (SuppressTokens.IsEmpty && BadWords.IsEmpty && (BeginSuppressTokens.IsEmpty || made > 0)
            && (ForcedEosTokenIds.IsEmpty || made != mostMade - 1)) return;
        foreach (var word in BadWords)
        {
            // As there, a sequence that is longer than all so far is not looked at, though its last token would complete it.
            if (word.Length > 1 && word.Length > sequence.Length) continue;
            if (sequence.EndsWith(word.AsSpan()[..^1])) Forbid(logits, word[^1]);
        }

        if (!ForcedEosTokenIds.IsEmpty && made == mostMade - 1)
        {
            logits.Fill(float.NegativeInfinity);
            foreach (var id in ForcedEosTokenIds)
                if (id < logits.Length) logits[id] = 0;
        }

        foreach (var id in SuppressTokens) Forbid(logits, id);
        if (made == 0)
            foreach (var id in BeginSuppressTokens) Forbid(logits, id);
        foreach (var logit in logits)
            if (!float.IsNegativeInfinity(logit)) return;
        throw new InvalidInputException($"generation_config.json ({string.Join(", ", Keys)}) forbids every token. Shorten the lists.");
    }

    private static void Forbid(Span<float> logits, int id)
    {
        if (id < logits.Length) logits[id] = float.NegativeInfinity;
    }
}
