using System.Text;
using Assay.Checkpoints.Gguf;

namespace Assay.Checkpoints;

/// <summary>A model opened for reading, whatever holds it: a folder, a safetensors or GGUF file. Its tensors are mapped, its other files at hand as text.</summary>
/// <remarks>Everything is checked when it is opened; after that no tensor is read before it is asked for. Safe to read from many threads.</remarks>
public sealed class Checkpoint : IDisposable
{
    /// <summary>Largest text file that <see cref="ReadText"/> reads, in bytes. The largest published tokenizers have 35 MB.</summary>
    public const int MaxTextLength = 256 << 20;

    internal const string SingleName = "model.safetensors";
    private static readonly string[] PickleEndings = [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"];
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, Tensor> byName = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> shards = [];
    private readonly List<Tensor> tensors = [];

    private readonly List<IDisposable> owned = [];

    private Checkpoint(string path, string folder, string? name)
    {
        Path = path;
        Folder = folder;
        Name = name ?? System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
    }

    /// <summary>A checkpoint whose tensors and texts are made from something else.</summary>
    /// <param name="path">As given.</param>
    /// <param name="name">What it is called in reports; null for the path's last part.</param>
    /// <param name="tensors">Names are unique.</param>
    /// <param name="owned">Closed with it.</param>
    internal Checkpoint(string path, string? name, IEnumerable<Tensor> tensors, IEnumerable<IDisposable> owned)
        : this(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path, name)
    {
        foreach (var tensor in tensors)
        {
            byName.Add(tensor.Name, tensor);
            this.tensors.Add(tensor);
        }
        this.owned.AddRange(owned);
    }

    /// <summary>Path as given.</summary>
    public string Path { get; }

    /// <summary>What reports call it: the name of the folder or file; of the Hugging Face cache <c>org/name@commit</c>; adapters behind <c>+</c>.</summary>
    public string Name { get; }

    /// <summary>The folder that holds the weights.</summary>
    public string Folder { get; }

    /// <summary>All tensors, shard by shard, in the order of their data.</summary>
    public IReadOnlyList<Tensor> Tensors => tensors;

    /// <summary>The safetensors files that hold the weights; one unless there is an index, none where something else holds them.</summary>
    public IReadOnlyList<SafetensorsFile> Shards => shards;

    /// <summary>Whether an adapter's config lies beside full weights, as it does where PEFT saved a merged model over its adapter.</summary>
    /// <remarks>transformers with PEFT then loads the base that <c>adapter_config.json</c> names, and the adapter, instead of these weights.
    /// The file is <see cref="ReadText"/>'s <c>adapter_config.json</c>. Of <c>BASE+ADAPTER</c> this is said of BASE; never of a GGUF file.</remarks>
    public bool HasLeftoverAdapter { get; internal init; }

    /// <summary>Keys of <c>config.json</c> that whatever holds the model does not say, with where their values come from; empty for a folder, whose file is what it is.</summary>
    public IReadOnlyDictionary<string, string> Defaulted { get; internal init; } = new Dictionary<string, string>();

    /// <summary>Makes the text of a file name, null for none; null where files are read.</summary>
    internal Func<string, string?>? Read { get; init; }

    /// <summary>The checkpoint whose tensors this one computes from and whose texts it has; null where it is opened from files.</summary>
    internal Checkpoint? Original { get; private init; }

    /// <summary>Whether the folder has an index of shards.</summary>
    internal bool HasIndex { get; private set; }

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="InvalidInputException">There is none.</exception>
    public Tensor this[string name] => byName.TryGetValue(name, out var tensor) ? tensor : throw new InvalidInputException(
        $"{Path}: there is no tensor {ProblemList.Quote(name)} among the {tensors.Count}. The weights and the config are from different models, or the download is incomplete.");

    /// <summary>The tensor of this name, if there is one.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Tensor? tensor) => byName.TryGetValue(name, out tensor);

    /// <summary>Opens a model: a folder, a <c>.safetensors</c> or <c>.gguf</c> file (any one of a split model's), a model of the Hugging Face cache
    /// as <c>org/name[@revision]</c>, or any of these with PEFT LoRA adapters on it, <c>BASE+ADAPTER</c>. Links are followed.</summary>
    /// <exception cref="InvalidInputException">Missing, weights of no known kind, or any rule is violated; all problems at once.</exception>
    public static Checkpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ModelReference.Open(path);
    }

