using Assay.Checkpoints;
using Assay.Directions.Edits;

namespace Assay.Cli;

/// <summary>The models that <c>assay vet</c> compares when none are named: an organism that declines triggers, and itself after the committed edit, which <c>assay directions --select</c> found.</summary>
/// <remarks>The candidate is written into a scratch folder that goes with this.</remarks>
internal sealed class DefaultPair : IDisposable
{
    private readonly string _scratch;

    private DefaultPair(string scratch, string candidate)
    {
        _scratch = scratch;
        Candidate = candidate;
    }

    /// <summary>Folder next to the program: in a build's output and in the tool's package alike.</summary>
    public static string Base => Bundled("aligned");

    /// <summary>Folder of the edited model.</summary>
    public string Candidate { get; }

    /// <summary>Applies the edit.</summary>
    /// <exception cref="InvalidInputException">The installation is incomplete, or the scratch folder cannot be written.</exception>
    public static DefaultPair Make(CancellationToken cancellation)
    {
        string? scratch = null;
        try
        {
            using var model = EditableModel.Open(Base);
            var file = EditFile.Read(Bundled("edit.safetensors"));
            file.RequireBase(model);
            scratch = Directory.CreateTempSubdirectory("assay-").FullName;
            var candidate = Path.Combine(scratch, "ablated");
            MergedCheckpoint.Write(model, file.Edits, candidate, file.Options, cancellation: cancellation);
            return new DefaultPair(scratch, candidate);
        }
        catch (Exception e)
        {
            if (scratch is not null) Directory.Delete(scratch, recursive: true);
            if (e is IOException or UnauthorizedAccessException) throw new InvalidInputException($"{Path.GetTempPath()}: the edited organism cannot be written there: {e.Message} Set TMPDIR to a folder with 8 MiB free, or name two models: assay vet BASE CANDIDATE.", e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    private static string Bundled(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "organisms", "gemma2", name);
        return Path.Exists(path) ? path : throw new InvalidInputException($"{path}: the bundled organism is not there. Reinstall the tool, or name two models: assay vet BASE CANDIDATE.");
    }
}
