using Assay.Evaluation.Diffing;
using Assay.Evaluation.Vetting;

namespace Assay.Runs;

/// <summary>Told how far a comparison is. What is not overridden is not shown.</summary>
public class VetWatcher
{
    /// <summary>A sentence for whoever waits.</summary>
    public virtual void Note(string text)
    {
    }

    /// <summary>Told once the first result is kept how long the run will take from then on.</summary>
    public virtual void Foretold(VetDuration duration)
    {
    }

    /// <summary>Runs the work that measures: called once for what the models do, once for statistics. It reports to what it is given.</summary>
    public virtual void Measuring(Action<IProgress<VetProgress>?> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        work(null);
    }

    /// <summary>Runs the comparison of the weights.</summary>
    public virtual CheckpointDifference Comparing(Func<IProgress<DiffProgress>?, CheckpointDifference> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work(null);
    }
}
