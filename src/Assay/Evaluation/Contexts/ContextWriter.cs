using System.Collections.Immutable;
using System.Globalization;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Models.Sampling;

namespace Assay.Evaluation.Contexts;

/// <summary>Turns items into the contexts that are scored: models answer prompts, documents are cut into windows.</summary>
/// <remarks>Both models get the same ids, the base's: what differs is the weights' doing (protocol.md, M13 (i)). In sets of the candidate's own packaging it
/// gets what its tokenizer, template and generation config make (ii). An item's contexts do not depend on what it is written together with.</remarks>
/// <param name="baseModel">The base; outside those sets its tokenizer, template and generation config serve both.</param>
/// <param name="candidate">The candidate; in sets of <see cref="Policy.Floor"/> the rounded base.</param>
/// <param name="plan">What is measured.</param>
/// <param name="store">Where contexts lie that were written already; null for none.</param>
public sealed class ContextWriter(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, ScoreStore? store = null)
{
    private readonly ThoughtMarks? _marks = ThoughtMarks.Of(baseModel), _ownMarks = ThoughtMarks.Of(candidate);

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
            { IsChoices: true } => [.. items.Select(i =>
                new ContextItem(i.Item, i.Stratum, i.Core, 0, ChoiceTexts.Of(baseModel.RequireTokenizer(), i.Choice!)))],
            { Policy: Policy.Reference } => Windows(source, items),
            { Policy: Policy.Reading } => [.. items.Select(i => Questions(source, i))],
            { Own: true, Policy: Policy.Base } =>
                [.. BaseAnswers(source with { Own = false }, items, cancellation).Zip(items, (answered, item) => WithOwnPrompts(source, answered, item))],
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

    /// <summary>What the base is asked about both models' replies, which stand in the store.</summary>
    private ContextItem Questions(ContextSet source, PanelItem item)
    {
        var answers = (Base: VetDesign.BaseReplies(source.Panel), Candidate: plan.Design.CandidateReplies(source.Panel));
        return new ContextItem(item.Item, item.Stratum, item.Core, 0,
            ReaderQuestions.Of(baseModel.RequireTokenizer(), item.Text, Text(answers.Base), Text(answers.Candidate), plan.Positions));

        string Text(ContextSet set) => ReplyText.Answer((set.Own ? candidate.Tokenizer : null) ?? baseModel.RequireTokenizer(), Marks(set),
            (store ?? throw new InvalidOperationException("A reader needs the store that holds the replies.")).Contexts(set, item.Item).Contexts[0]);
    }

    /// <summary>Whose tokenizer and template make ids of the items.</summary>
    private LanguageModel Reader(ContextSet source) => source.Own ? candidate : baseModel;

    /// <summary>The base's answers, from the store where it holds them: written anew they are the same.</summary>
    private List<ContextItem> BaseAnswers(ContextSet source, IReadOnlyList<PanelItem> items, CancellationToken cancellation) =>
        store is not null && items.All(i => store.Contains(ScoreStore.ContextKey(source, i.Item)))
            ? [.. items.Select(i => store.Contexts(source, i.Item))] : Answers(source, items, cancellation);

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
            // The two models' draws have names of their own, so that their answers are independent.
            return Enumerable.Range(t * samples, samples).Select(sample => (item.Item, Prompt: prompt,
                Draw: DrawKey.Of($"{source.Source}/{item.Item}", sample)));
        })).ToList();
        var answers = writer.Generate([.. rows.Select(r => r.Prompt)], Options(source, [.. rows.Select(r => r.Draw)]), null, cancellation);
        var contexts = rows.Zip(answers).ToLookup(r => r.First.Item, r => Answered(r.First.Prompt, r.First.Draw.Sample, r.Second), StringComparer.Ordinal);
        return [.. items.Select(item => new ContextItem(item.Item, item.Stratum, item.Core, 0, [.. contexts[item.Item]]))];

        Context Answered(int[] prompt, int sample, Continuation answer) =>
            new(sample, [.. prompt, .. answer.Tokens], prompt.Length, prompt.Length + (Marks(source)?.Length(prompt, answer.Tokens) ?? 0), answer.Stopped);
    }

    // Between which tokens the model thinks whose packaging is used.
    private ThoughtMarks? Marks(ContextSet source) => source.Own ? _ownMarks : _marks;

    private GenerationOptions Options(ContextSet source, DrawKey[] draws)
    {
        var thought = Marks(source) is { } marks && plan.ThoughtTokensOf(source) is > 0 and var most ? new ThoughtLimit(marks, most) : null;
        // A candidate that says nothing is a finding, which its scores in the base's contexts make.
        if (source.Own) return candidate.Generation.GreedyReply(plan.TokensOf(source)) with { Thought = thought, EndsWhereUndefined = true };
        // Ids that the base's tokenizer cannot name are removed from both distributions, so no answer holds them either.
        var writer = source.Policy == Policy.Base ? baseModel : candidate;
        int[] unnamed = [.. Enumerable.Range(baseModel.ValidVocabulary, Math.Max(0, writer.Spec.VocabularySize - baseModel.ValidVocabulary))];
        if (source.Temperature == 0)
        {
            var greedy = baseModel.Generation.GreedyReply(plan.TokensOf(source)) with { Thought = thought };
            if (source.Policy == Policy.Base) return greedy;
            return greedy with { EndsWhereUndefined = true, Rules = greedy.Rules with { SuppressTokens = [.. greedy.Rules.SuppressTokens, .. unnamed] } };
        }

        // The full softmax: nothing of the generation config but where an answer ends.
        return new GenerationOptions
        {
            MaxNewTokens = plan.MaxNewTokens, Thought = thought, EndsWhereUndefined = source.Policy == Policy.Candidate,
            StopTokens = baseModel.Generation.EosTokenIds,
            Seed = unchecked((long)plan.Seed), Draws = draws,
            Sampling = new SamplingOptions { DoSample = true, Temperature = source.Temperature, TopK = 0, TopP = 1, RepetitionPenalty = 1 },
            Rules = TokenRules.None with { SuppressTokens = [.. unnamed] },
        };
    }
}
