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
/// <remarks>Both models get the same ids, the base's: what differs is the weights' doing (protocol.md, M13 (i)). An item's contexts do not depend on what it is
/// written together with.</remarks>
/// <param name="baseModel">The base; its tokenizer, template and generation config serve both.</param>
/// <param name="candidate">The candidate.</param>
/// <param name="plan">What is measured.</param>
public sealed class ContextWriter(LanguageModel baseModel, LanguageModel candidate, VetPlan plan)
{
    private readonly int? _thoughtStart = Id(baseModel, "<think>");
    private readonly int? _thoughtEnd = Id(baseModel, "</think>");

    /// <summary>Writes the contexts of items.</summary>
    /// <param name="source">Which contexts; the subject does not matter.</param>
    /// <param name="items">Items of its panel.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public IReadOnlyList<ContextItem> Write(ContextSet source, IReadOnlyList<PanelItem> items, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(items);
        return source.Policy == Policy.Reference ? Windows(source, items) : Answers(source, items, cancellation);
    }

    private static int? Id(LanguageModel model, string token) => model.Tokenizer?.Vocabulary.TryGetValue(token, out var id) == true ? id : null;

    private List<ContextItem> Windows(ContextSet source, IReadOnlyList<PanelItem> documents)
    {
        var tokenizer = baseModel.RequireTokenizer();
        var window = int.Parse(source.Panel[(source.Panel.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);
        return [.. documents.Select(document =>
        {
            var ids = tokenizer.Encode(document.Text, addSpecialTokens: true);
            var texts = ProseWindows.Plan(ids.Length, window).Select(w => ScoredText.Of(ids, w, tokenizer.BosAdded));
            return new ContextItem(document.Item, document.Stratum, document.Core, document.Bytes,
                [.. texts.Select((t, i) => new Context(i, [.. t.Tokens], t.FirstScored, t.FirstScored, false))]);
        })];
    }

    private List<ContextItem> Answers(ContextSet source, IReadOnlyList<PanelItem> items, CancellationToken cancellation)
    {
        var writer = source.Policy == Policy.Base ? baseModel : candidate;
        var samples = source.Temperature == 0 ? 1 : source.Panel == VetDesign.Sensitivity ? plan.Design.SensitivitySamples : Math.Max(1, plan.Design.Samples);
        var prompts = items.Select(i => PromptTemplates.Encode(baseModel, source.Template, i, plan.Clock)).ToList();
        var rows = items.SelectMany((_, i) => Enumerable.Range(0, samples).Select(s => (Item: i, Sample: s))).ToList();
        var answers = writer.Generate([.. rows.Select(r => prompts[r.Item])], Options(source, [.. rows.Select(r => new DrawKey(Key(source, items[r.Item]), r.Sample))]), null, cancellation);
        return [.. items.Select((item, i) => new ContextItem(item.Item, item.Stratum, item.Core, 0, [.. rows.Zip(answers).Where(r => r.First.Item == i)
            .Select(r => new Context(r.First.Sample, [.. prompts[i], .. r.Second.Tokens], prompts[i].Length, AnswerFrom(prompts[i].Length, r.Second.Tokens), r.Second.Stopped))]))];
    }

    private GenerationOptions Options(ContextSet source, DrawKey[] draws)
    {
        // A candidate that says nothing is a finding, which its scores in the base's contexts make.
        // Ids that the base's tokenizer cannot name are removed from both distributions, so no answer holds them either.
        var writer = source.Policy == Policy.Base ? baseModel : candidate;
        int[] unnamed = [.. Enumerable.Range(baseModel.ValidVocabulary, Math.Max(0, writer.Spec.VocabularySize - baseModel.ValidVocabulary))];
        if (source.Temperature == 0)
        {
            var greedy = baseModel.Generation.GreedyReply(plan.MaxNewTokens);
            return source.Policy == Policy.Base ? greedy : greedy with { EndsWhereUndefined = true, Rules = greedy.Rules with { SuppressTokens = [.. greedy.Rules.SuppressTokens, .. unnamed] } };
        }

        // The full softmax: nothing of the generation config but where an answer ends.
        return new GenerationOptions
        {
            MaxNewTokens = plan.MaxNewTokens, EndsWhereUndefined = source.Policy == Policy.Candidate, StopTokens = baseModel.Generation.EosTokenIds, Seed = unchecked((long)plan.Seed), Draws = draws,
            Sampling = new SamplingOptions { DoSample = true, Temperature = source.Temperature, TopK = 0, TopP = 1, RepetitionPenalty = 1 },
            Rules = TokenRules.None with { SuppressTokens = [.. unnamed] },
        };
    }

    /// <summary>Names an item's draws: the two models' differ, so that their answers are independent.</summary>
    private static long Key(ContextSet source, PanelItem item) => unchecked((long)BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{source.Source}/{item.Item}"))));

    /// <summary>Index of the first token behind a thought; that of the answer's first token where there is none.</summary>
    private int AnswerFrom(int first, int[] answer)
    {
        if (_thoughtEnd is not { } end) return first;
        var at = Array.LastIndexOf(answer, end);
        return at < 0 ? (_thoughtStart is { } start && answer.Contains(start) ? first + answer.Length : first) : first + at + 1;
    }
}
