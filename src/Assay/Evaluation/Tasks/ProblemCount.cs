using Assay.Checkpoints;

namespace Assay.Evaluation.Tasks;

/// <summary>A list of problems that also knows whether a part of the input has added any.</summary>
/// <param name="all">The whole input's problems.</param>
internal sealed class ProblemCount(ProblemList all)
{
    /// <summary>Whether this part has added none.</summary>
    public bool None { get; private set; } = true;

    /// <summary>Adds one problem.</summary>
    public void Add(string problem)
    {
        None = false;
        all.Add(problem);
    }
}
