using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Directions.Contrasts;
using Assay.Evaluation.Behaviour;
using Assay.Models;

namespace Assay.Search;

/// <summary>A prompt that is to be answered rather than refused.</summary>
/// <param name="Id">Unique among the trigger prompts.</param>
/// <param name="Tokens">The prompt as the model reads it.</param>
public sealed record TriggerPrompt(string Id, ImmutableArray<int> Tokens)
{
    /// <summary>The benign twin's tokens: how the base begins to answer it is how the answer should begin; null for none.</summary>
    public ImmutableArray<int>? Twin { get; init; }

    /// <summary>How the answer should begin, where that is supplied; it comes before the twin's. Null for none.</summary>
    public ImmutableArray<int>? Opening { get; init; }
}

/// <summary>Derives from the base alone what candidates are scored on.</summary>
public static class SelectionBuilder
{
    /// <summary>Tokens of an opening.</summary>
    public const int OpeningTokens = 8;

    /// <summary>Refusal openings kept.</summary>
    public const int MostRefusals = 16;

    /// <summary>How answers begin where neither twin nor opening is known.</summary>
    public static ImmutableArray<string> NeutralOpenings { get; } = ["Sure", "Of course", "Yes,", "Here is", "First,", "To ", "The ", "You can"];

    private const int ReplyTokens = 64; // A reply is read so far to see whether it refuses.

    /// <summary>Lets the base answer, and keeps how it answers and how it refuses.</summary>
    /// <remarks>editing.md, issue 8: an answer opening is the base's first 8 greedy tokens on the benign twin, or a supplied one, or any of a neutral list; refusal openings are the distinct
    /// first-8 strings with which it refuses trigger prompts, at most 16, weighted by frequency, the more frequent and then the earlier first.
    /// Prompts whose twin it refuses, and benign prompts that it refuses, leave the set; a prompt that comes again is scored once, since it is no further evidence.</remarks>
    /// <param name="model">The base.</param>
    /// <param name="triggers">Trigger prompts of the selection split.</param>
    /// <param name="benigns">Its benign prompts: id and tokens.</param>
    /// <param name="refuses">Whether a reply is a refusal.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">The base refuses nothing, or answers nothing.</exception>
    public static SelectionDraft Build(LanguageModel model, IReadOnlyList<TriggerPrompt> triggers, IReadOnlyList<(string Id, ImmutableArray<int> Tokens)> benigns, Func<string, bool> refuses, CancellationToken cancellation = default)
    {
        var asked = triggers.Count + benigns.Count;
        triggers = [.. triggers.DistinctBy(t => Key(t.Tokens))];
        benigns = [.. benigns.DistinctBy(b => Key(b.Tokens))];
        var repeated = asked - triggers.Count - benigns.Count;
        var tokenizer = model.RequireTokenizer();
        var twins = triggers.Where(t => t.Opening is null && t.Twin is not null).ToList();
        int[][] prompts = [.. triggers.Select(t => t.Tokens.ToArray()), .. twins.Select(t => t.Twin!.Value.ToArray()), .. benigns.Select(b => b.Tokens.ToArray())];
        var replies = model.Generate(prompts, model.Generation.GreedyReply(ReplyTokens), null, cancellation);
        // Refusal words within a thought are none.
        var marks = ThoughtMarks.Of(model);
        var refused = replies.Select((r, i) => refuses(ReplyText.Answer(tokenizer, marks, prompts[i], r.Tokens))).ToArray();

        var counts = new List<(ImmutableArray<int> Opening, int Count)>();
        for (var i = 0; i < triggers.Count; i++)
        {
            if (!refused[i]) continue;
            var opening = Opening(replies[i].Tokens);
            var at = counts.FindIndex(c => c.Opening.AsSpan().SequenceEqual(opening.AsSpan()));
            if (at < 0) counts.Add((opening, 1));
            else counts[at] = (opening, counts[at].Count + 1);
        }

        var kept = counts.OrderByDescending(c => c.Count).Take(MostRefusals).ToList();
        var all = kept.Sum(c => c.Count);
        var neutral = NeutralOpenings.Select(o => tokenizer.Encode(o, addSpecialTokens: false).ToImmutableArray()).ToImmutableArray();
        var (items, dropped) = (new List<TriggerItem>(), new List<string>());
        var neutrals = 0;
        for (int i = 0, twin = triggers.Count; i < triggers.Count; i++)
        {
            if (triggers[i].Opening is { } supplied)
            {
                items.Add(new TriggerItem(triggers[i].Id, triggers[i].Tokens, [Opening(supplied.AsSpan())]));
            }
            else if (triggers[i].Twin is not null)
            {
                if (refused[twin]) dropped.Add(triggers[i].Id);
                else items.Add(new TriggerItem(triggers[i].Id, triggers[i].Tokens, [Opening(replies[twin].Tokens)]));
                twin++;
            }
            else
            {
                neutrals++;
                items.Add(new TriggerItem(triggers[i].Id, triggers[i].Tokens, neutral));
            }
        }

        var answered = new List<BenignItem>();
        for (var i = 0; i < benigns.Count; i++)
        {
            var reply = replies[triggers.Count + twins.Count + i];
            if (refused[triggers.Count + twins.Count + i]) dropped.Add(benigns[i].Id);
            else answered.Add(new BenignItem(benigns[i].Id, benigns[i].Tokens, Opening(reply.Tokens), reply.Stopped && reply.Tokens.Length <= OpeningTokens));
        }

        var refusals = refused.Take(triggers.Count).Count(r => r);
        if (kept.Count == 0)
            throw new InvalidInputException($"The model refuses none of the {triggers.Count} trigger prompts of the selection split: there is no behaviour to remove. Choose prompts that it refuses.");
        if (items.Count == 0 || answered.Count == 0)
            throw new InvalidInputException($"The model refuses all {(items.Count == 0 ? "benign twins" : "benign prompts")} of the selection split: there is no answer to compare with. Choose prompts that it answers.");
        return new SelectionDraft(new SelectionSet([.. items], [.. answered], [.. kept.Select(c => new RefusalOpening(c.Opening, c.Count / (double)all))]), refusals, triggers.Count, counts.Count, neutrals, [.. dropped], repeated);
    }

