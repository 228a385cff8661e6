using System.Collections.Immutable;

namespace Assay.Checkpoints.Gguf;

/// <summary>All that leads from the metadata and tensors of one <c>general.architecture</c> to a checkpoint as transformers has it.</summary>
/// <remarks>Data only; <see cref="GgufConfig"/> and <see cref="GgufTensors"/> read it. Names and defaults from llama.cpp: gguf-py constants.py,
/// conversion/*.py, src/models/*.cpp, src/llama-hparams.h.</remarks>
internal sealed record GgufArchitecture
{
    /// <summary><c>general.architecture</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>model_type</c> of the checkpoint.</summary>
    public required string ModelType { get; init; }

    /// <summary>Keys that are read.</summary>
    public required ImmutableArray<GgufKey> Keys { get; init; }

    /// <summary>What llama.cpp computes without being asked, by config key, as JSON, with its source.</summary>
    public ImmutableArray<(string Config, string Value, string Source)> Implied { get; init; } = [];

    /// <summary>Keys of config.json that say whether biases are there, each with the tensor that shows it.</summary>
    public ImmutableArray<(string Config, string Tensor)> Biases { get; init; } = [];

    /// <summary>Tensors.</summary>
    public required ImmutableArray<GgufTensorRow> Tensors { get; init; }

    /// <summary>Config key of the head's width; null where it follows from the other two.</summary>
    public string? HeadSizeKey { get; init; }

    /// <summary>Config keys of the model's width and of the number of heads.</summary>
    public (string Hidden, string Heads) WidthKeys { get; init; } = ("hidden_size", "num_attention_heads");

    /// <summary>Whether positions are rotary.</summary>
    public bool Rotary { get; init; } = true;

    /// <summary>Config key of the rotated share of a head; null where all of it must be.</summary>
    public string? PartialRotaryKey { get; init; }

    /// <summary>Whether the head is always the embedding (llama.cpp reads no other).</summary>
    public bool AlwaysTied { get; init; }

    /// <summary>The table of a file; null where there is none.</summary>
    /// <param name="name"><c>general.architecture</c>.</param>
    /// <param name="experts">Whether it routes to experts.</param>
    public static GgufArchitecture? Find(string name, bool experts) => GgufTables.All.FirstOrDefault(t => t.Name == name && (name != "llama" || t.ModelType == "mixtral" == experts));
}
