using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Models.Sampling;

namespace Assay.Evaluation.Contexts;

/// <summary>Turns items into the contexts that are scored: models answer prompts, documents are cut into windows.</summary>
/// <remarks>Both models get the same ids, the base's: what differs is the weights' doing (protocol.md, M13 (i)). In sets of the candidate's own packaging it gets
/// what its tokenizer, template and generation config make (ii). An item's contexts do not depend on what it is written together with.</remarks>
/// <param name="baseModel">The base; its tokenizer, template and generation config serve both.</param>
/// <param name="candidate">The candidate.</param>
/// <param name="plan">What is measured.</param>
/// <param name="store">Where contexts lie that were written already; null for none.</param>
public sealed class ContextWriter(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, ScoreStore? store = null)
{
    private readonly ThoughtMarks? _marks = ThoughtMarks.Of(baseModel);

    /// <summary>Writes the contexts of items.</summary>
    /// <param name="source">Which contexts; the subject does not matter.</param>
    /// <param name="items">Items of its panel.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<ContextItem> Write(ContextSet source, IReadOnlyList<PanelItem> items, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(items);
        return source switch
        {
            { Policy: Policy.Reference } => Windows(source, items),
            { Own: true, Policy: Policy.Base } => [.. Known(source with { Own = false }, items, cancellation).Zip(items, (answered, item) => WithOwnPrompts(source, answered, item))],
            _ => Answers(source, items, cancellation),
        };
    }

    private List<ContextItem> Windows(ContextSet source, IReadOnlyList<PanelItem> documents)
    {
        var tokenizer = Reader(source).RequireTokenizer();
        var window = int.Parse(source.Panel[(source.Panel.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);
        return [.. documents.Select(document =>
        {
            var ids = tokenizer.Encode(document.Text, addSpecialTokens: true);
            var texts = ProseWindows.Plan(ids.Length, window).Select(w => ScoredText.Of(ids, w, tokenizer.BosAdded));
            return new ContextItem(document.Item, document.Stratum, document.Core, document.Bytes,
                [.. texts.Select((t, i) => new Context(i, [.. t.Tokens], t.FirstScored, t.FirstScored, false))]);
        })];
    }

    /// <summary>Whose tokenizer and template make ids of the items.</summary>
    private LanguageModel Reader(ContextSet source) => source.Own ? candidate : baseModel;

    private List<ContextItem> Known(ContextSet source, IReadOnlyList<PanelItem> items, CancellationToken cancellation) =>
        store is not null && items.All(i => store.Contains(ScoreStore.ContextKey(source, i.Item))) ? [.. items.Select(i => store.Contexts(source, i.Item))] : Answers(source, items, cancellation);

    /// <summary>The base's answers, behind the prompts that each model would read before them.</summary>
    private ContextItem WithOwnPrompts(ContextSet source, ContextItem answered, PanelItem item)
    {
        var (templates, samples) = (plan.Design.TemplatesOf(source), plan.Design.SamplesOf(source));
        ImmutableArray<int>[] prompts = [.. templates.Select(t => ImmutableArray.Create(PromptTemplates.Encode(candidate, t, item, plan.Chat)))];
        return answered with { Contexts = [.. answered.Contexts.Select(c => c with { OwnPrompt = prompts[c.Sample / samples] })] };
    }

    private List<ContextItem> Answers(ContextSet source, IReadOnlyList<PanelItem> items, CancellationToken cancellation)
    {
        var writer = source.Policy == Policy.Base ? baseModel : candidate;
        var (templates, samples) = (plan.Design.TemplatesOf(source), plan.Design.SamplesOf(source));
        // An item's answers stand together: under each template its samples.
        var rows = items.SelectMany(item => templates.SelectMany((template, t) =>
        {
            var prompt = PromptTemplates.Encode(Reader(source), template, item, plan.Chat);
            return Enumerable.Range(t * samples, samples).Select(sample => (item.Item, Prompt: prompt, Draw: new DrawKey(Key(source, item), sample)));
        })).ToList();
        var answers = writer.Generate([.. rows.Select(r => r.Prompt)], Options(source, [.. rows.Select(r => r.Draw)]), null, cancellation);
        var contexts = rows.Zip(answers, (row, answer) => (row.Item, Context: new Context((int)row.Draw.Sample, [.. row.Prompt, .. answer.Tokens], row.Prompt.Length,
            row.Prompt.Length + (_marks?.Length(row.Prompt, answer.Tokens) ?? 0), answer.Stopped))).ToLookup(c => c.Item, c => c.Context, StringComparer.Ordinal);
        return [.. items.Select(item => new ContextItem(item.Item, item.Stratum, item.Core, 0, [.. contexts[item.Item]]))];
    }

    private GenerationOptions Options(ContextSet source, DrawKey[] draws)
    {
        // A candidate that says nothing is a finding, which its scores in the base's contexts make.
        // Ids that the base's tokenizer cannot name are removed from both distributions, so no answer holds them either.
        var writer = source.Policy == Policy.Base ? baseModel : candidate;
        var thought = _marks is { } marks && plan.MaxThoughtTokens > 0 ? new ThoughtLimit(marks.Start, marks.End, plan.MaxThoughtTokens) : null;
        int[] unnamed = [.. Enumerable.Range(baseModel.ValidVocabulary, Math.Max(0, writer.Spec.VocabularySize - baseModel.ValidVocabulary))];
        if (source.Own) return candidate.Generation.GreedyReply(plan.MaxNewTokens) with { Thought = thought, EndsWhereUndefined = true };
        if (source.Temperature == 0)
        {
            var greedy = baseModel.Generation.GreedyReply(plan.MaxNewTokens) with { Thought = thought };
            return source.Policy == Policy.Base ? greedy : greedy with { EndsWhereUndefined = true, Rules = greedy.Rules with { SuppressTokens = [.. greedy.Rules.SuppressTokens, .. unnamed] } };
        }

        // The full softmax: nothing of the generation config but where an answer ends.
        return new GenerationOptions
        {
            MaxNewTokens = plan.MaxNewTokens, Thought = thought, EndsWhereUndefined = source.Policy == Policy.Candidate, StopTokens = baseModel.Generation.EosTokenIds, Seed = unchecked((long)plan.Seed), Draws = draws,
            Sampling = new SamplingOptions { DoSample = true, Temperature = source.Temperature, TopK = 0, TopP = 1, RepetitionPenalty = 1 },
            Rules = TokenRules.None with { SuppressTokens = [.. unnamed] },
        };
    }

    /// <summary>Names an item's draws: the two models' differ, so that their answers are independent.</summary>
    private static long Key(ContextSet source, PanelItem item) => unchecked((long)BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{source.Source}/{item.Item}"))));
}
