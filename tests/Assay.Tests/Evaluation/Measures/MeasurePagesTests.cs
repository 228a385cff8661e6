using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Statistics;
using Assay.Evaluation.Tasks;
using Assay.Runs;
using Assay.Tests.Golden;
using static Assay.Tests.Evaluation.Measures.Scores;

namespace Assay.Tests.Evaluation.Measures;

/// <summary>docs/reference/measures: what the catalogue says of a measure stands there word for word, and the ids listed are those that measures
/// give.</summary>
public sealed partial class MeasurePagesTests
{
    private static readonly string Folder = Path.Combine(GoldenFiles.Repository, "docs", "reference", "measures");

    /// <summary>What the capitals in the pages' ids stand for.</summary>
    private static readonly (string Word, string Pattern)[] Placeholders =
    [
        ("DIVERGENCE", @"(kld\.(benign|trigger)|reverse_kld\.(benign|trigger)\.r2)"), ("PANEL", "(benign|trigger)"), ("SET", "(benign|trigger|prose)"),
        ("WHO", "(base|candidate)"), ("FIRST", "(refused|unusable|wrong|right|answered)"), ("SECOND", "(refused|unusable|wrong|right|answered)"),
            ("TASKS", @"tasks(\.[a-z]+)?"), ("TRIGGERS", @"triggers(\.[a-z]+)?"),
            ("DOMAIN", "(all|letters|lists)"), ("PROSE", @"prose(-\d+)?"), ("CALIBRATION", @"calibration(-\d+)?"),
        ("FROM-TO", @"[0-9.]+-[0-9.]+"), ("Q", "[0-9.]+"), ("TEMPLATE", "(plain|polite|brief|system|example|paraphrase)"),
        ("YARDSTICK", @"(floor|(rounded|noise|random)-\d)"), ("PART", "(total|weights|packaging)"), ("FAMILY", "[a-z_]+"), ("LEVEL", @"\d"), ("TOKENS", @"\d+"),
            ("FRAME", "[a-z-]+"),
        ("QUESTIONS", @"(cores|tasks(_trigger)?|choices(_trigger)?(_by_length)?)(\.[a-z]+)?"),
    ];

    private static readonly VetDesign Design = new()
    {
        Windows = [512, 2048], Samples = 1, Templates = PromptTemplates.All, Yardsticks = ["floor", "rounded-8", "rounded-4", "noise-2", "random-1"],
        OwnPackaging = true, Cores = 200, PilotItems = 25, PublicItems = 30, Prefix = "Well,",
        QuestionPanels = [VetDesign.Tasks, VetDesign.TriggerTasks, VetDesign.OwnTriggers],
        ChoicePanels = [VetDesign.Choices, VetDesign.TriggerChoices],
    };

    public static IEnumerable<TheoryDataRow<string>> Pages => Directory.GetFiles(Folder, "*.md").Select(f => new TheoryDataRow<string>(Path.GetFileName(f)));

