using Assay.Checkpoints;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Tasks;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Runs;
using Assay.Tests.Golden;

namespace Assay.Tests.Evaluation.Contexts;

/// <summary>Choices as lm-evaluation-harness reads them, and their scores against each model alone.</summary>
public sealed class ChoiceTests
{
    private static LanguageModel Open(string kind, string stage) => LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", kind, stage));

    private static ChoiceItem Item(params ChoiceOption[] options) => new("q/1", Frame.Benign, "q", 0, [.. options], 0);

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("gpt2")]
    public void What_is_scored_are_the_ids_behind_those_of_the_context_alone(string kind)
    {
        using var model = Open(kind, "aligned");
        var tokenizer = model.RequireTokenizer();
        int[] bos = tokenizer.BosAdded is { } id ? [id] : [];
        // White space at the end of the context is a part of the continuation.
        foreach (var (context, continuation, before) in new[] { ("Question: 2 + 2?\nAnswer:", " 4 apples", "Question: 2 + 2?\nAnswer:"),
            ("Ada has  ", "cups", "Ada has") })
        {
            var found = Assert.Single(ChoiceTexts.Of(tokenizer, Item(new ChoiceOption(context, continuation))));
            int[] whole = [.. bos, .. tokenizer.Encode(context + continuation, addSpecialTokens: false)];
            Assert.Equal(whole, found.Ids);
            Assert.Equal(bos.Length + tokenizer.Encode(before, addSpecialTokens: false).Length, found.FirstScored);
            Assert.Equal((context + continuation)[before.Length..].Trim(),
                tokenizer.Decode([.. found.Ids[found.FirstScored..]], skipSpecialTokens: true).Trim());
        }
    }

    [Fact]
    public void A_choice_without_a_token_of_its_own_is_refused_by_name()
    {
        using var model = Open("llama", "aligned");
        var refused = Assert.Throws<InvalidInputException>(() => ChoiceTexts.Of(model.RequireTokenizer(), Item(new("Question:", " a"), new("Question:", ""))));
        Assert.Contains("q/1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("choice 1", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arc", "arc_easy")]
    [InlineData("piqa", "piqa")]
    [InlineData("winogrande", "winogrande")]
    public void Both_models_score_every_choice_as_each_does_alone(string kind, string file)
    {
        using var baseModel = Open("llama", "aligned");
        using var candidate = Open("llama", "before");
        var sets = TaskSets.Read([$"{kind}:{GoldenFiles.RequireInterop($"corpora/choice/{file}.jsonl")}"], 4);
        var plan = new VetPlan
        {
            Base = ModelIdentity.Of(baseModel), Candidate = ModelIdentity.Of(candidate), Seed = 3, SeedSource = "a test", Tasks = sets,
            Design = new VetDesign { ChoicePanels = [VetDesign.Choices], Windows = [], Panels = [] }, Measures = [], Domains = [], ChatTemplate = true,
            Clock = VetRequest.DefaultClock,
        };
        using var store = ScoreStore.Temporary();
        var work = new VetWork(baseModel, candidate, plan, MeasureCatalogue.Union([new TaskMeasure()], plan.Design), store);
        work.Restore();
        work.Run(3, null, TestContext.Current.CancellationToken);
        var scores = store.Scores(VetDesign.Scored(VetDesign.Choices));
        Assert.Equal(sets[0].Choices.Select(c => $"{file}/{c.Id}"), scores.Items.Select(i => i.Item));
        var (p, q) = (scores.ByContext(ScoreColumns.LogP), scores.ByContext(ScoreColumns.LogQ));
        foreach (var (item, i) in sets[0].Choices.Select((c, i) => (c, i)))
        {
            Assert.Equal(item.Options.Length, p[i].Length);
            for (var k = 0; k < item.Options.Length; k++)
            {
                Assert.Equal(Alone(baseModel, baseModel, item.Options[k]), p[i][k].Sum(), 1e-3);
                Assert.Equal(Alone(candidate, baseModel, item.Options[k]), q[i][k].Sum(), 1e-3);
            }
        }

        var found = MeasureCatalogue.Compute([new TaskMeasure()], new MeasureInput(store, new(1), plan.Design) { Items = new Panels(plan).Items });
        var right = sets[0].Choices.Count(c => c.Options.Select(o => Alone(baseModel, baseModel, o)).ToArray() is var all && all.IndexOf(all.Max()) == c.Right);
        Assert.Equal(right / 4.0, found.Estimate("accuracy.choices.base")!.Value.Value);
    }

    /// <summary>Log-likelihood of a choice by one model, from its logits in double.</summary>
    private static double Alone(LanguageModel model, LanguageModel reader, ChoiceOption option)
    {
        var tokenizer = reader.RequireTokenizer();
        int[] bos = tokenizer.BosAdded is { } id ? [id] : [];
        int[] whole = [.. bos, .. tokenizer.Encode(option.Context + option.Continuation, addSpecialTokens: false)];
        var first = bos.Length + tokenizer.Encode(option.Context.TrimEnd(), addSpecialTokens: false).Length;
        var logits = model.Logits(whole);
        return Enumerable.Range(first, whole.Length - first).Sum(at =>
        {
            var row = logits.Skip((at - 1) * model.Spec.VocabularySize).Take(reader.ValidVocabulary).Select(v => (double)v).ToArray();
            var most = row.Max();
            return row[whole[at]] - most - Math.Log(row.Sum(v => Math.Exp(v - most)));
        });
    }
}
