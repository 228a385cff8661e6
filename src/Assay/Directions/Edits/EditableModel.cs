using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Architectures;

namespace Assay.Directions.Edits;

/// <summary>A checkpoint with its configuration, open for being edited: no tokenizer, no threads, nothing computed.</summary>
public sealed class EditableModel : IDisposable
{
    private string? _hash;

    private EditableModel(string given, Checkpoint checkpoint, Checkpoint container)
    {
        (Checkpoint, Container) = (checkpoint, container);
        Inputs = [.. ModelReference.Parts(given).Append(checkpoint.Path).Append(container.Path).Concat(container.Shards.Select(s => s.Path)).Concat(container.Tensors.Select(t => GgufEdit.Physical(t).Place?.Path).OfType<string>()).Where(Path.Exists).Distinct(StringComparer.Ordinal)];
        var json = checkpoint.ReadText("config.json") ?? throw new InvalidInputException($"{checkpoint.Path}: there is no config.json. A model folder needs one to be edited: what writes to the residual stream is read from it.");
        Config = ModelConfig.Parse(json, "config.json", checkpoint.Defaulted);
        Names = Config.Match(checkpoint.Tensors, checkpoint.Path);
        Weights = WeightBinding.Bind(checkpoint, Config, out var storage);
        Storage = storage;
        ConfigJson = json;
    }

    /// <summary>The files.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The configuration, resolved.</summary>
    public ModelConfig Config { get; }

    /// <summary>How the weights are stored: what their hash does not see.</summary>
    public WeightsStorage Storage { get; }

    /// <summary>Text of config.json.</summary>
    internal string ConfigJson { get; }

    /// <summary>What holds the weights, without adapters: its names, dtypes, shards and metadata are kept.</summary>
    internal Checkpoint Container { get; }

    /// <summary>Files and folders that are read: nothing is written over them.</summary>
    internal IReadOnlyList<string> Inputs { get; }

    /// <summary>Stored names.</summary>
    internal TensorNames Names { get; }

    /// <summary>Tensor by canonical name.</summary>
    internal IReadOnlyDictionary<string, Tensor> Weights { get; }

    /// <summary>Whether adapters stand on the base.</summary>
    internal bool HasAdapters => !ReferenceEquals(Checkpoint, Container);

    /// <summary>Whether the weights are in GGUF files.</summary>
    internal bool IsGguf => Container.Read is not null;

    /// <summary>Opens a model.</summary>
    /// <param name="path">A folder, a file, a model of the Hugging Face cache, any with adapters behind <c>+</c>.</param>
    /// <exception cref="InvalidInputException">Broken, unsupported or incomplete; adapters on a GGUF base.</exception>
    public static EditableModel Open(string path)
    {
        var checkpoint = Checkpoint.Open(path);
        Checkpoint? container = null;
        try
        {
            // Only the base knows shards and stored types.
            if (checkpoint.Name.Contains('+', StringComparison.Ordinal) && checkpoint.Read is not null) container = Checkpoint.OpenPath(checkpoint.Path);
            if (container is not null && container.Name == checkpoint.Name)
            {
                container.Dispose();
                container = null;
            }
            if (container?.Read is not null) throw new InvalidInputException($"{path}: adapters on a GGUF base are not merged into a file. Give the checkpoint that the GGUF file was made from.");
            return new EditableModel(path, checkpoint, container ?? checkpoint);
        }
        catch
        {
            container?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>What identifies the weights with the configuration that the forward pass reads (<see cref="Checkpoints.WeightsHash"/>); all weights are read once.</summary>
    /// <param name="threads">Threads that hash.</param>
    /// <param name="progress">Bytes hashed.</param>
    /// <param name="cancellation">Honoured between blocks.</param>
    public string Hash(int threads = 1, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        _hash ??= CanonicalForward.Hash(Config.Spec, Weights, threads, progress, cancellation).Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (HasAdapters) Container.Dispose();
        Checkpoint.Dispose();
    }
}
