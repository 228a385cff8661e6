namespace Assay.Search;

/// <summary>Keeps finished scores, so that an interrupted search can go on.</summary>
public interface ISearchJournal
{
    /// <summary>A finished candidate's score, or null.</summary>
    CandidateScore? Find(string id);

    /// <summary>Keeps scores: on disk before this returns.</summary>
    void Add(IReadOnlyList<CandidateScore> scores);
}
