using Assay.Checkpoints.Adapters;

namespace Assay.Checkpoints;

/// <summary>What a MODEL argument may be: a path, a model of the Hugging Face cache, either with adapters behind <c>+</c>.</summary>
internal static class ModelReference
{
    /// <summary>Opens what a reference names. What exists as a path is that path, whatever characters it has.</summary>
    /// <exception cref="InvalidInputException">Nothing of that name, or broken.</exception>
    public static Checkpoint Open(string reference)
    {
        var parts = Parts(reference);
        if (parts.Count == 1) return OpenBase(reference);
        if (parts.Contains("")) throw new InvalidInputException($"{reference}: nothing stands on one side of '+'; BASE+ADAPTER is expected.");
        var model = OpenBase(parts[0]);
        try
        {
            foreach (var part in parts.Skip(1))
            {
                var (folder, name) = (part, Path.GetFileName(Path.TrimEndingDirectorySeparator(part)));
                if (!Exists(part) && HubCache.Find(part) is { } cached)
                {
                    cached.RequireAdapter();
                    (folder, name) = (cached.Folder, cached.Name);
                }
                model = LoraAdapter.Apply(model, folder, $"{model.Name}+{name}");
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The base and the adapters, as they are named.</summary>
    public static IReadOnlyList<string> Parts(string reference) => Exists(reference) || !reference.Contains('+', StringComparison.Ordinal) ? [reference] : Split(reference);

    private static Checkpoint OpenBase(string reference)
    {
        if (Exists(reference) || HubCache.Find(reference) is not { } cached) return Checkpoint.OpenPath(reference);
        if (!Directory.EnumerateFiles(cached.Folder, "*.gguf").Any()) cached.RequireWeights();
        return Checkpoint.OpenPath(cached.Folder, cached.Name);
    }

    /// <summary>The base and the adapters. A path may hold a plus sign: each part is the longest that exists.</summary>
    private static List<string> Split(string reference)
    {
        var parts = new List<string>();
        while (true)
        {
            var end = reference.Length;
            while (end > 0 && !IsKnown(reference[..end])) end = reference.LastIndexOf('+', end - 1);
            // Nothing exists: the first part is what the error is about.
            if (end <= 0) end = reference.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus ? plus : reference.Length;
            parts.Add(reference[..end]);
            if (end >= reference.Length) return parts;
            reference = reference[(end + 1)..];
        }
    }

    private static bool IsKnown(string part) => Exists(part) || HubCache.Holds(part);

    private static bool Exists(string path) => path.Length > 0 && Path.Exists(path);
}
