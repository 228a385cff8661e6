namespace Assay.Evaluation.Vetting;

/// <summary>How far two models agree over everything that was scored, items and reference text together.</summary>
/// <param name="Positions">Scored positions.</param>
/// <param name="Differing">Those at which a divergence or a log-probability differs at all.</param>
/// <param name="LargestKld">Largest KL(base‖candidate) of a position, nats; NaN where one is no number.</param>
public sealed record Agreement(long Positions, long Differing, double LargestKld)
{
    /// <summary>Looks at all scores.</summary>
    public static Agreement Of(VetSamples samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        long positions = 0, differing = 0;
        var largest = 0.0;
        foreach (var s in samples.Items.SelectMany(i => i.Scores).Concat(samples.Documents.SelectMany(d => d.Scores)))
        {
            positions++;
            if (!(s.Kl == 0 && s.ReverseKl == 0 && s.Jsd == 0 && s.LogP == s.LogQ)) differing++;
            largest = Math.Max(largest, s.Kl);
        }

        return new Agreement(positions, differing, largest);
    }
}
