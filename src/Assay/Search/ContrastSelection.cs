using Assay.Directions.Contrasts;
using Assay.Models;

namespace Assay.Search;

/// <summary>Makes the selection set of a contrast set's selection split.</summary>
public static class ContrastSelection
{
    /// <summary>Encodes the items as the model reads them and lets it answer.</summary>
    /// <param name="model">The base.</param>
    /// <param name="split">The selection split.</param>
    /// <param name="refuses">Whether a reply shows the behaviour.</param>
    /// <param name="clock">The time that a chat template may ask for.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static SelectionDraft Build(LanguageModel model, ContrastSet split, Func<string, bool> refuses, DateTimeOffset clock, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(split);
        var tokenizer = model.RequireTokenizer();
        return SelectionBuilder.Build(
            model,
            [.. split.Targets.Select(item => new TriggerPrompt(item.Id, [.. model.EncodeChat(item.Prompt, clock)])
            {
                Twin = item.Twin is { } twin ? [.. model.EncodeChat(twin, clock)] : null,
                Opening = item.Opening is { } opening ? [.. tokenizer.Encode(opening, addSpecialTokens: false)] : null,
            })],
            [.. split.Baselines.Select(item => (item.Id, (System.Collections.Immutable.ImmutableArray<int>)[.. model.EncodeChat(item.Prompt, clock)]))],
            refuses,
            cancellation);
    }
}
