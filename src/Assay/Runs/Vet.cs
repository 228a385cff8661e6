namespace Assay.Runs;

/// <summary>Compares a changed model with its base.</summary>
public static class Vet
{
    /// <summary>Measures, judges and writes the run folder; goes on where an earlier run of the same plan stopped.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="watcher">Told how far it is; null for nobody.</param>
    /// <param name="cancellation">Honoured within a layer; what is finished is kept.</param>
    /// <exception cref="Checkpoints.InvalidInputException">Whatever is refused, all problems at once.</exception>
    public static VetOutcome Run(VetRequest request, VetWatcher? watcher = null, CancellationToken cancellation = default)
    {
        using var session = VetSession.Open(request, watcher, cancellation);
        return session.Run();
    }
}
