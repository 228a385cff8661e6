using System.Diagnostics;

namespace Assay.Models.Kernels;

/// <summary>Where the time of forward passes goes, for the benchmark.</summary>
internal sealed class StageClock
{
    private readonly Dictionary<string, long> _ticks = [];
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Seconds by stage, in the order in which stages were first met.</summary>
    public IEnumerable<(string Stage, double Seconds)> Stages => _ticks.Select(t => (t.Key, Stopwatch.GetElapsedTime(0, t.Value).TotalSeconds));

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        _ticks.Clear();
        _last = Stopwatch.GetTimestamp();
    }

    /// <summary>What has passed since the last mark belonged to a stage.</summary>
    public void Mark(string stage)
    {
        var now = Stopwatch.GetTimestamp();
        _ticks[stage] = _ticks.GetValueOrDefault(stage) + now - _last;
        _last = now;
    }
}