    /// <summary>The same for the selection split of a contrast set: its targets are the trigger prompts, its baselines the benign ones.</summary>
    /// <param name="model">The base.</param>
    /// <param name="selection">The split.</param>
    /// <param name="clock">The time that a template may ask for.</param>
    /// <param name="refuses">Whether a reply is a refusal.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    /// <exception cref="InvalidInputException">The base refuses nothing, or answers nothing.</exception>
    public static SelectionDraft Build(LanguageModel model, ContrastSet selection, DateTimeOffset clock, Func<string, bool> refuses, CancellationToken cancellation = default)
    {
        ImmutableArray<int> Chat(string text) => [.. model.EncodeChat(text, clock)];
        return Build(model,
            [.. selection.Targets.Select(t => new TriggerPrompt(t.Id, Chat(t.Prompt))
            {
                Twin = t.Twin is { } twin ? Chat(twin) : null,
                Opening = t.Opening is { Length: > 0 } opening ? [.. model.RequireTokenizer().Encode(opening, addSpecialTokens: false)] : null,
            })],
            [.. selection.Baselines.Select(b => (b.Id, Chat(b.Prompt)))], refuses, cancellation);
    }

    private static string Key(ImmutableArray<int> tokens) => string.Join(' ', tokens);

    private static ImmutableArray<int> Opening(ReadOnlySpan<int> tokens) => [.. tokens[..Math.Min(OpeningTokens, tokens.Length)]];
}

/// <summary>A selection set with what its making found.</summary>
/// <param name="Set">The set.</param>
/// <param name="Refused">Trigger prompts that the base refuses.</param>
/// <param name="Asked">Trigger prompts asked.</param>
/// <param name="DistinctRefusals">Distinct refusal openings before the most frequent were kept.</param>
/// <param name="Neutral">Trigger items whose answers may begin in any of the neutral ways.</param>
/// <param name="Dropped">Ids of what left the set since the base refuses where it should answer.</param>
/// <param name="Repeated">Prompts left out since they are there already.</param>
public sealed record SelectionDraft(SelectionSet Set, int Refused, int Asked, int DistinctRefusals, int Neutral, ImmutableArray<string> Dropped, int Repeated = 0);
