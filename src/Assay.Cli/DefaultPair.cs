using Assay.Checkpoints;

namespace Assay.Cli;

/// <summary>The models that <c>assay vet</c> compares when none are named: an organism that declines triggers and itself before it learned to, what an ideal removal of refusals would give.</summary>
internal static class DefaultPair
{
    /// <summary>Folders next to the program: in a build's output and in the tool's package alike.</summary>
    /// <exception cref="InvalidInputException">The installation is incomplete.</exception>
    public static (string Base, string Candidate) Find() => (Folder("aligned"), Folder("before"));

    private static string Folder(string stage)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "organisms", "gemma2", stage);
        return Directory.Exists(path) ? path : throw new InvalidInputException($"{path}: the bundled organism is not there. Reinstall the tool, or name two models: assay vet BASE CANDIDATE.");
    }
}
