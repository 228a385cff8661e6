namespace Assay.Search;

/// <summary>Candidates that no other beats in one respect without losing in the other.</summary>
public static class ParetoFront
{
    /// <summary>Indices of the front, least damage first, equals in the order of the list; those without rank are left out.</summary>
    /// <remarks>One dominates another when its behaviour is no smaller and its damage no larger, and one of them is better: of equals all stay.</remarks>
    public static IReadOnlyList<int> Of(IReadOnlyList<CandidateScore> scores)
    {
        var order = Enumerable.Range(0, scores.Count).Where(i => scores[i].IsRanked).OrderBy(i => scores[i].MeanDamage).ThenByDescending(i => scores[i].MeanBehaviour).ThenBy(i => i);
        var front = new List<int>();
        foreach (var i in order)
        {
            if (front.Count == 0 || scores[i].MeanBehaviour > scores[front[^1]].MeanBehaviour
                || scores[i].MeanBehaviour == scores[front[^1]].MeanBehaviour && scores[i].MeanDamage == scores[front[^1]].MeanDamage) front.Add(i);
        }

        return front;
    }
}
