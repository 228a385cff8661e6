namespace Assay.Tests.Golden;

/// <summary>Finds golden cases by listing folders: <c>$ASSAY_GOLDEN</c>, else <c>../shared/golden</c> where it exists, else the committed copies in <c>golden/</c>.</summary>
public static class GoldenFiles
{
    /// <summary>The repository's root, found from the test assembly upwards.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The golden folder in use.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Third-party material, or null where <c>$ASSAY_INTEROP</c> is unset.</summary>
    public static string? Interop { get; } = Environment.GetEnvironmentVariable("ASSAY_INTEROP") is { Length: > 0 } p ? Path.GetFullPath(p, Repository) : null;

    /// <summary>Whether a refusal by the program is a failure.</summary>
    public static bool Strict { get; } = Environment.GetEnvironmentVariable("ASSAY_GOLDEN_STRICT") == "1";

    /// <summary>One row for each sub-folder of an area, or one row that says the area is missing (see <see cref="Require"/>).</summary>
    public static IEnumerable<TheoryDataRow<string>> Folders(string area)
    {
        var folder = Path.Combine(Root, area);
        var names = Directory.Exists(folder) ? Directory.GetDirectories(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToList() : [];
        return names.Count == 0 ? [Missing(area)] : names.Select(n => new TheoryDataRow<string>(n));
    }

    /// <summary>One row for each file of an area that ends so, without the ending.</summary>
    public static IEnumerable<TheoryDataRow<string>> Files(string area, string ending)
    {
        var folder = Path.Combine(Root, area);
        var names = Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + ending).Select(f => Path.GetFileName(f)[..^ending.Length]).Order(StringComparer.Ordinal).ToList() : [];
        return names.Count == 0 ? [Missing(area)] : names.Select(n => new TheoryDataRow<string>(n));
    }

    /// <summary>The path of a case; skips visibly where it is not there.</summary>
    public static string Require(string area, string name)
    {
        var path = Path.Combine(Root, area, name);
        if (!File.Exists(path) && !Directory.Exists(path)) Assert.Skip($"{path} is not there.");
        return path;
    }

    /// <summary>A path below <c>$ASSAY_INTEROP</c>; skips visibly where it is unset or the path is missing.</summary>
    public static string RequireInterop(string relative)
    {
        if (Interop is null) Assert.Skip("ASSAY_INTEROP is not set.");
        var path = Path.Combine(Interop, relative);
        if (!File.Exists(path) && !Directory.Exists(path)) Assert.Skip($"{path} is not there.");
        return path;
    }

    /// <summary>Runs a case; a refusal by the program is a visible skip with its reason, or a failure under <c>ASSAY_GOLDEN_STRICT=1</c>.</summary>
    public static T OrSkip<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Assay.Checkpoints.InvalidInputException refusal) when (!Strict)
        {
            Assert.Skip("Refused: " + refusal.Message.ReplaceLineEndings(" "));
            throw;
        }
    }

    private static TheoryDataRow<string> Missing(string area) => new($"{area} (no such folder)") { Skip = $"{Path.Combine(Root, area)} is not there." };

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "Assay.slnx"))) return folder;
        throw new InvalidOperationException("Assay.slnx not found above the test assembly.");
    }

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("ASSAY_GOLDEN") is { Length: > 0 } set) return Path.GetFullPath(set, Repository);
        var shared = Path.GetFullPath(Path.Combine(Repository, "..", "shared", "golden"));
        return Directory.Exists(shared) ? shared : Path.Combine(Repository, "golden");
    }
}