    [Fact]
    public void Every_measure_is_on_one_page() =>
        Assert.Equal(MeasureCatalogue.All.Select(m => m.Info.Id).Order(StringComparer.Ordinal),
            Pages.SelectMany(p => Blocks(p.Data)).Select(b => b.Id).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Pages))]
    public void What_the_catalogue_says_is_what_the_page_says(string page)
    {
        Assert.NotEmpty(Blocks(page));
        foreach (var (id, text) in Blocks(page))
        {
            var info = MeasureCatalogue.Find(id)?.Info;
            Assert.True(info is not null, $"{page}: there is no measure '{id}'.");
            var expected = Block(info);
            Assert.True(expected == text, $"{page}: what stands between the marks of {id} has to be\n{expected}");
        }
    }

    [Theory, MemberData(nameof(Pages))]
    public void The_ids_and_units_listed_are_those_that_the_measures_give(string page)
    {
        var listed = Row().Matches(Text(page)).Select(r => (Id: r.Groups["id"].Value, Unit: r.Groups["unit"].Value)).ToList();
        Assert.Equal(listed.Count, listed.Distinct().Count());
        var given = Blocks(page).SelectMany(b => Given([MeasureCatalogue.Find(b.Id)!])).Distinct().ToList();
        Assert.NotEmpty(given);
        foreach (var (id, unit) in given)
            Assert.True(listed.Count(l => Matches(l.Id, id) && l.Unit == unit) == 1, $"{page} has to list '{id}', {unit}, once.");
        foreach (var row in listed) Assert.True(given.Any(g => Matches(row.Id, g.Id)), $"{page}: no measure gives '{row.Id}'.");
    }

    [Fact]
    public void The_tiers_are_listed_as_they_are()
    {
        var page = File.ReadAllText(Path.Combine(Folder, "..", "measures.md"));
        foreach (var t in VetTier.All)
        {
            var windows = string.Join(", ", t.Windows.Select(w => w.ToString("N0", CultureInfo.InvariantCulture)));
            Assert.Contains(string.Create(CultureInfo.InvariantCulture,
                $"\n| {t.Name} | {t.Items:N0} | {t.Templates} | {t.MaxNewTokens} | {t.DocumentsPerDomain} | {t.Cores:N0} | {windows} | {t.Samples}")
                + $" | {(t.Sensitivity ? "yes" : "no")} | {string.Join(", ", t.Yardsticks)} |\n", page, StringComparison.Ordinal);
        }
    }

    private static string Text(string page) => File.ReadAllText(Path.Combine(Folder, page));

    private static List<(string Id, string Text)> Blocks(string page) =>
        [.. Marked().Matches(Text(page)).Select(m => (m.Groups["id"].Value, m.Groups["text"].Value))];

    private static string Block(MeasureInfo info) => $"""
        ## {info.Id}: {info.Title}

        | | |
        |---|---|
        | formula | {Cell(info.Formula)} |
        | unit | {Cell(info.Unit)} |
        | source | {Cell(info.Source)} |
        | cannot tell | {Cell(info.CannotTell)} |
        """;

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static bool Matches(string listed, string id)
    {
        var pattern = Regex.Escape(listed);
        foreach (var (word, stands) in Placeholders) pattern = Regex.Replace(pattern, $@"(?<![A-Za-z]){word}(?![A-Za-z])", stands);
        return Regex.IsMatch(id, $"^{pattern}$");
    }

    /// <summary>Whatever measures can give: of finite scores, and of some with infinite divergences.</summary>
    private static IEnumerable<(string Id, string Unit)> Given(IReadOnlyList<IMeasure> measures) =>
        new[] { false, true }.SelectMany(infinite => Of(measures, infinite).All).Select(m => (m.Id, m.Unit));

    private static MeasurementSet Of(IReadOnlyList<IMeasure> measures, bool infinite)
    {
        using var store = ScoreStore.Temporary();
        // What they say that they need, and no more.
        foreach (var need in MeasureCatalogue.Union(measures, Design)) Put(store, need, infinite);
        return MeasureCatalogue.Compute(measures, new MeasureInput(store, new Statistician(1), Design) {
            Replies = Replies, Items = Items, Choice = Choice,
            Answers = set => [.. Replies(set).Select(r => (r.Item with { Paraphrase = "?!", Answer = new ExpectedAnswer("3") },
                new JudgedReply("?", "Ada has 3.", 4, r.Reply)))],
        });
    }

    private static IReadOnlyList<PanelItem> Items(string panel) => [.. Enumerable.Range(0, 30).Select(i => new PanelItem($"{i}", "letters", i, "?")
    {
        Choice = new ChoiceItem($"{i}", VetDesign.FrameOf(panel), "letters", i, [new("Q:", " a"), new("Q:", " b")], i % 2),
    })];

    private static CoreChoice Choice { get; } = new([new ChosenFamily("add", [2])], TaskFrame.Cue, 150, true)
    {
        Cells = [new PilotCell("add", 0, 8, 8), new PilotCell("add", 2, 8, 7)],
            Frames = [new PilotFrame(TaskFrame.Cue, 32, 32), new PilotFrame(TaskFrame.PolicyInside, 32, 3)],
    };

    /// <summary>Replies of every kind; in the trigger frame the base mostly declines.</summary>
    private static IReadOnlyList<(PanelItem Item, ReplyJudgement Reply)> Replies(ContextSet set) => [.. Enumerable.Range(0, Design.Cores).Select(i =>
    {
        var declines = VetDesign.FrameOf(set.Panel) == Frame.Trigger && set.Policy == Policy.Base && ContextSet.PrefixOf(set.Template) is null && i % 4 != 0;
        var outcome = declines ? ReplyOutcome.Refused : (i + (int)set.Policy) % 11 == 0 ? ReplyOutcome.Unusable : (i + (int)set.Policy) % 7 == 0
            ? ReplyOutcome.Wrong : ReplyOutcome.Right;
        return (new PanelItem($"{i}", "add", i, "?") { Answer = new ExpectedAnswer("3") }, new ReplyJudgement(outcome, null, RefusalRule.None, null));
    })];

    private static void Put(ScoreStore store, SetNeed need, bool infinite)
    {
        const int items = 30, tokens = 20;
        var random = new System.Random(need.Set.Key.Length);
        var blocks = new List<(string, byte[])>();
        store.Declare(need.Set, Enumerable.Range(0, items).Select(i => $"{i}"));
        for (var i = 0; i < items; i++)
        {
            var reference = need.Set.Policy == Policy.Reference;
            var contexts = Enumerable.Range(0, need.Set.Policy == Policy.Reading ? ReaderQuestions.PerItem
                : need.Set.Panel == VetDesign.Sensitivity || need.Set.IsChoices ? 2 : 1)
                .Select(k => new Context(k, [.. Enumerable.Repeat(7, tokens + 1)], 1, i % 3 == 0 ? 5 : 1, Stopped: i % 2 == 0)).ToImmutableArray();
            var item = new ContextItem($"{i}", reference ? i % 2 == 0 ? "letters" : "lists" : "add", i, reference ? 100 : 0, contexts);
            if (!store.Contains(ScoreStore.ContextKey(need.Set, item.Item))) blocks.Add((ScoreStore.ContextKey(need.Set, item.Item), ScoreStore.Encode(item)));
            var scores = contexts.Select(_ => Enumerable.Range(0, need.Columns == ScoreColumns.None ? 0 : tokens)
                .Select(k => Scored(infinite && i == 0 && k == 0 ? double.PositiveInfinity
                    : (need.Set.Subject == "floor" ? .001 : 1) * (.1 + random.NextDouble()))).ToArray()).ToArray();
            var fits = need.Temperatures ? contexts.Select(_ => Enumerable.Range(0, TemperatureGrid.Nodes.Count).Select(k => 1 + Math.Pow(TemperatureGrid.Nodes[k] - 1, 2)).ToArray())
                .ToArray() : null;
            blocks.Add((ScoreStore.ScoreKey(need.Set, item.Item), ScoreStore.Encode(scores, need.Columns, fits)));
        }

        store.Add(blocks);

        static TokenScore Scored(double kl) => Token(kl) with { ReverseKl = kl };
    }

    [GeneratedRegex(@"^<!-- measure (?<id>\S+) -->\n(?<text>.*?)\n\n<!-- end -->$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Marked();

    [GeneratedRegex(@"^\| `(?<id>[^`]+)` \| (?<unit>[^|\n]+) \| [^|\n]+ \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
