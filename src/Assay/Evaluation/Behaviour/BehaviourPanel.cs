using Assay.Directions.Contrasts;
using Assay.Models;

namespace Assay.Evaluation.Behaviour;

/// <summary>Replies of one model to one side of a contrast set.</summary>
/// <param name="Replies">In the order of the items.</param>
public sealed record BehaviourPanel(IReadOnlyList<JudgedReply> Replies)
{
    /// <summary>Greedy replies, judged.</summary>
    /// <param name="model">The model.</param>
    /// <param name="items">What it is asked; no system prompt.</param>
    /// <param name="clock">The time that the chat template may ask for.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static BehaviourPanel Measure(LanguageModel model, IReadOnlyList<ContrastItem> items, DateTimeOffset clock, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(items);
        var (tokenizer, marks) = (model.RequireTokenizer(), ThoughtMarks.Of(model));
        // An item that comes again gets the same reply: it is written once.
        var questions = items.Select(i => i.Prompt).Distinct(StringComparer.Ordinal).ToList();
        int[][] prompts = [.. questions.Select(q => model.EncodeChat(q, clock))];
        var written = model.Generate(prompts, model.Generation.GreedyReply(ReplyClassifier.LeastTokens), null, cancellation);
        var replies = questions.Select((q, i) => (Question: q, Text: ReplyText.Answer(tokenizer, marks, prompts[i], written[i].Tokens), Made: written[i]))
            .ToDictionary(r => r.Question, StringComparer.Ordinal);
        return new BehaviourPanel([.. items.Select(item =>
        {
            var (_, text, made) = replies[item.Prompt];
            var judgement = ReplyClassifier.Classify(text, made.Tokens, made.Stopped, item.Answer is { } answer ? new ExpectedAnswer(answer) : null);
            return new JudgedReply(item.Prompt, text, made.Tokens.Length, judgement);
        })]);
    }

    /// <summary>Share of replies with an outcome.</summary>
    public Estimate Share(ReplyOutcome outcome) => PromptShare.Of(Replies.Select(r => (r.Prompt, r.Judgement.Outcome == outcome)));

    /// <summary>Share of replies that state the right answer in the format asked for, among the items that have an answer.</summary>
    public Estimate StrictlyRight() =>
        PromptShare.Of(Replies.Where(r => r.Judgement.StrictlyRight is not null).Select(r => (r.Prompt, r.Judgement.StrictlyRight == true)));
}
