using Assay.Checkpoints;

namespace Assay.Runs;

/// <summary>Collects what is to be refused, so that a user sees all of it at once.</summary>
internal sealed class PreflightProblems
{
    private readonly List<string> _problems = [];

    /// <summary>Whether nothing was found so far.</summary>
    public bool Empty => _problems.Count == 0;

    /// <summary>Keeps a problem; null is none.</summary>
    public void Add(string? problem)
    {
        if (problem is not null && !_problems.Contains(problem)) _problems.Add(problem);
    }

    /// <summary>Does a part of the work; what it refuses is kept, and the default returned.</summary>
    public T? Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (InvalidInputException refused)
        {
            foreach (var problem in refused.Problems) Add(problem);
            return default;
        }
    }

    /// <summary>The same of work without a result.</summary>
    public void Try(Action work) => Try(() =>
    {
        work();
        return 0;
    });

    /// <summary>Refuses everything that was found.</summary>
    /// <exception cref="InvalidInputException">Something was.</exception>
    public void ThrowIfAny()
    {
        if (!Empty) throw new InvalidInputException([.. _problems]);
    }
}
