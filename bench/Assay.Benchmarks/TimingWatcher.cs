using System.Diagnostics;
using Assay.Evaluation.Diffing;
using Assay.Evaluation.Vetting;
using Assay.Runs;

namespace Assay.Benchmarks;

/// <summary>Notes when a comparison tells what: the time up to a report belongs to the stage that it names.</summary>
/// <param name="started">When the process was started, UTC.</param>
internal sealed class TimingWatcher(DateTime started) : VetWatcher, IProgress<VetProgress>
{
    private readonly OrderedDictionary<string, double> _stages = new(StringComparer.Ordinal);
    private readonly double _before = (DateTime.UtcNow - started).TotalSeconds;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private double _last, _first, _foretoldAt;
    private VetDuration? _foretold;
    private long _tokens;

    public override void Note(string text) => Mark(text.StartsWith("Hashing", StringComparison.Ordinal) ? "opening both models"
        : text.StartsWith("Comparing", StringComparison.Ordinal) ? "hashing, prompts, plan" : "preparing the run");

    public override CheckpointDifference Comparing(Func<IProgress<DiffProgress>?, CheckpointDifference> work)
    {
        var result = work(null);
        Mark("comparing the weights");
        return result;
    }

    public override void Foretold(VetDuration duration)
    {
        Mark("foretelling the time");
        (_foretold, _foretoldAt) = (duration, _last);
    }

    public override void Measuring(Action<IProgress<VetProgress>?> work)
    {
        Mark("preparing the run");
        work(this);
    }

    public void Report(VetProgress value)
    {
        Mark(value.Stage);
        if (value.Done > 0 && _first == 0) _first = _before + _last;
        _tokens = Math.Max(_tokens, value.Tokens);
    }

    /// <summary>The stages; the time since the last report is that of the report and the files.</summary>
    public VetTimes Finish()
    {
        Mark("report and files");
        return new VetTimes(_first, _tokens, [new StageTime("starting the process", _before), .. _stages.Select(s => new StageTime(s.Key, s.Value))])
        {
            Foretold = _foretold, AfterForetold = _last - _foretoldAt,
        };
    }

    private void Mark(string stage)
    {
        var now = _watch.Elapsed.TotalSeconds;
        _stages[stage] = _stages.GetValueOrDefault(stage) + now - _last;
        _last = now;
    }
}
