using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Models;

namespace Assay.Evaluation.Behaviour;

/// <summary>KL(base‖edited) of the first generated token: the number that the field publishes, beside what it does not see.</summary>
public static class FirstTokenDivergence
{
    /// <summary>The mean in nats over prompts, full vocabulary, with its interval.</summary>
    /// <param name="baseModel">The base; its tokenizer and template serve both.</param>
    /// <param name="edited">The edited model.</param>
    /// <param name="prompts">What the user says; no system prompt. One that comes again weighs as often.</param>
    /// <param name="clock">The time that the chat template may ask for.</param>
    /// <param name="seed">Chooses the resamples.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static Estimate Measure(LanguageModel baseModel, LanguageModel edited, IReadOnlyList<string> prompts, DateTimeOffset clock, ulong seed, CancellationToken cancellation = default) =>
        ClusterBootstrap.Mean(Clusters(baseModel, edited, prompts, clock, cancellation), seed).Within(0);

    /// <summary>The divergence at each different prompt, in the order in which they first come: what two edited models' means are paired by.</summary>
    /// <param name="baseModel">The base; its tokenizer and template serve both.</param>
    /// <param name="edited">The edited model.</param>
    /// <param name="prompts">What the user says; no system prompt. One that comes again weighs as often.</param>
    /// <param name="clock">The time that the chat template may ask for.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public static IReadOnlyList<Cluster> Clusters(LanguageModel baseModel, LanguageModel edited, IReadOnlyList<string> prompts, DateTimeOffset clock, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(baseModel);
        ArgumentNullException.ThrowIfNull(prompts);
        var different = prompts.GroupBy(p => p, StringComparer.Ordinal).Select(g => (Prompt: g.Key, Count: g.Count())).ToList();
        // Which token follows does not matter: both distributions are over all of them.
        var texts = different.Select(p => baseModel.EncodeChat(p.Prompt, clock)).Select(ids => new ScoredText([.. ids, ids[0]], ids.Length)).ToList();
        var scores = new PairScorer(baseModel, edited).Score(texts, null, cancellation);
        return [.. different.Select((p, i) => new Cluster("", p.Count * scores[i][0].Kl, p.Count))];
    }
}
