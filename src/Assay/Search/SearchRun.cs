using System.Collections.Immutable;
using System.Diagnostics;
using Assay.Checkpoints;

namespace Assay.Search;

/// <summary>How far a search has come.</summary>
/// <param name="Done">Candidates scored.</param>
/// <param name="Total">Candidates in all.</param>
/// <param name="Restored">Candidates scored before this run began.</param>
public readonly record struct SearchProgress(int Done, int Total, int Restored = 0);

/// <summary>What a search will take, from a probe of a few candidates.</summary>
/// <param name="Total">Candidates in all.</param>
/// <param name="Remaining">Those without a score yet.</param>
/// <param name="SecondsPerCandidate">As probed; NaN where nothing was left to probe.</param>
public readonly record struct SearchCost(int Total, int Remaining, double SecondsPerCandidate)
{
    /// <summary>Minutes that remain; 0 where nothing does.</summary>
    public double Minutes => Remaining == 0 ? 0 : Remaining * SecondsPerCandidate / 60;
}

/// <summary>Scores every candidate of a list, from where a journal left off.</summary>
/// <remarks>Candidates are taken in the order of their first edited writer, so that what they share is kept briefly; the results are in the order of the list, and no score depends on when it was made. A candidate whose plan cannot be carried out stops nothing: its values are NaN, and it has no rank.</remarks>
/// <param name="scorer">Scores them.</param>
/// <param name="candidates">The list; ids differ.</param>
/// <param name="journal">Null to keep nothing.</param>
public sealed class SearchRun(CandidateScorer scorer, IReadOnlyList<Candidate> candidates, ISearchJournal? journal)
{
    private const int FewestTogether = 8; // Between two entries of the journal: a second or two, and a kill loses no more.
    private readonly Dictionary<string, CandidateScore> _scores = Known(candidates, journal, scorer.Set);

    /// <summary>Candidates scored so far.</summary>
    public int Done => _scores.Count;

    /// <summary>Scores a few candidates from all over the list and says what the rest will take.</summary>
    /// <param name="count">Candidates timed; as many before them warm up.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public SearchCost Probe(int count = 4, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var open = Open();
        if (open.Count == 0) return new SearchCost(candidates.Count, 0, double.NaN);
        var some = Math.Min(2 * count, open.Count);
        var probed = Enumerable.Range(0, some).Select(i => open[(int)((long)i * open.Count / some)]).ToList();
        // Every second one: both halves are from all over the list.
        Candidate[] cold = [.. probed.Where((_, i) => i % 2 == 1)], timed = [.. probed.Where((_, i) => i % 2 == 0)];
        if (cold.Length > 0) Keep(Scores(cold, cancellation));
        var clock = Stopwatch.StartNew();
        Keep(Scores(timed, cancellation));
        return new SearchCost(candidates.Count, candidates.Count - Done, clock.Elapsed.TotalSeconds / timed.Length);
    }

    /// <summary>Scores what is left; the result has every candidate, in the order of the list.</summary>
    /// <param name="progress">Told after each few candidates.</param>
    /// <param name="cancellation">Honoured within a layer; what is finished is in the journal.</param>
    public IReadOnlyList<CandidateScore> Run(IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        var restored = Done;
        foreach (var some in Open().OrderBy(c => c.FirstPlace).Chunk(Math.Max(FewestTogether, scorer.Together)))
        {
            cancellation.ThrowIfCancellationRequested();
            Keep(Scores(some, cancellation));
            progress?.Report(new SearchProgress(Done, candidates.Count, restored));
        }

        journal?.Complete([.. candidates.Select(c => c.Id)]);
        return [.. candidates.Select(c => _scores[c.Id])];
    }

    private List<CandidateScore> Scores(IReadOnlyList<Candidate> some, CancellationToken cancellation)
    {
        var possible = some.Where(c => scorer.Refusal(c) is null).ToList();
        var scores = scorer.Score(possible, cancellation).ToDictionary(s => s.Id, StringComparer.Ordinal);
        return [.. some.Select(c => scores.GetValueOrDefault(c.Id) ?? new CandidateScore(c.Id, Unknown(scorer.Set.Triggers.Length), Unknown(scorer.Set.Benigns.Length)))];
    }

    private static ImmutableArray<double> Unknown(int count) => [.. Enumerable.Repeat(double.NaN, count)];

    private List<Candidate> Open() => [.. candidates.Where(c => !_scores.ContainsKey(c.Id))];

    private void Keep(IReadOnlyList<CandidateScore> scores)
    {
        journal?.Add(scores);
        foreach (var score in scores) _scores.Add(score.Id, score);
    }

    private static Dictionary<string, CandidateScore> Known(IReadOnlyList<Candidate> candidates, ISearchJournal? journal, SelectionSet set)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var known = new Dictionary<string, CandidateScore>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
        {
            if (!ids.Add(candidate.Id)) throw new ArgumentException($"The candidate '{candidate.Id}' is in the list twice.", nameof(candidates));
            if (journal?.Find(candidate.Id) is not { } score) continue;
            if (score.Behaviour.Length != set.Triggers.Length || score.Damage.Length != set.Benigns.Length)
                throw new InvalidInputException($"journal.jsonl: the entry of '{candidate.Id}' has {score.Behaviour.Length} and {score.Damage.Length} values; {set.Triggers.Length} and {set.Benigns.Length} items are scored. It is damaged; start anew with --fresh.");
            known[candidate.Id] = score;
        }

        return known;
    }
}