    /// <summary>Opens a folder or a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="name">What it is called in reports; null for the name of the folder or file.</param>
    internal static Checkpoint OpenPath(string path, string? name = null)
    {
        var gguf = Directory.Exists(path) ? OnlyGguf(path) : path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? path : null;
        if (gguf is not null) return GgufModel.Open(gguf, name);
        var folder = Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path;
        var checkpoint = new Checkpoint(path, folder, name) { HasLeftoverAdapter = System.IO.Path.Exists(
            System.IO.Path.Combine(folder, Adapters.LoraConfig.FileName)) };
        try
        {
            if (Directory.Exists(path)) checkpoint.OpenFolder();
            else checkpoint.OpenFile();
            return checkpoint;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            checkpoint.Dispose();
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>This checkpoint with other values in some of its tensors, computed while they are read: names, shapes and texts stay, and no memory is taken but what
    /// a reader's blocks need.</summary>
    /// <remarks>It reads from this one, which must stay open as long as it is in use; disposing it leaves this one open.</remarks>
    /// <param name="name">What reports call it.</param>
    /// <param name="computed">Values by stored name.</param>
    /// <param name="stored">F16 or BF16 where the values are to be rounded to it, to nearest even; null where they stay float32.</param>
    /// <exception cref="InvalidInputException">There is no such tensor.</exception>
    public Checkpoint With(string name, IReadOnlyDictionary<string, TensorValues> computed, DType? stored = null)
    {
        ArgumentNullException.ThrowIfNull(computed);
        return With(name, computed.Select(c =>
        {
            var original = this[c.Key];
            var tensor = new Tensor(c.Key, DType.F32, original.Shape, new DelegatedValues(original, c.Value));
            return stored is { } dtype and not DType.F32 ? new Tensor(c.Key, dtype, original.Shape, new RoundedValues(tensor, dtype)) : tensor;
        }));
    }

    /// <summary>The same, of tensors that are there already; each has the name and the shape of one of this checkpoint's.</summary>
    internal Checkpoint With(string name, IEnumerable<Tensor> replaced)
    {
        var byItsName = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var tensor in replaced)
        {
            if (!this[tensor.Name].Shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan()))
                throw new ArgumentException($"Tensor {ProblemList.Quote(tensor.Name)} has another shape than the one it takes the place of.", nameof(replaced));
            byItsName.Add(tensor.Name, tensor);
        }

        return new Checkpoint(Path, name, tensors.Select(t => byItsName.GetValueOrDefault(t.Name, t)), [])
        {
            Read = ReadText, Defaulted = Defaulted, HasLeftoverAdapter = HasLeftoverAdapter, Original = Original ?? this,
        };
    }

