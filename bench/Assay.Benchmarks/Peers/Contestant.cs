namespace Assay.Benchmarks.Peers;

/// <summary>One of the programs that take turns.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Measure">Does the work once and returns its rate, units of work a second; throws where it cannot.</param>
/// <param name="WarmsItself">Whether every measurement runs the work unmeasured first, so that unmeasured rounds are left out.</param>
internal sealed record Contestant(string Name, Func<double> Measure, bool WarmsItself = false);
