using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>A row of a user's file that is right in itself.</summary>
/// <param name="At">File and line.</param>
/// <param name="Id">Its id, given or made.</param>
/// <param name="Frame">Its frame.</param>
/// <param name="Group">The key that twins share, or null.</param>
/// <param name="Question">The question.</param>
/// <param name="Answer">The right answer's text; null where none is given.</param>
/// <param name="Choices">The choices, or null.</param>
/// <param name="Right">Index of the right choice; −1 without choices.</param>
internal sealed record Row(string At, string Id, Frame Frame, string? Group, string Question, string? Answer, string[]? Choices, int Right);

/// <summary>Finds what stands twice in a file, and numbers the cores.</summary>
internal sealed class RowPlaces
{
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal), _questions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Core, string? Answer, string At)> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _cores = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Adds a row, or tells why not.</summary>
    public bool Add(Row row, ProblemList problems)
    {
        var count = new ProblemCount(problems);
        if (!_ids.TryAdd(row.Id, row.At)) count.Add($"{row.At}: the id {ProblemList.Quote(row.Id)} stands in {_ids[row.Id]} already; ids are unique.");
        var question = row.Choices is null ? row.Question : $"{row.Question}\0{string.Join('\0', row.Choices)}";
        if (!_questions.TryAdd(question, row.At)) count.Add(
            $"{row.At}: the question {ProblemList.Quote(row.Question)} stands in {_questions[question]} already; each stands once.");
        if (row.Group is null) _cores.TryAdd(row.Id, _count++);
        else if (!_groups.TryGetValue(row.Group, out var group)) _groups.Add(row.Group, (_cores[row.Id] = _count++, row.Answer, row.At));
        else
        {
            _cores.TryAdd(row.Id, group.Core);
            if (row.Answer is not null && group.Answer is not null && row.Answer != group.Answer) count.Add(
                $"{row.At}: the answer {ProblemList.Quote(row.Answer)} is not that of {group.At}, which is in the same group {ProblemList.Quote(row.Group)}; " +
                    "twins have one answer.");
        }

        return count.None;
    }

    /// <summary>The number of a row's core: rows of one group share it.</summary>
    public int CoreOf(Row row) => _cores[row.Id];
}
