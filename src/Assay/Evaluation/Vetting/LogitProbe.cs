using System.Globalization;
using Assay.Models;
using Assay.Models.Sampling;

namespace Assay.Evaluation.Vetting;

/// <summary>Whether a model's logits can be used, seen on one text before a long run.</summary>
public static class LogitProbe
{
    /// <summary>What is wrong with the logits of a text, in words; null where nothing is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">A text, at least one token.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static string? Check(LanguageModel model, int[] tokens, CancellationToken cancellation = default) => Check(model, tokens, out _, cancellation);

    /// <summary>The same, and the likeliest token behind the text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">A text, at least one token.</param>
    /// <param name="next">Its id, the lowest of equals; −1 where the logits cannot be used.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static string? Check(LanguageModel model, int[] tokens, out int next, CancellationToken cancellation = default)
    {
        next = -1;
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokens);
        var logits = model.Logits(tokens, cancellation: cancellation); // (tokens, vocabulary).
        var width = model.Spec.VocabularySize;
        for (var at = 0; at < tokens.Length; at++)
        {
            var row = logits.AsSpan(at * width, width);
            for (var id = 0; id < width; id++)
            {
                // −∞ of an id that no tokenizer names is how padding is masked.
                if (float.IsFinite(row[id]) || float.IsNegativeInfinity(row[id]) && id >= model.ValidVocabulary) continue;
                return string.Create(CultureInfo.InvariantCulture, $"at token {at + 1} of a prompt the logit of id {id} is {row[id]}; numbers are expected");
            }
        }

        var last = logits.AsSpan((tokens.Length - 1) * width, model.ValidVocabulary);
        next = Sampler.Greedy(last);
        foreach (var logit in last)
            if (logit != last[0]) return null;
        next = -1;
        return last.Length < 2 ? null : string.Create(CultureInfo.InvariantCulture, $"after a prompt every token has the logit {last[0]}");
    }
}
