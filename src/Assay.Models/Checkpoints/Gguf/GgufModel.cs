using System.Globalization;

namespace Assay.Checkpoints.Gguf;

/// <summary>A GGUF model, in one file or in several, as the checkpoint that it was made from.</summary>
internal static class GgufModel
{
    private const int MostFiles = 99_999; // Five digits.

    /// <summary>Opens a model.</summary>
    /// <param name="path">Its file, or any one of a split model's.</param>
    /// <param name="name">What it is called in reports; null for the file's name.</param>
    /// <exception cref="InvalidInputException">Missing parts, an architecture that is not supported, metadata or tensors that are not understood; all problems of a stage at once.</exception>
    public static Checkpoint Open(string path, string? name = null)
    {
        var files = new List<GgufFile>();
        try
        {
            OpenFiles(path, files);
            return Restore(path, name, files);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    /// <summary>Prefix, number and count of a part of a split model, <c>name-00001-of-00003.gguf</c>; null where the name is none.</summary>
    public static (string Prefix, int Number, int Count)? Split(string path)
    {
        const int tail = 20; // -00001-of-00003.gguf
        if (path.Length <= tail || !path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) return null;
        var end = path.AsSpan(path.Length - tail);
        if (end[0] != '-' || !end[6..10].SequenceEqual("-of-")) return null;
        if (!int.TryParse(end[1..6], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !int.TryParse(end[10..15], NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
        return number >= 1 && number <= count ? (path[..^tail], number, count) : null;
    }

    /// <summary>The files of a model, in order: one, or all parts, whether they are there or not.</summary>
    /// <param name="path">Its file, or any part.</param>
    public static IReadOnlyList<string> Parts(string path) => Split(path) is { Count: > 1 } split ? [.. Enumerable.Range(1, Math.Min(split.Count, MostFiles)).Select(n => $"{split.Prefix}-{n:d5}-of-{split.Count:d5}.gguf")] : [path];

    private static void OpenFiles(string path, List<GgufFile> files)
    {
        if (Split(path) is not { Count: > 1 } split)
        {
            files.Add(GgufFile.Open(path));
            if (files[0].Values.TryGetValue("split.count", out var parts) && parts.Whole() > 1)
                throw new InvalidInputException($"{path}: is one of {parts.Whole()} parts, and its name does not say which; expected names such as name-00001-of-{parts.Whole():d5}.gguf. Give the parts their names back.");
            return;
        }
        var problems = new ProblemList();
        foreach (var (index, part) in Parts(path).Index())
        {
            if (!File.Exists(part))
            {
                problems.Add($"{part}: no such file; the model has {split.Count} parts. Fetch it into the same folder.");
                if (problems.Full) break;
                continue;
            }
            try
            {
                files.Add(GgufFile.Open(part));
                Check(files[^1], index + 1, split.Count, problems);
            }
            catch (InvalidInputException e)
            {
                problems.Add(e);
            }
        }
        problems.ThrowIfAny();
        var (announced, held) = (files[0].Values.TryGetValue("split.tensors.count", out var count) ? count.Whole() : (long?)null, files.Sum(f => f.Tensors.Count));
        if (announced is { } total && total != held) throw new InvalidInputException($"{path}: the parts hold {held} tensors; 'split.tensors.count' says {total}. The parts are from different models; fetch them again.");
    }

    private static void Check(GgufFile file, int number, int count, ProblemList problems)
    {
        var (no, of) = (file.Values.GetValueOrDefault("split.no")?.Whole(), file.Values.GetValueOrDefault("split.count")?.Whole());
        if (no != number - 1 || of != count)
            problems.Add($"{file.Path}: 'split.no' is {no?.ToString() ?? "missing"} and 'split.count' {of?.ToString() ?? "missing"}; the name says {number - 1} and {count}. Give the parts their names back, or fetch them again.");
    }

    private static Checkpoint Restore(string path, string? title, List<GgufFile> files)
    {
        var metadata = files[0].Values;
        if (metadata.TryGetValue("general.type", out var type) && type.Text() != "model")
            throw new InvalidInputException($"{path}: metadata 'general.type' is {type.Show()}; a model is expected.");
        if (!metadata.TryGetValue("general.architecture", out var architecture)) throw new InvalidInputException($"{path}: metadata 'general.architecture' is missing. Convert the model again.");
        var name = architecture.Text();
        var table = GgufArchitecture.Find(name, metadata.TryGetValue($"{name}.expert_count", out var experts) && experts.Whole() > 0)
            ?? throw new InvalidInputException($"{path}: metadata 'general.architecture' is {ProblemList.Quote(name)}; read from GGUF are: {string.Join(", ", GgufTables.All.Select(t => t.Name).Distinct())}. Use the checkpoint that the file was made from.");
        var stored = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var problems = new ProblemList();
        foreach (var file in files)
            foreach (var tensor in file.Tensors)
                if (!stored.TryAdd(tensor.Name, tensor)) problems.Add($"{file.Path}: tensor {ProblemList.Quote(tensor.Name)} is in another part too. Fetch the parts again.");
        problems.ThrowIfAny();
        var config = new GgufConfig(path, metadata, table, stored);
        var tensors = GgufTensors.Restore(path, table, config, files.SelectMany(f => f.Tensors));
        return new Checkpoint(path, title, tensors, files)
        {
            Defaulted = config.Defaulted,
            Read = fileName => fileName switch
            {
                "config.json" => config.Json,
                "generation_config.json" => config.GenerationJson,
                "tokenizer.json" => GgufVocabulary.Tokenizer(path, metadata),
                "tokenizer_config.json" => GgufVocabulary.TokenizerConfig(metadata),
                _ => null,
            },
        };
    }
}
