using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Tokenization;

namespace Assay.Evaluation.Behaviour;

/// <summary>Reads the replies that a run keeps, and says what they are.</summary>
/// <param name="store">Where contexts lie.</param>
/// <param name="panels">The items that were asked, with their answers.</param>
/// <param name="tokenizer">The base's.</param>
/// <param name="marks">Between which tokens the base thinks; null where it has none.</param>
public sealed class ReplyReader(ScoreStore store, Panels panels, Tokenizer tokenizer, ThoughtMarks? marks)
{
    /// <summary>The candidate's, for sets of its own packaging; the base's where it has none.</summary>
    public (Tokenizer Tokenizer, ThoughtMarks? Marks) Own { get; init; } = (tokenizer, marks);

    /// <summary>The replies of a model to a panel, in the items' order: of each item the first.</summary>
    /// <param name="set">Contexts that a model wrote.</param>
    /// <returns>None of a set that was not written.</returns>
    public IReadOnlyList<(PanelItem Item, ReplyJudgement Reply)> Replies(ContextSet set) => [.. Answers(set).Select(a => (a.Item, a.Reply.Judgement))];

    /// <summary>The same with what they say.</summary>
    /// <param name="set">Contexts that a model wrote.</param>
    /// <returns>None of a set that was not written.</returns>
    public IReadOnlyList<(PanelItem Item, JudgedReply Reply)> Answers(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return [.. panels.Items(set.Panel).Where(i => store.Contains(ScoreStore.ContextKey(set, i.Item)))
            .Select(item => (item, Judged(set, item, store.Contexts(set, item.Item).Contexts[0])))];
    }

    /// <summary>The items of a panel that a model refuses, under any of the templates that they were put in.</summary>
    /// <param name="set">Contexts that a model wrote.</param>
    /// <returns>Their names; null of a set that was not written.</returns>
    public IReadOnlySet<string>? Refused(ContextSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var written = panels.Items(set.Panel).Where(i => store.Contains(ScoreStore.ContextKey(set, i.Item))).ToList();
        return written.Count == 0 ? null : written.Where(i => store.Contexts(set, i.Item).Contexts.Any(reply => Judged(set, i, reply)
            .Judgement.Outcome == ReplyOutcome.Refused))
            .Select(i => i.Item).ToHashSet(StringComparer.Ordinal);
    }

    private JudgedReply Judged(ContextSet set, PanelItem item, Context reply)
    {
        var (reader, thoughts) = set.Own ? Own : (tokenizer, marks);
        var ids = reply.Ids.AsSpan()[reply.FirstScored..];
        var text = ReplyText.Answer(reader, thoughts, reply);
        return new JudgedReply(item.Text, text, ids.Length, ReplyClassifier.Classify(text, ids, reply.Stopped, item.Answer));
    }
}
