using System.Text.RegularExpressions;
using Assay.Checkpoints.Adapters;

namespace Assay.Checkpoints;

/// <summary>The Hugging Face cache, read and never written: <c>models--org--name/{refs, blobs, snapshots/COMMIT}</c>.</summary>
/// <remarks>Layout from huggingface_hub, "Manage your cache". Nothing is fetched.</remarks>
internal sealed partial class HubCache
{
    private readonly string repository;
    private readonly string commit;

    private HubCache(string repository, string commit, string folder)
    {
        this.repository = repository;
        this.commit = commit;
        Folder = folder;
    }

    /// <summary>The snapshot.</summary>
    public string Folder { get; }

    /// <summary><c>org/name@commit</c>.</summary>
    public string Name => $"{repository}@{commit}";

    /// <summary>Where the cache is: <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else in the user's cache folder.</summary>
    public static string Root
    {
        get
        {
            foreach (var name in (ReadOnlySpan<string>)["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"])
                if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } hub) return hub;
            if (Environment.GetEnvironmentVariable("HF_HOME") is { Length: > 0 } home) return Path.Combine(home, "hub");
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(cache, "huggingface", "hub");
        }
    }

    /// <summary>Whether a text is a reference to a repository that the cache holds.</summary>
    public static bool Holds(string reference) => Match(reference) is { } match && Directory.Exists(FolderOf(match.Repository));

    /// <summary>The snapshot that a reference names; null where the text is none, or names a folder without an owner that the cache does not hold.</summary>
    /// <exception cref="InvalidInputException">The cache holds no such repository or revision, or the snapshot lacks files.</exception>
    public static HubCache? Find(string reference)
    {
        if (Match(reference) is not { } match) return null;
        var (repository, revision) = match;
        var folder = FolderOf(repository);
        if (!Directory.Exists(folder))
        {
            if (!repository.Contains('/', StringComparison.Ordinal)) return null;
            throw new InvalidInputException($"{reference}: no such folder or file, and the Hugging Face cache ({Root}) holds no such model. Fetch it: {Command(repository, revision)}");
        }
        try
        {
            var hash = Commit(folder, repository, revision);
            var snapshot = Path.Combine(folder, "snapshots", hash);
            if (!Directory.Exists(snapshot)) throw new InvalidInputException($"{snapshot}: no such snapshot. Fetch it: {Command(repository, revision ?? hash)}");
            var found = new HubCache(repository, hash, snapshot);
            found.RequireFiles();
            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{folder}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Refuses a snapshot whose configuration or weights were not all fetched.</summary>
    /// <exception cref="InvalidInputException">Naming each missing file, and the command that fetches them.</exception>
    public void RequireWeights()
    {
        var missing = new List<string>();
        if (!File.Exists(Path.Combine(Folder, "config.json"))) missing.Add("config.json");
        var index = Path.Combine(Folder, SafetensorsIndex.FileName);
        if (File.Exists(index)) missing.AddRange(SafetensorsIndex.Parse(RegularFile.ReadAllBytes(index, Checkpoint.MaxTextLength, "an index"), index)
            .Shards.Where(shard => !File.Exists(Path.Combine(Folder, shard))));
        else if (!File.Exists(Path.Combine(Folder, Checkpoint.SingleName)) && !Directory.EnumerateFiles(Folder, "*.bin").Any()) missing.Add(Checkpoint.SingleName);
        Refuse(missing);
    }

    /// <summary>Refuses a snapshot of an adapter whose configuration or weights were not fetched.</summary>
    /// <exception cref="InvalidInputException">Naming each missing file, and the command that fetches them.</exception>
    public void RequireAdapter() => Refuse([.. new[] { LoraConfig.FileName, LoraAdapter.WeightsName }.Where(n => !File.Exists(Path.Combine(Folder, n)) && !(n == LoraAdapter.WeightsName && File.Exists(Path.Combine(Folder, LoraAdapter.PickleName))))]);

    // A link into blobs that leads nowhere is a file that was not fetched, whatever it is for.
    private void RequireFiles() => Refuse([.. new DirectoryInfo(Folder).EnumerateFileSystemInfos().Where(e => e.LinkTarget is not null && !(e.ResolveLinkTarget(returnFinalTarget: true)?.Exists ?? false)).Select(e => e.Name).Order(StringComparer.Ordinal)]);

    private void Refuse(List<string> missing)
    {
        if (missing.Count == 0) return;
        var shown = string.Join(", ", missing.Take(20).Select(ProblemList.Quote)) + (missing.Count > 20 ? $" and {missing.Count - 20} more" : "");
        // Names of a shell's special characters are left to the whole download.
        var names = missing.Count <= 20 && missing.All(n => PlainFile().IsMatch(n)) ? " " + string.Join(' ', missing) : "";
        throw new InvalidInputException($"{Folder}: the snapshot of {repository} is incomplete: {shown} {(missing.Count == 1 ? "is" : "are")} missing. Fetch: hf download {repository}{names} --revision {commit}");
    }

    private static string Commit(string folder, string repository, string? revision)
    {
        var wanted = revision ?? "main";
        var reference = Path.Combine([folder, "refs", .. wanted.Split('/')]);
        if (File.Exists(reference))
        {
            var text = RegularFile.ReadText(reference, 64, "a reference of the cache").Trim();
            return Hash().IsMatch(text) ? text : throw new InvalidInputException($"{reference}: expected a commit of 40 hexadecimal digits. Fetch it again: {Command(repository, revision)}");
        }
        if (Hash().IsMatch(wanted)) return wanted;
        var snapshots = Path.Combine(folder, "snapshots");
        var held = Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots).Select(d => Path.GetFileName(d)!).Where(n => Hash().IsMatch(n)).Order(StringComparer.Ordinal).ToList() : [];
        throw new InvalidInputException($"{folder}: there is no revision {ProblemList.Quote(wanted)}" + (held.Count == 0 ? "" : $"; held are the commits {string.Join(", ", held.Take(10))}") + $". Fetch it: {Command(repository, revision)}");
    }

    private static (string Repository, string? Revision)? Match(string reference)
    {
        var match = Reference().Match(reference);
        if (!match.Success || reference.Contains("--", StringComparison.Ordinal) || reference.Contains("..", StringComparison.Ordinal)) return null;
        return (match.Groups["repository"].Value, match.Groups["revision"].Success ? match.Groups["revision"].Value : null);
    }

    private static string FolderOf(string repository) => Path.Combine(Root, "models--" + repository.Replace("/", "--", StringComparison.Ordinal));

    private static string Command(string repository, string? revision) => $"hf download {repository}{(revision is null ? "" : $" --revision {revision}")}";

    // Names as the hub allows them; a revision is a branch, a tag, a pull request's ref or a commit.
    [GeneratedRegex(@"^(?<repository>[A-Za-z0-9_][A-Za-z0-9_.\-]{0,95}(/[A-Za-z0-9_][A-Za-z0-9_.\-]{0,95})?)(@(?<revision>[A-Za-z0-9_][A-Za-z0-9_.\-]{0,100}(/[A-Za-z0-9_][A-Za-z0-9_.\-]{0,100}){0,4}))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^[0-9a-f]{40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hash();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.\-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainFile();
}
