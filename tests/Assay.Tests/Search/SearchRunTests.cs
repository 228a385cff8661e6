using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;
using Assay.Search;

namespace Assay.Tests.Search;

/// <summary>Journal and resumption (mistake 44: a resumed run equals an uninterrupted one).</summary>
public sealed class SearchRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-search-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "journal.jsonl");

    public void Dispose() => Directory.Delete(_folder, true);

    private static ImmutableArray<Candidate> Many(Assay.Models.TransformerSpec spec) =>
        [.. Enumerable.Range(0, 4).SelectMany(i => SearchCases.Candidates(spec).Select(c => c with { Id = $"{i}/{c.Id}", Edits = [.. c.Edits.Select(e => e with { Places = [.. e.Places.Select(p => p with { Strength = p.Strength + i })] })] }))];

    private sealed class Watched(ISearchJournal inner, Action<CandidateScore>? before = null) : ISearchJournal
    {
        public List<string> Added { get; } = [];

        public CandidateScore? Find(string id) => inner.Find(id);

        public void Complete(IReadOnlyList<string> ids) => inner.Complete(ids);

        public void Add(IReadOnlyList<CandidateScore> scores)
        {
            foreach (var score in scores) before?.Invoke(score);
            Added.AddRange(scores.Select(s => s.Id));
            inner.Add(scores);
        }
    }

    [Fact]
    public void Mistake_44_a_resumed_run_equals_an_uninterrupted_one_and_does_nothing_twice()
    {
        using var model = SearchCases.Open("gemma2", memory: 1);
        using var scorer = new CandidateScorer(model, SearchCases.Items());
        var candidates = Many(model.Spec);
        var whole = new SearchRun(scorer, candidates, null).Run();
        Assert.Equal(candidates.Select(c => c.Id), whole.Select(s => s.Id));
        var key = SearchKey.Of("model", scorer.Set, "test", candidates);
        var done = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            using var journal = RunJournal.Open(Path, key);
            var watched = new Watched(new SearchJournal(journal));
            using var cancel = new CancellationTokenSource();
            // Cancelled at once, but for what was begun.
            var run = new SearchRun(scorer, candidates, watched);
            Assert.ThrowsAny<OperationCanceledException>(() => run.Run(new Stop(cancel), cancel.Token));
            Assert.NotEmpty(watched.Added);
            done.AddRange(watched.Added);
            // A crash in the middle of a line.
            if (round == 1)
            {
                journal.Dispose();
                var bytes = File.ReadAllBytes(Path);
                File.WriteAllBytes(Path, bytes[..^40]);
                done.RemoveAt(done.Count - 1);
            }
        }

        using var last = RunJournal.Open(Path, key);
        var end = new Watched(new SearchJournal(last));
        Assert.Equal(whole, new SearchRun(scorer, candidates, end).Run());
        done.AddRange(end.Added);
        Assert.Equal(candidates.Select(c => c.Id).Order(), done.Order());
        var again = new Watched(new SearchJournal(last));
        Assert.Equal(whole, new SearchRun(scorer, candidates, again).Run());
        Assert.Empty(again.Added);
        last.Dispose();
        // The journal of the run that was interrupted is the one of a run that was not, byte for byte, and in the order of the list.
        var resumed = File.ReadAllBytes(Path);
        using (var other = RunJournal.Open(Path + ".whole", key)) new SearchRun(scorer, candidates, new SearchJournal(other)).Run();
        Assert.Equal(File.ReadAllBytes(Path + ".whole"), resumed);
        Assert.Equal(candidates.Select(c => "candidate/" + c.Id), File.ReadLines(Path).Skip(1)
            .Select(l => System.Text.Json.JsonDocument.Parse(l).RootElement.GetProperty("key").GetString()));
    }

    private sealed class Stop(CancellationTokenSource cancel) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value) => cancel.Cancel();
    }

    [Fact]
    public void A_probe_is_part_of_the_run()
    {
        using var model = SearchCases.Open("llama");
        using var scorer = new CandidateScorer(model, SearchCases.Items());
        var candidates = Many(model.Spec);
        using var journal = RunJournal.Open(Path, "key");
        var watched = new Watched(new SearchJournal(journal));
        var run = new SearchRun(scorer, candidates, watched);
        var cost = run.Probe(3);
        Assert.Equal((32, 26, 6), (cost.Total, cost.Remaining, run.Done));
        Assert.Equal(cost.SecondsPerCandidate * 26 / 60, cost.Minutes, 1e-12);
        Assert.True(cost.SecondsPerCandidate > 0);
        var scores = run.Run();
        Assert.Equal(32, watched.Added.Distinct().Count());
        Assert.Equal(32, watched.Added.Count);
        Assert.Equal(new SearchRun(scorer, candidates, null).Run(), scores);
        Assert.Equal(0, run.Probe().Minutes);
    }

    [Fact]
    public void A_plan_that_cannot_be_carried_out_is_left_without_a_rank_and_stops_nothing()
    {
        using var model = SearchCases.Open("llama");
        using var scorer = new CandidateScorer(model, SearchCases.Items());
        var good = Many(model.Spec);
        var bad = new Candidate("bad", [new WeightEdit(SearchCases.Random(model.Spec.HiddenSize, 1), [new EditPlace(model.Spec.Layers.Length, ResidualWriter.Mlp, 1)])]);
        Assert.Contains("the model has layers", scorer.Refusal(bad), StringComparison.Ordinal);
        Assert.All(good, c => Assert.Null(scorer.Refusal(c)));
        Assert.Throws<InvalidInputException>(() => scorer.Score([bad]));
        using var journal = RunJournal.Open(Path, "key");
        var run = new SearchRun(scorer, [.. good[..3], bad, .. good[3..]], new SearchJournal(journal));
        var scores = run.Run();
        Assert.False(scores[3].IsRanked);
        Assert.Equal(new SearchRun(scorer, good, null).Run(), [.. scores.Take(3), .. scores.Skip(4)]);
        Assert.Equal([3], SearchChoice.Of(scores, 1).Unranked);
        // Nor is it tried again.
        Assert.Equal(good.Length + 1, new SearchRun(scorer, [.. good, bad], new SearchJournal(journal)).Done);
    }

    [Fact]
    public void Scores_come_back_from_the_journal_bit_for_bit_and_another_search_is_refused()
    {
        var score = new CandidateScore("a \"strange\" id", [double.NegativeInfinity, -0.0, 1.0 / 3, double.Epsilon], [double.NaN, double.PositiveInfinity, double.MaxValue]);
        using (var journal = RunJournal.Open(Path, "one")) new SearchJournal(journal).Add([score, score with { Id = "b" }]);
        using (var journal = RunJournal.Open(Path, "one"))
        {
            Assert.Equal(score, new SearchJournal(journal).Find(score.Id));
            Assert.Null(new SearchJournal(journal).Find("c"));
            Assert.Equal(score with { Id = "b" }, new SearchJournal(journal).Find("b"));
        }

        Assert.Contains("another plan", Assert.Throws<InvalidInputException>(() => RunJournal.Open(Path, "two")).Message, StringComparison.Ordinal);
        File.AppendAllText(Path, "{\"key\":\"candidate/c\",\"value\":{\"behaviour\":[1,\"two\"],\"damage\":[]}}\n");
        using var damaged = RunJournal.Open(Path, "one");
        Assert.Contains("candidate/c", Assert.Throws<InvalidInputException>(() => new SearchJournal(damaged).Find("c")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_changes_with_everything_that_a_score_depends_on()
    {
        using var model = SearchCases.Open("llama");
        var (set, candidates) = (SearchCases.Items(), SearchCases.Candidates(model.Spec));
        var key = SearchKey.Of("m", set, "s", candidates);
        Assert.Equal(key, SearchKey.Of("m", SearchCases.Items(), "s", SearchCases.Candidates(model.Spec)));
        var edit = candidates[1].Edits[0];
        string[] others =
        [
            SearchKey.Of("n", set, "s", candidates), SearchKey.Of("m", set, "t", candidates), SearchKey.Of("m", set, "s", [.. candidates.Reverse()]), SearchKey.Of("m", set, "s", candidates[1..]),
            SearchKey.Of("m", set with { Triggers = set.Triggers[1..] }, "s", candidates),
            SearchKey.Of("m", set with { Benigns = [set.Benigns[0] with { Ended = false }, .. set.Benigns[1..]] }, "s", candidates),
            SearchKey.Of("m", set with { Refusals = [set.Refusals[0] with { Weight = .4 }, .. set.Refusals[1..]] }, "s", candidates),
            SearchKey.Of("m", set, "s", [candidates[1] with { Edits = [edit with { Places = edit.Places[1..] }] }]),
            SearchKey.Of("m", set, "s", [candidates[1] with { Edits = [edit with { Direction = edit.Direction with { Vectors = [.. edit.Direction.Vectors.Select(v => -v)] } }] }]),
            SearchKey.Of("m", set, "s", [candidates[1]]),
        ];
        Assert.Equal(others.Length, others.Append(key).Distinct().Count() - 1);
    }
}
