using System.Text;
using Assay.Evaluation.Metrics;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Scoring;
using Assay.Models;

namespace Assay.Evaluation.Vetting;

/// <summary>Carries out a plan: the base answers both panels greedily, both models are scored on those answers and on reference text.</summary>
/// <remarks>Both models read the same ids, the base's: what differs is the weights' doing (protocol.md, M13 (i)).</remarks>
/// <param name="baseModel">The base.</param>
/// <param name="candidate">The candidate.</param>
/// <param name="plan">What to measure.</param>
/// <param name="together">Items between two entries of the journal (<see cref="VetCost"/>); no result depends on it.</param>
public sealed class VetRun(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, int together = VetCost.Few)
{
    /// <summary>Measures what the journal does not hold yet.</summary>
    /// <param name="journal">Null to keep nothing.</param>
    /// <param name="progress">Told after each group of items.</param>
    /// <param name="cancellation">Honoured within a layer; what is finished is in the journal.</param>
    public VetSamples Measure(IVetJournal? journal, IProgress<VetProgress>? progress, CancellationToken cancellation)
    {
        var scorer = new PairScorer(baseModel, candidate);
        var prompts = Prompts(plan).ToList();
        var prose = Prose(plan).ToList();
        var total = prompts.Count + prose.Count;
        long tokens = 0;
        var restored = 0;
        var items = new List<VetItem>();
        foreach (var group in prompts.Chunk(together))
        {
            items.AddRange(Resume(group, p => journal?.FindItem(p.Id), open => Answer(open, scorer, ref tokens, cancellation), journal is null ? null
                : journal.Add, ref restored));
            progress?.Report(new VetProgress("answers", items.Count, total, restored, tokens));
        }

        var documents = new List<VetDocument>();
        foreach (var group in prose.Chunk(together))
        {
            documents.AddRange(Resume(group, d => journal?.FindDocument(d.Id), open => Read(open, scorer, ref tokens, cancellation), journal is null ? null
                : journal.Add, ref restored));
            progress?.Report(new VetProgress("reference text", items.Count + documents.Count, total, restored, tokens));
        }

        return new VetSamples(items, documents);
    }

    /// <summary>The prompts of a plan, benign panel first.</summary>
    public static IEnumerable<PromptItem> Prompts(VetPlan plan) =>
        ReasoningPrompts.Draw(plan.Seed, Frame.Benign, plan.Items).Concat(ReasoningPrompts.Draw(plan.Seed, Frame.Trigger, plan.Items));

    /// <summary>The documents of a plan, domain by domain.</summary>
    public static IEnumerable<ProseDocument> Prose(VetPlan plan) => plan.Domains.SelectMany(domain => ProseDomains.Draw(plan.Seed, domain, plan.DocumentsPerDomain));

    private static List<TResult> Resume<TAsked, TResult>(TAsked[] group, Func<TAsked, TResult?> find, Func<List<TAsked>, IReadOnlyList<TResult>> measure,
        Action<TResult>? keep, ref int restored)
        where TResult : class
    {
        var known = group.Select(find).ToArray();
        var open = group.Where((_, i) => known[i] is null).ToList();
        restored += group.Length - open.Count;
        var measured = open.Count == 0 ? [] : measure(open);
        foreach (var result in measured) keep?.Invoke(result);
        var next = 0;
        return [.. known.Select(k => k ?? measured[next++])];
    }

    private List<VetItem> Answer(List<PromptItem> prompts, PairScorer scorer, ref long tokens, CancellationToken cancellation)
    {
        var ids = prompts.Select(p => baseModel.EncodeChat(p.Prompt, plan.Clock)).ToList();
        var answers = baseModel.Generate(ids, baseModel.Generation.GreedyReply(plan.MaxNewTokens), null, cancellation);
        var scores = scorer.Score([.. ids.Select((prompt, i) => new ScoredText([.. prompt, .. answers[i].Tokens], prompt.Length))], null, cancellation);
        for (var i = 0; i < ids.Count; i++) tokens += 3L * (ids[i].Length + answers[i].Tokens.Length);
        return [.. prompts.Select((p, i) => new VetItem(p.Id, p.Frame == Frame.Benign ? "benign" : "trigger", p.Stratum, p.Prompt, ids[i], answers[i].Tokens, answers[i].Stopped, scores[i]))];
    }

    private List<VetDocument> Read(List<ProseDocument> documents, PairScorer scorer, ref long tokens, CancellationToken cancellation)
    {
        var tokenizer = baseModel.RequireTokenizer();
        var ids = documents.Select(d => tokenizer.Encode(d.Text, addSpecialTokens: true)).ToList();
        var windows = ids.Select(document => ProseWindows.Plan(document.Length, plan.Context).Select(w => ScoredText.Of(document, w, tokenizer.BosAdded)).ToList()).ToList();
        var scores = scorer.Score([.. windows.SelectMany(w => w)], null, cancellation);
        var results = new List<VetDocument>();
        for (int d = 0, at = 0; d < documents.Count; at += windows[d].Count, d++)
        {
            tokens += 2L * ids[d].Length;
            results.Add(new VetDocument(documents[d].Id, documents[d].Domain, Encoding.UTF8.GetByteCount(documents[d].Text), ids[d], [.. scores.Skip(at).Take(windows[d].Count).SelectMany(s => s)]));
        }

        return results;
    }
}
