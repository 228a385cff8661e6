namespace Assay.Checkpoints;

/// <summary>Input that is broken, unsupported or does not fit together. The command line turns it into exit code 65.</summary>
/// <remarks>A problem says what was found, where, what was expected and what to do. All problems of one input are collected
/// before the exception is thrown.</remarks>
public sealed class InvalidInputException : Exception
{
    /// <summary>A problem is cut to this many characters: a value from a file may stand in it, and may have any length.</summary>
    public const int LongestProblem = 2000;

    private const int MostProblems = 100;

    /// <summary>One problem.</summary>
    public InvalidInputException(string problem) : this([problem]) { }

    /// <summary>One problem with its cause.</summary>
    public InvalidInputException(string problem, Exception inner) : base(Shorten(problem), inner) => Problems = [Shorten(problem)];

    /// <summary>All problems of one input; at least one. The first 100 are kept.</summary>
    public InvalidInputException(IReadOnlyList<string> problems) : this([.. problems.Take(MostProblems).Select(Shorten)], problems.Count) { }

    private InvalidInputException(List<string> kept, int count) : base(string.Join(Environment.NewLine, kept))
    {
        if (count > kept.Count) kept.Add($"and {count - kept.Count} more problems.");
        Problems = kept;
    }

    /// <summary>Each problem, in the order found.</summary>
    public IReadOnlyList<string> Problems { get; }

    private static string Shorten(string problem)
    {
        if (problem.Length <= LongestProblem) return problem;
        // Its beginning says where and what, its end what to do.
        const int end = 200;
        var note = $"… ({problem.Length} characters) …";
        return string.Concat(problem.AsSpan(0, LongestProblem - end - note.Length), note, problem.AsSpan(problem.Length - end));
    }
}
