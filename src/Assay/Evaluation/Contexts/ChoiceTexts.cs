using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Tasks;
using Assay.Tokenization;

namespace Assay.Evaluation.Contexts;

/// <summary>Choices as token ids: what is read before, and the continuation that is scored.</summary>
/// <remarks>As lm-evaluation-harness has it (<c>TemplateLM._encode_pair</c>): white space at the context's end belongs to the continuation; context and
/// continuation are encoded together, and what is scored are the ids behind as many as the context has by itself. The chat template is not used; the
/// tokenizer's BOS stands before where it adds one.</remarks>
internal static class ChoiceTexts
{
    /// <summary>A context for each choice, in their order.</summary>
    /// <param name="tokenizer">The base's.</param>
    /// <param name="item">The question.</param>
    /// <exception cref="InvalidInputException">A choice, or what stands before it, has no token of its own.</exception>
    public static ImmutableArray<Context> Of(Tokenizer tokenizer, ChoiceItem item) => [.. item.Options.Select((option, i) =>
    {
        var before = option.Context.TrimEnd();
        int[] bos = tokenizer.BosAdded is { } id ? [id] : [];
        int[] whole = [.. bos, .. tokenizer.Encode(option.Context + option.Continuation, addSpecialTokens: false)];
        var first = bos.Length + tokenizer.Encode(before, addSpecialTokens: false).Length;
        if (first == 0 || first >= whole.Length)
            throw new InvalidInputException(
                $"{item.Id}: {(first == 0 ? "what stands before" : "the text of")} choice {i} has no token of its own in the base's tokenizer, so its " +
                "likelihood cannot be told. Reword the question, or leave it out.");
        return new Context(i, [.. whole], first, first, false);
    })];
}
