using Assay.Evaluation.Statistics;

namespace Assay.Evaluation.Behaviour;

/// <summary>What two models made of the same verifiable questions: who is right where.</summary>
/// <remarks>protocol.md, M8. The difference carries Tango's interval, with n and flips divided by the design effect of the cores. An exchange of the two models
/// negates difference and direction.</remarks>
public sealed class PairedAnswers
{
    private readonly Row[] _rows;

    /// <summary>Takes the rows.</summary>
    /// <param name="rows">Of each question its stratum, the number that twins share within it, and whether base and candidate are right.</param>
    /// <param name="problems">Of each question the number of what is computed, the same for questions that are wrong together; null where that is told by the
    /// number that twins share.</param>
    public PairedAnswers(IEnumerable<(string Stratum, int Core, bool Base, bool Candidate)> rows, IEnumerable<int>? problems = null)
        : this(problems is null ? rows.Select(r => new Row(r.Stratum, r.Core, null, r.Base, r.Candidate))
            : rows.Zip(problems, (r, problem) => new Row(r.Stratum, r.Core, problem, r.Base, r.Candidate)))
    {
    }

    private PairedAnswers(IEnumerable<Row> rows)
    {
        _rows = [.. rows];
        foreach (var (_, _, _, first, second) in _rows)
        {
            if (first && second) BothRight++;
            else if (first) BaseRight++;
            else if (second) CandidateRight++;
            else NeitherRight++;
        }
    }

    /// <summary>Questions.</summary>
    public int Count => _rows.Length;

    /// <summary>n11: both are right.</summary>
    public long BothRight { get; }

    /// <summary>n10: only the base is right.</summary>
    public long BaseRight { get; }

    /// <summary>n01: only the candidate is right.</summary>
    public long CandidateRight { get; }

    /// <summary>n00: both are wrong, or give no answer.</summary>
    public long NeitherRight { get; }

    /// <summary>Questions that only one of the two gets right.</summary>
    public long Flips => BaseRight + CandidateRight;

    /// <summary>(n10 − n01) / (n10 + n01), from −1 (the candidate only gains) to 1 (it only loses); 0 without flips.</summary>
    public double Direction => Flips == 0 ? 0 : (BaseRight - CandidateRight) / (double)Flips;

    /// <summary>The exact two-sided p value of the flips.</summary>
    public double McNemar => McNemarTest.Exact(BaseRight, CandidateRight);

    /// <summary>Δacc = (n01 − n10) / n.</summary>
    /// <param name="level">Coverage asked.</param>
    public Estimate Difference(double level = .95) => TangoInterval.Clustered([.. Cores().Select(core => PairedCounts.Of(
        [.. core.Select(r => r.Candidate)], [.. core.Select(r => r.Base)]))], level) with { N = CoreCount };

    /// <summary>Share that one of the models gets right.</summary>
    /// <param name="candidate">The candidate; otherwise the base.</param>
    /// <param name="level">Coverage asked.</param>
    public Estimate Accuracy(bool candidate, double level = .95) => WilsonInterval.Clustered([.. Cores().Select(core =>
        ((long)core.Count(r => candidate ? r.Candidate : r.Base), (long)core.Count()))], level) with { N = CoreCount };

    /// <summary>The questions of each stratum by themselves, in the order in which strata come.</summary>
    public IEnumerable<(string Stratum, PairedAnswers Answers)> ByStratum() =>
        _rows.GroupBy(r => r.Stratum, StringComparer.Ordinal).Select(g => (g.Key, new PairedAnswers(g)));

    // n is the number of different cores; that some of them are wrong together is in the interval.
    private int CoreCount => _rows.Select(r => (r.Stratum, r.Core)).Distinct().Count();

    private IEnumerable<IGrouping<(string, int), Row>> Cores() => _rows.GroupBy(r => (r.Stratum, r.Problem ?? r.Core));

    private sealed record Row(string Stratum, int Core, int? Problem, bool Base, bool Candidate);
}
