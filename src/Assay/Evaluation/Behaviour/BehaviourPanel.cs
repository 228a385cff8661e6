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
        var tokenizer = model.RequireTokenizer();
        // An item that comes again gets the same reply: it is written once.
        var prompts = items.Select(i => i.Prompt).Distinct(StringComparer.Ordinal).ToList();
        var written = model.Generate([.. prompts.Select(p => model.EncodeChat(p, clock))], model.Generation.GreedyReply(ReplyJudge.MaxNewTokens), null,
            cancellation);
        var replies = prompts.Zip(written).ToDictionary(r => r.First, r => (Text: tokenizer.Decode(r.Second.Tokens, skipSpecialTokens: true), Made: r.Second), StringComparer.Ordinal);
        return new BehaviourPanel([.. items.Select(item =>
        {
            var (text, made) = replies[item.Prompt];
            return ReplyJudge.Judge(item.Prompt, text, made.Tokens.Length, made.Stopped, item.Answer);
        })]);
    }

    /// <summary>Share of replies of a kind.</summary>
    public Estimate Share(ReplyKind kind) => PromptShare.Of(Replies.Select(r => (r.Prompt, r.Kind == kind)));

    /// <summary>Share of right replies among the items that have an answer.</summary>
    public Estimate Right() => PromptShare.Of(Replies.Where(r => r.Right is not null).Select(r => (r.Prompt, r.Right == true)));
}
