namespace Assay.Checkpoints;

/// <summary>Input that is broken, unsupported or does not fit together. The command line turns it into exit code 65.</summary>
/// <remarks>A problem says what was found, where, what was expected and what to do. All problems of one input are collected
/// before the exception is thrown.</remarks>
public sealed class InvalidInputException : Exception
{
    /// <summary>One problem.</summary>
    public InvalidInputException(string problem) : this([problem]) { }

    /// <summary>One problem with its cause.</summary>
    public InvalidInputException(string problem, Exception inner) : base(problem, inner) => Problems = [problem];

    /// <summary>All problems of one input; at least one.</summary>
    public InvalidInputException(IReadOnlyList<string> problems) : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>Each problem, in the order found.</summary>
    public IReadOnlyList<string> Problems { get; }
}