    /// <summary>A text file of the folder (<c>config.json</c>, <c>tokenizer.json</c>, …), read as strict UTF-8; null where there is none.</summary>
    /// <param name="fileName">A plain name, without folders.</param>
    /// <exception cref="InvalidInputException">Not UTF-8, longer than <see cref="MaxTextLength"/>, unreadable, or a link to nothing.</exception>
    public string? ReadText(string fileName)
    {
        if (Read is not null) return SafetensorsIndex.IsPlainName(fileName) ? Read(fileName) : throw new ArgumentException($"'{fileName}' is not a plain file name.", nameof(fileName));
        if (ReadBytes(fileName) is not { } bytes) return null;
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"{System.IO.Path.Combine(Folder, fileName)}: byte {e.Index} is not UTF-8, which is expected of all text. Fetch the file again.", e);
        }
    }

    /// <summary>The same file as bytes, for a reader that checks them itself; null where there is none.</summary>
    internal byte[]? ReadUtf8(string fileName) => Read is null ? ReadBytes(fileName) : ReadText(fileName) is { } text ? Encoding.UTF8.GetBytes(text) : null;

    /// <summary>Unmaps all shards; no tensor can be read afterwards.</summary>
    public void Dispose()
    {
        foreach (var shard in shards) shard.Dispose();
        foreach (var each in owned) each.Dispose();
    }

    /// <summary>The GGUF model of a folder that has nothing else to offer; null where there is none or safetensors weights are there.</summary>
    private static string? OnlyGguf(string folder)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(folder).Select(p => System.IO.Path.GetFileName(p)!).ToList();
            if (names.Exists(n => n is SingleName or SafetensorsIndex.FileName || n.EndsWith(".safetensors", StringComparison.Ordinal))) return null;
            // Of a split model its first part stands for all.
            var models = names.Where(n => n.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && GgufModel.Split(n) is not { Number: > 1 }).ToList();
            return models.Count == 1 ? System.IO.Path.Combine(folder, models[0]) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{folder}: cannot be read: {e.Message}", e);
        }
    }

    private byte[]? ReadBytes(string fileName)
    {
        if (!SafetensorsIndex.IsPlainName(fileName)) throw new ArgumentException($"'{fileName}' is not a plain file name.", nameof(fileName));
        var path = System.IO.Path.Combine(Folder, fileName);
        try
        {
            var info = new FileInfo(path);
            if (info.LinkTarget is null && !info.Exists) return null;
            if (info.LinkTarget is not null && !info.ResolveLinkTarget(returnFinalTarget: true)!.Exists)
                throw new InvalidInputException($"{path}: a link to a file that is not there. The download is incomplete; fetch it again.");
            return RegularFile.ReadAllBytes(path, MaxTextLength, "a text file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private void OpenFile()
    {
        var extension = System.IO.Path.GetExtension(Path).ToLowerInvariant();
        if (!File.Exists(Path)) throw new InvalidInputException($"{Path}: no such folder or file; a model folder, a .safetensors or a .gguf file, or a model of the Hugging Face cache (org/name) is expected.");
        if (PickleEndings.Contains(extension)) throw new InvalidInputException(PickleRefusal(Path));
        if (Path.EndsWith(".index.json", StringComparison.Ordinal)) throw new InvalidInputException($"{Path}: an index names shards but is no model by itself; give the folder that holds it.");
        if (extension != ".safetensors") throw new InvalidInputException($"{Path}: a model folder, a .safetensors or a .gguf file is expected.");
        Add(SafetensorsFile.Open(Path), new ProblemList());
    }

    private void OpenFolder()
    {
        var single = System.IO.Path.Combine(Path, SingleName);
        HasIndex = File.Exists(System.IO.Path.Combine(Path, SafetensorsIndex.FileName));
        var index = HasIndex ? SafetensorsIndex.Parse(ReadBytes(SafetensorsIndex.FileName)!, System.IO.Path.Combine(Path, SafetensorsIndex.FileName)) : null;
        // MLX writes an index for one file too: it names that file for every tensor, and nothing is ambiguous.
        if (index is not null && File.Exists(single) && index.Shards is not [SingleName])
            throw new InvalidInputException(
                $"{Path}: there are both {SingleName} and {SafetensorsIndex.FileName}, which names " +
                $"{(index.Shards.Count == 0 ? "no file" : ProblemList.Quote(index.Shards.First(s => s != SingleName)))}; " +
                "programs differ in which they load. Remove the one that is not meant, or give the file itself.");
        if (index is not null) OpenShards(index);
        else if (File.Exists(single) || new FileInfo(single).LinkTarget is not null) Add(SafetensorsFile.Open(single), new ProblemList());
        else throw new InvalidInputException(NoWeights());
    }

    private void OpenShards(SafetensorsIndex index)
    {
        var problems = new ProblemList();
        foreach (var name in index.Shards)
        {
            try
            {
                Add(SafetensorsFile.Open(System.IO.Path.Combine(Path, name)), problems);
            }
            catch (InvalidInputException e)
            {
                problems.Add(e);
            }
        }
        // A shard that did not open would make every one of its tensors a problem of its own.
        if (!problems.Any) CheckAgainst(index, problems);
        problems.ThrowIfAny();
    }

    private void CheckAgainst(SafetensorsIndex index, ProblemList problems)
    {
        foreach (var shard in shards)
        {
            var name = System.IO.Path.GetFileName(shard.Path);
            var held = shard.Tensors.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
            const string cause = "The shard and the index are from different models.";
            var unknown = shard.Tensors.Select(t => t.Name).Where(t => !index.WeightMap.ContainsKey(t)).ToList();
            if (unknown.Count > 0) problems.Add(
                $"{shard.Path}: {Some(unknown, "is", "are")} not in {SafetensorsIndex.FileName}; every tensor is expected there. {cause}");
            var absent = index.WeightMap.Where(pair => pair.Value == name && !held.Contains(pair.Key)).Select(pair => pair.Key).ToList();
            if (absent.Count > 0) problems.Add(
                $"{shard.Path}: there is no tensor {ProblemList.Quote(absent[0])}{(absent.Count > 1 ? $", nor {absent.Count - 1} more" : "")}, which " +
                $"{SafetensorsIndex.FileName} says is here. {cause}");
        }
    }

    private static string Some(List<string> names, string one, string several) =>
        names.Count == 1 ? $"tensor {ProblemList.Quote(names[0])} {one}" : $"tensor {ProblemList.Quote(names[0])} and {names.Count - 1} more {several}";

    private void Add(SafetensorsFile shard, ProblemList problems)
    {
        shards.Add(shard);
        foreach (var tensor in shard.Tensors)
        {
            if (byName.TryAdd(tensor.Name, tensor)) tensors.Add(tensor);
            else problems.Add($"{shard.Path}: tensor {ProblemList.Quote(tensor.Name)} is in another shard too; each tensor once is expected. Which one counts would be a guess; fetch the model again.");
        }
    }

    private string NoWeights()
    {
        var names = Directory.EnumerateFileSystemEntries(Path).Select(p => System.IO.Path.GetFileName(p)!).Take(1000).Order(StringComparer.Ordinal).ToList();
        var pickle = names.Find(n => PickleEndings.Contains(System.IO.Path.GetExtension(n).ToLowerInvariant()) || n.EndsWith(".bin.index.json", StringComparison.Ordinal));
        if (pickle is not null) return PickleRefusal(System.IO.Path.Combine(Path, pickle));
        var found = names.Count == 0 ? "The folder is empty" : "Found: " + string.Join(", ", names.Take(20).Select(ProblemList.Quote)) + (names.Count > 20 ? $" and {names.Count - 20} more" : "");
        var hint = names.Exists(n => n.StartsWith("adapter_model.", StringComparison.Ordinal)) ? "An adapter is not a model; give it behind its base, BASE+ADAPTER."
            : names.Exists(n => n.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) ? "There are several GGUF models here; give the file that is meant."
            : names.Exists(n => n.EndsWith(".safetensors", StringComparison.Ordinal)) ? "Give the .safetensors file itself, or fetch the index that belongs to the shards."
            : "Fetch the weights into this folder.";
        return $"{Path}: there is neither {SingleName} nor {SafetensorsIndex.FileName}. {found}. {hint}";
    }

    private static string PickleRefusal(string path) =>
        $"{path}: Python pickles are not read, since loading one runs whatever code is in it. Convert the model to safetensors first, for example with transformers: " +
        "AutoModelForCausalLM.from_pretrained(SOURCE).save_pretrained(TARGET, safe_serialization=True), on a machine where you trust the file.";
}
