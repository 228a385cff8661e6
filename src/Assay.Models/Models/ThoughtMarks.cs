using System.Collections.Immutable;

namespace Assay.Models;

/// <summary>The tokens between which a model thinks before it answers.</summary>
/// <param name="Start">Id that opens a thought.</param>
/// <param name="End">Id that closes it.</param>
public sealed record ThoughtMarks(int Start, int End)
{
    /// <summary>The marks as chat templates spell them: Qwen3, DeepSeek-R1 and many others; Mistral's Magistral; Cohere's Command A Reasoning; ByteDance's
    /// Seed-OSS.</summary>
    public static ImmutableArray<(string Start, string End)> Spellings { get; } =
        [("<think>", "</think>"), ("[THINK]", "[/THINK]"), ("<|START_THINKING|>", "<|END_THINKING|>"), ("<seed:think>", "</seed:think>")];

    /// <summary>The marks that a tokenizer has as single tokens; null where it has none.</summary>
    /// <param name="model">Whose tokenizer.</param>
    public static ThoughtMarks? Of(LanguageModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Tokenizer is not { } tokenizer) return null;
        foreach (var (start, end) in Spellings)
            if (tokenizer.Vocabulary.TryGetValue(start, out var first) && tokenizer.Vocabulary.TryGetValue(end, out var last)) return new ThoughtMarks(first,
                last);
        return null;
    }

    /// <summary>Whether a prompt opens a thought and leaves it open.</summary>
    /// <param name="prompt">Token ids.</param>
    public bool Opens(int[] prompt) => Array.LastIndexOf(prompt, Start) > Array.LastIndexOf(prompt, End);

    /// <summary>Tokens of an answer up to the end of its thought; all of them where the thought has no end, 0 where there is none.</summary>
    /// <param name="prompt">Ids before the answer.</param>
    /// <param name="answer">The answer's ids.</param>
    public int Length(int[] prompt, ReadOnlySpan<int> answer)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var (thinks, length) = (Opens(prompt), 0);
        for (var i = 0; i < answer.Length; i++)
        {
            if (answer[i] == Start) thinks = true;
            else if (answer[i] == End) (thinks, length) = (false, i + 1);
        }

        return thinks ? answer.Length : length;
    }
}
