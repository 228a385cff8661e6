namespace Assay.Benchmarks.Peers;

/// <summary>Rounds in which every contestant works once, one after another, so that a busy minute of the machine meets all of them.</summary>
/// <param name="Unmeasured">Rounds before the measured ones.</param>
/// <param name="Measured">Rounds that count.</param>
internal sealed record Contest(int Unmeasured, int Measured)
{
    // Both OpenBLAS and OpenMP keep their threads busy for some 25 ms after the work; the next contestant must not pay for it.
    private const int PauseMilliseconds = 100;

    /// <summary>Runs all rounds. A contestant that fails is left out of what follows and named with its reason.</summary>
    public IReadOnlyList<ContestResult> Run(IReadOnlyList<Contestant> contestants)
    {
        var rates = contestants.Select(_ => new List<double>()).ToArray();
        var failures = new string?[contestants.Count];
        for (var round = -Unmeasured; round < Measured; round++)
        {
            for (var i = 0; i < contestants.Count; i++)
            {
                if (failures[i] is not null || (round < 0 && contestants[i].WarmsItself)) continue;
                Thread.Sleep(PauseMilliseconds);
                try
                {
                    var rate = contestants[i].Measure();
                    if (round >= 0) rates[i].Add(rate);
                }
                catch (Exception failure)
                {
                    failures[i] = failure.Message;
                }
            }
        }

        foreach (var list in rates) list.Sort();
        return contestants.Select((c, i) => new ContestResult(c.Name, failures[i] is null ? rates[i] : [], failures[i])).ToList();
    }
}
