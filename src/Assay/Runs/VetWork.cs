using Assay.Checkpoints;
using Assay.Evaluation;
using Assay.Evaluation.Behaviour;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Scoring;
using Assay.Evaluation.Vetting;
using Assay.Evaluation.Yardsticks;
using Assay.Models;

namespace Assay.Runs;

/// <summary>Carries out a plan unit by unit: an item's contexts, and its scores under each subject. A unit's result is the same wherever and whenever it is
/// computed, so that runs can be interrupted and go on.</summary>
/// <param name="baseModel">The base.</param>
/// <param name="candidate">The candidate.</param>
/// <param name="plan">What is measured.</param>
/// <param name="needs">The sets that have to be scored, in the order in which they are.</param>
/// <param name="store">Where contexts and scores are kept.</param>
/// <param name="journal">Names what is finished; null to keep no journal.</param>
/// <param name="shard">Which part is computed; null for all of it.</param>
/// <param name="cache">Scores of yardsticks that other runs left; null for none.</param>
/// <param name="panels">The items of the plan's panels; null to draw them.</param>
public sealed class VetWork(LanguageModel baseModel, LanguageModel candidate, VetPlan plan, IReadOnlyList<SetNeed> needs, ScoreStore store,
    RunJournal? journal = null, RunShard? shard = null,
    YardstickCache? cache = null, Panels? panels = null)
{
    // So many items make the first group, which shows early that both models can be run.
    private const int First = 4;

    private readonly Panels _panels = panels ?? new(plan);
    private VetPlan _plan = plan;

    /// <summary>Whether the reasoning cores are not drawn yet: the base has to answer the pilot first.</summary>
    private bool AwaitsPilot => _panels is { Pilot: not null, Choice: null };

    /// <summary>Declares the sets, and takes up what an earlier run of the same plan has left.</summary>
    /// <returns>Units that are finished already.</returns>
    /// <exception cref="InvalidInputException">The journal names a block that the store does not hold, or holds otherwise.</exception>
    public int Restore()
    {
        if (AwaitsPilot)
        {
            Declare(Sources().Where(IsPilot));
            var pilot = Keys(Sources().Where(IsPilot)).ToList();
            // What is chosen rests on these replies: they are checked before they are read.
            if (journal is null ? pilot.TrueForAll(store.Contains) : Intact(pilot, journal) == pilot.Count) Choose();
        }

        // What an earlier run left goes no further than the pilot where the pilot is not finished.
        if (!AwaitsPilot) Declare(Sources());
        var keys = Keys(AwaitsPilot ? Sources().Where(IsPilot) : Sources()).ToList();
        if (journal is null) return 0;
        // A block that no entry of the journal names was written by a run that was killed before it could say so.
        store.Arrange(keys.Where(k => journal.TryFind(k, out _)).OrderBy(k => store.Position(k)));
        return Intact(keys, journal);
    }

    /// <summary>How many of these units the journal names, each with the block that it names.</summary>
    private int Intact(IEnumerable<string> keys, RunJournal named)
    {
        var count = 0;
        foreach (var key in keys)
        {
            if (!named.TryFind(key, out var entry)) continue;
            if (!store.Contains(key) || JournalEntry.Hash(entry) != store.Describe(key).Hash)
                throw new InvalidInputException(
                    $"scores.bin: the block '{key}' is not the one that the journal names. The file was damaged; start anew with --fresh.");
            count++;
        }

        return count;
    }

    /// <summary>Computes what is not there yet.</summary>
    /// <param name="together">Items that are computed together; no result depends on it.</param>
    /// <param name="progress">Told of each group of items when its contexts are written, and when it is kept.</param>
    /// <param name="cancellation">Honoured within a layer; what is finished is in the journal.</param>
    public void Run(int together, IProgress<VetProgress>? progress, CancellationToken cancellation)
    {
        var count = new Counted(needs.Sum(Count), progress);
        // Contexts first, with the candidate's scores; then one subject after another, since each keeps weights of its own.
        var scorer = new PairScorer(baseModel, candidate);
        // Not where weights are read from the disk in every pass.
        var first = together <= VetCost.Few ? First : 0;
        var asked = AwaitsPilot;
        if (asked)
        {
            foreach (var source in Sources().Where(IsPilot)) Source(source);
            Choose(cancellation);
            Declare(Sources());
        }

        foreach (var source in Sources().Where(s => !(asked && IsPilot(s)))) Source(source);
        foreach (var subject in needs.Where(n => n.Set.Subject != ContextSet.Candidate).GroupBy(n => n.Set.Subject, StringComparer.Ordinal)) Yardstick(subject);

        void Source(IGrouping<string, SetNeed> source)
        {
            var mine = source.Where(n => n.Set.Subject == ContextSet.Candidate).ToList();
            // Ids that the candidate's own tokenizer makes of reference text are its alone: the base may not even have them.
            // M10's reader is the base by itself.
            var pair = source.First().Set switch
            {
                { Own: true, Policy: Policy.Reference } => new PairScorer(candidate, candidate),
                { Policy: Policy.Reading } => new PairScorer(baseModel, baseModel),
                _ => scorer,
            };
            var items = Mine(source.First().Set.Panel, Items(source));
            // How long a reply may be is known once the pilot has been asked.
            using var rounded = source.First().Set.Policy == Policy.Floor ? YardstickCatalogue.Floor.Open(baseModel) : null;
            var writer = new ContextWriter(baseModel, rounded ?? candidate, _plan, store);
            foreach (var group in items.Take(first).Chunk(Math.Max(1, first)).Concat(items.Skip(first).Chunk(together)))
                Group(writer, pair, source.First().Set, mine, group, count, cancellation);
            first = 0;
        }

        void Yardstick(IGrouping<string, SetNeed> subject)
        {
            foreach (var need in subject) Take(need);
            if (subject.All(n => Mine(n.Set.Panel, Items(n)).All(i => store.Contains(ScoreStore.ScoreKey(n.Set, i.Item)))))
            {
                foreach (var need in subject) count.Add(Mine(need.Set.Panel, Items(need)).Count, Mine(need.Set.Panel, Items(need)).Count);
                return;
            }

            var yardstick = YardstickCatalogue.Find(subject.Key, unchecked((long)_plan.Seed))
                ?? throw new InvalidInputException($"There is no yardstick '{subject.Key}'.");
            using var changed = yardstick.Open(baseModel);
            var pair = new PairScorer(baseModel, changed);
            var writer = new ContextWriter(baseModel, candidate, _plan, store);
            foreach (var need in subject)
                foreach (var group in Mine(need.Set.Panel, Items(need)).Chunk(together)) Group(writer, pair, need.Set, [need], group, count, cancellation);
        }
    }

    /// <summary>Brings store and journal into the order of the plan: an interrupted run ends with the same bytes as one that was not.</summary>
    public void Finish()
    {
        var keys = Keys(Sources()).ToList();
        store.Arrange(keys);
        journal?.Sort(keys);
    }

    private static bool IsPilot(IGrouping<string, SetNeed> source) => source.First().Set.Panel == VetDesign.Pilot;

    private void Declare(IEnumerable<IGrouping<string, SetNeed>> sources)
    {
        foreach (var source in sources) store.Declare(source.First().Set, Items(source).Select(i => i.Item));
    }

    /// <summary>Reads the base's replies to the pilot, and draws the reasoning cores by them.</summary>
    private void Choose(CancellationToken cancellation = default)
    {
        var set = needs.First(n => n.Set.Panel == VetDesign.Pilot).Set;
        var replies = new ReplyReader(store, _panels, baseModel.RequireTokenizer(), ThoughtMarks.Of(baseModel)).Replies(set);
        _panels.Choose(_panels.Pilot!.Choose([.. replies.Select(r => (r.Reply, Tokens(store.Contexts(set, r.Item.Item).Contexts[0])))]));
        // A question may be longer than any of the pilot's.
        PanelItem[] items = [.. VetDesign.CorePanels.Concat(_plan.Design.QuestionPanels).SelectMany(_panels.Items)];
        var longest = PromptTemplates.Lengths(baseModel, _plan.Design.CoreTemplates, items, _plan.Chat, cancellation).Max();
        if (_plan.Design.OwnReplies)
            longest = Math.Max(longest, PromptTemplates.Lengths(candidate, _plan.Design.CoreTemplates, items, _plan.Chat, cancellation).Max());
        _plan = _plan with { MaxReplyTokens = Math.Clamp(_plan.Positions - _plan.MaxThoughtTokens - longest, 1, _panels.Choice!.ReplyTokens) };

        static int Tokens(Context reply) => reply.Ids.Length - reply.AnswerFrom;
    }

    private int Count(SetNeed need) => AwaitsPilot && VetDesign.CorePanels.Contains(need.Set.Panel) ? Math.Min(need.Items ?? int.MaxValue, _plan.Design.Cores)
        : Mine(need.Set.Panel, Items(need)).Count;

    private static string Stage(ContextSet set)
    {
        var contexts = set.IsChoices ? $"choices, {set.Panel}" : set.Policy == Policy.Reference ? "reference text"
            : set.Policy == Policy.Reading ? $"reader's questions, {set.Panel}"
            : $"{set.Policy switch { Policy.Base => "base's", Policy.Candidate => "candidate's", _ => "rounded base's" }} " +
                $"{(set.Temperature == 0 ? "answers" : "samples")}, {set.Panel}";
        if (ContextSet.PrefixOf(set.Template) is not null) contexts += ", behind the prefix";
        if (set.Own) contexts += ", own packaging";
        return set.Subject == ContextSet.Candidate ? contexts : $"{set.Subject}, {contexts}";
    }

    private void Group(ContextWriter writer, PairScorer scorer, ContextSet set, List<SetNeed> wanted, PanelItem[] group, Counted count, CancellationToken cancellation)
    {
        var blocks = new List<(string Key, byte[] Payload)>();
        var open = group.Where(i => !store.Contains(ScoreStore.ContextKey(set, i.Item))).ToList();
        var written = open.Count == 0 ? [] : writer.Write(set, open, cancellation).ToDictionary(c => c.Item, StringComparer.Ordinal);
        foreach (var item in written.Values)
        {
            blocks.Add((ScoreStore.ContextKey(set, item.Item), ScoreStore.Encode(item)));
            if (set.IsWritten) count.Tokens += item.Contexts.Sum(c => (long)c.Ids.Length);
        }

        if (open.Count > 0) count.Report("writing " + Stage(set with { Subject = ContextSet.Candidate }));

        foreach (var need in wanted)
        {
            var unscored = group.Where(i => !store.Contains(ScoreStore.ScoreKey(need.Set, i.Item)))
                .Select(i => written.GetValueOrDefault(i.Item) ?? store.Contexts(set, i.Item)).ToList();
            var scores = need.Columns != ScoreColumns.None ? Score(scorer, need, unscored, count, cancellation)
                : [.. unscored.Select(i => (ScoreStore.ScoreKey(need.Set, i.Item),
                    ScoreStore.Encode([.. i.Contexts.Select(_ => Array.Empty<TokenScore>())], ScoreColumns.None)))];
            blocks.AddRange(scores);
            if (need.Set.Subject != ContextSet.Candidate)
                foreach (var (item, (_, payload)) in unscored.Zip(scores)) cache?.Add(need, ScoreStore.Encode(item), payload);
            count.Add(group.Length, group.Length - unscored.Count);
        }

        if (blocks.Count > 0) Keep(blocks);
        count.Report("scoring " + Stage(wanted.Count == 1 ? wanted[0].Set : set));
    }

    /// <summary>Takes a yardstick's scores from the cache, as far as they are there.</summary>
    private void Take(SetNeed need)
    {
        if (cache is null) return;
        var found = new List<(string, byte[])>();
        foreach (var item in Mine(need.Set.Panel, Items(need)))
        {
            var key = ScoreStore.ScoreKey(need.Set, item.Item);
            if (!store.Contains(key) && cache.Find(need, store.Payload(ScoreStore.ContextKey(need.Set, item.Item))) is { } scores) found.Add((key, scores));
        }

        if (found.Count > 0) Keep(found);
    }

    private IEnumerable<IGrouping<string, SetNeed>> Sources() => needs.GroupBy(n => n.Set.Source, StringComparer.Ordinal);

    private IReadOnlyList<PanelItem> Items(SetNeed need) => need.Items is { } most ? _panels.Some(need.Set.Panel, most) : _panels.Items(need.Set.Panel);

    /// <summary>The items of this part; yardsticks need the contexts that the same part wrote.</summary>
    private IReadOnlyList<PanelItem> Mine(string panel, IReadOnlyList<PanelItem> items)
    {
        // Every part needs what the pilot chooses.
        if (shard is not { } part || panel == VetDesign.Pilot) return items;
        // By the place in the whole panel, whatever of it is wanted: a yardstick's contexts are then the part's own.
        var mine = _panels.Items(panel).Where((_, place) => part.Holds(place)).ToHashSet();
        return [.. items.Where(mine.Contains)];
    }

    /// <summary>Items whose contexts are needed at all.</summary>
    private IReadOnlyList<PanelItem> Items(IEnumerable<SetNeed> source) => source.Select(Items).MaxBy(i => i.Count)!;

    private IEnumerable<string> Keys(IEnumerable<IGrouping<string, SetNeed>> sources)
    {
        foreach (var source in sources)
        {
            foreach (var item in Items(source)) yield return ScoreStore.ContextKey(source.First().Set, item.Item);
            foreach (var need in source)
                foreach (var item in Items(need)) yield return ScoreStore.ScoreKey(need.Set, item.Item);
        }
    }

    private static List<(string, byte[])> Score(PairScorer scorer, SetNeed need, List<ContextItem> items, Counted count, CancellationToken cancellation)
    {
        var texts = items.SelectMany(i => i.Contexts).Select(c => new ScoredText([.. c.Ids], c.FirstScored)).ToList();
        if (texts.Count == 0 && items.Count == 0) return [];
        var theirs = need.Set.Own && need.Set.Policy == Policy.Base
            ? [.. items.SelectMany(i => i.Contexts).Select(c => new ScoredText([.. c.OwnPrompt, .. c.Ids[c.FirstScored..]], c.OwnPrompt.Length))] : texts;
        var scores = scorer.Score(texts, theirs, need.Temperatures ? TemperatureGrid.Nodes : default, out var fits, null, cancellation);
        var blocks = new List<(string, byte[])>();
        var at = 0;
        foreach (var item in items)
        {
            var (from, contexts) = (at, item.Contexts.Length);
            blocks.Add((ScoreStore.ScoreKey(need.Set, item.Item), ScoreStore.Encode([.. scores.Skip(from).Take(contexts)], need.Columns, need.Temperatures ? fits[from..(from + contexts)] : null)));
            count.Tokens += 2 * item.Contexts.Sum(c => (long)c.Ids.Length);
            at += contexts;
        }

        return blocks;
    }

    private void Keep(List<(string Key, byte[] Payload)> blocks)
    {
        var kept = store.Add(blocks);
        journal?.Add([.. kept.Select(b => (b.Key, (Action<System.Text.Json.Utf8JsonWriter>)(json => JournalEntry.Write(json, b))))]);
    }

    private sealed class Counted(int total, IProgress<VetProgress>? progress)
    {
        private int _done, _restored;

        public long Tokens { get; set; }

        public void Add(int done, int restored) => (_done, _restored) = (_done + done, _restored + restored);

        public void Report(string stage) => progress?.Report(new VetProgress(stage, _done, total, _restored, Tokens));
    }
}
