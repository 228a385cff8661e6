namespace Assay.Search;

/// <summary>Keeps finished scores, so that an interrupted search can go on.</summary>
public interface ISearchJournal
{
    /// <summary>A finished candidate's score, or null.</summary>
    CandidateScore? Find(string id);

    /// <summary>Keeps scores: on disk before this returns.</summary>
    void Add(IReadOnlyList<CandidateScore> scores);

    /// <summary>All are scored: puts the scores into the order of the list, whatever the order in which they were made.</summary>
    void Complete(IReadOnlyList<string> ids);
}
