using Assay.Reports;

namespace Assay.Tests.Reports;

/// <summary>A report whose every text is hostile, for the renderers.</summary>
internal static class SampleReport
{
    public const string Hostile = "<script>alert(1)</script> | [x](http://evil) `code` \u001b[31m ![i](j) www.evil.example\nnext";

    public static ReportDocument Create() => new()
    {
        Verdict = new ReportVerdict("SHIFTED", "The difference is real; damage is not judged yet.", 0),
        Assay = "0.1.0",
        Protocol = "assay-protocol-2",
        Limited = true,
        Deciding = [Finite],
        Base = new ReportModel(Hostile, "gemma2", 1_800_000, "aa", "bb", "cc"),
        Candidate = new ReportModel("before", "gemma2", 1_800_000, "dd", "bb", null),
        Facts = [new ReportFact("seed", "42"), new ReportFact("benign.tokens", Hostile)],
        Findings = [new ReportFinding("DOMINATED", Hostile)],
        Measures = [Finite, new MeasureRow("x.inf", double.PositiveInfinity, double.NaN, double.PositiveInfinity, .95, 3, "nats", "fewer than 30 clusters", Hostile)],
        Method = [Hostile],
        CannotTell = ["Whether answers are right."],
        Reproduce = "assay vet a b --seed 42",
    };

    private static MeasureRow Finite => new("benign.kld.mean", 0.1 + 0.2, -0.0, 1e-300, .95, 64, "nats/token", "bootstrap-t", "benign, R1, all positions");
}
