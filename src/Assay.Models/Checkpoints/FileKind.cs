namespace Assay.Checkpoints;

/// <summary>What stands at a path, links followed.</summary>
internal enum FileKind
{
    /// <summary>Nothing, or a link to nothing.</summary>
    Missing,
    /// <summary>A file with bytes.</summary>
    Regular,
    /// <summary>A folder.</summary>
    Folder,
    /// <summary>A pipe, a socket or a device: opening it may wait for ever, reading it may never end.</summary>
    Other,
}
