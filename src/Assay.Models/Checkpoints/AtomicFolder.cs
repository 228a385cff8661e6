namespace Assay.Checkpoints;

/// <summary>A folder that is there whole or not at all: written beside its place, flushed, then renamed. Where one is overwritten, the two names are exchanged.</summary>
/// <remarks>While it is written it holds no <c>config.json</c> and no <c>adapter_config.json</c>, so that nothing takes it for a model: such a file waits under another name until
/// everything is there and checked, and gets its own one step before the folder does. Between those two steps, and between an exchange and the next, a folder beside the
/// target is a model: a whole one, the new or the old.</remarks>
internal sealed class AtomicFolder : IDisposable
{
    private const string Waiting = ".unfinished";
    private static readonly string[] Marks = ["config.json", "adapter_config.json"];

    private readonly string _given, _target;
    private readonly bool _overwrite;
    private readonly ScratchFolder _scratch;
    private readonly List<string> _waiting = [];

    /// <summary>Checks the target and makes a scratch folder beside it.</summary>
    /// <param name="target">The folder to be; must not exist unless it is overwritten.</param>
    /// <param name="overwrite">Whether an existing one is replaced; only an empty one or one that holds a model or an adapter is.</param>
    /// <param name="sources">Files and folders that are read meanwhile.</param>
    /// <param name="bytes">About how much will be written.</param>
    /// <exception cref="InvalidInputException">The target exists, is no model, contains the source or lies in it; too little space.</exception>
    public AtomicFolder(string target, bool overwrite, IReadOnlyList<string> sources, long bytes)
    {
        (_given, _overwrite) = (target, overwrite);
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (Path.Exists(_target)) RequireReplaceable();
        InputPaths.RequireApart(target, sources);
        var parent = Path.GetDirectoryName(_target) ?? throw new InvalidInputException($"{target}: a folder inside another is expected.");
        ScratchFolder? scratch = null;
        Guard(() =>
        {
            Directory.CreateDirectory(parent);
            // What a killed run has left takes room.
            ScratchFolder.RemoveAbandoned(parent);
            var free = new DriveInfo(parent).AvailableFreeSpace;
            if (free < bytes) throw new InvalidInputException($"{target}: {bytes} bytes are to be written, but {free} are free there. Free some space or choose another disk.");
            scratch = ScratchFolder.Create(parent, Path.GetFileName(_target));
        });
        _scratch = scratch!;
    }

    /// <summary>Where it is written meanwhile.</summary>
    public string Scratch => _scratch.Path;

    /// <summary>Called before each step with its name; a test's way to fail or look there.</summary>
    internal Action<string>? Step { get; init; }

    /// <summary>Path of a written file in the scratch folder.</summary>
    public string this[string relative] => Path.Combine(Scratch, _waiting.Contains(relative) ? relative + Waiting : relative);

    /// <summary>Writes one file and flushes it to disk.</summary>
    public void Write(string relative, Action<FileStream> fill) => Guard(() =>
    {
        Step?.Invoke("write " + relative);
        if (Marks.Contains(Path.GetFileName(relative))) _waiting.Add(relative);
        var path = this[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        fill(stream);
        Step?.Invoke("flush " + relative);
        stream.Flush(flushToDisk: true);
    });

    /// <summary>Puts the folder in its place.</summary>
    public void Commit() => Guard(() =>
    {
        foreach (var folder in Directory.EnumerateDirectories(Scratch, "*", SearchOption.AllDirectories).Append(Scratch)) FolderSwap.Flush(folder);
        Step?.Invoke("commit");
        var exists = Path.Exists(_target);
        // It may have come, or changed, meanwhile.
        if (exists) RequireReplaceable();
        _scratch.BeforeRename();
        foreach (var mark in _waiting) File.Move(Path.Combine(Scratch, mark + Waiting), Path.Combine(Scratch, mark));
        FolderSwap.Flush(Scratch);
        if (!exists) Directory.Move(Scratch, _target);
        else Replace();
        FolderSwap.Flush(Path.GetDirectoryName(_target)!);
        Step?.Invoke("committed");
    });

    /// <summary>Removes what is left of the scratch folder, or the old folder that was replaced.</summary>
    public void Dispose() => _scratch.Dispose();

    private void Replace()
    {
        if (FolderSwap.TryExchange(Scratch, _target))
        {
            // The scratch name is now that of the old folder: it stops being a model at once.
            foreach (var mark in Marks) File.Delete(Path.Combine(Scratch, mark));
            return;
        }
        // Not a name that the next run would remove: where this process ends between the two steps, the old folder is all there is.
        var old = Scratch + ".old";
        Directory.Move(_target, old);
        try
        {
            Directory.Move(Scratch, _target);
        }
        catch
        {
            Directory.Move(old, _target);
            throw;
        }
        _scratch.Becomes(old);
    }

    private void RequireReplaceable()
    {
        if (!_overwrite) throw new InvalidInputException($"{_given}: exists already; nothing is overwritten unless asked for (--overwrite). Choose another target.");
        if (!Directory.Exists(_target) || new DirectoryInfo(_target).LinkTarget is not null) throw new InvalidInputException($"{_given}: is not a folder, so no folder takes its place. Choose another target.");
        if (Directory.EnumerateFileSystemEntries(_target).Any() && !LooksLikeModel(_target))
            throw new InvalidInputException($"{_given}: holds neither config.json with weights nor adapter_config.json with an adapter's nor a GGUF file; only a model or an adapter is overwritten. Choose another target.");
    }

    /// <summary>A config beside weights: a config alone is many things.</summary>
    private static bool LooksLikeModel(string folder)
    {
        bool Has(string pattern) => Directory.EnumerateFiles(folder, pattern).Any();
        return Marks.Any(m => File.Exists(Path.Combine(folder, m))) && (Has("*.safetensors") || Has("*.bin")) || Has("*.gguf");
    }

    private void Guard(Action work) => AtomicFile.Guard(_given, work, "Nothing was left behind.");
}
