namespace Assay.Checkpoints.Gguf;

/// <summary>One metadata key that an architecture reads, and the key of config.json that says the same.</summary>
/// <param name="Name">After the architecture's name and a point.</param>
/// <param name="Config">In transformers' words.</param>
internal sealed record GgufKey(string Name, string Config)
{
    /// <summary>Whether the value is a real number; else a whole one.</summary>
    public bool Real { get; init; }

    /// <summary>Whether 0 stands for none, null in config.json.</summary>
    public bool ZeroIsNone { get; init; }

    /// <summary>What llama.cpp takes where the key is absent, as JSON; null where it refuses the file.</summary>
    public Func<GgufConfig, string>? Default { get; init; }

    /// <summary>Where that stands in llama.cpp.</summary>
    public string Source { get; init; } = "";

    public static GgufKey Whole(string name, string config) => new(name, config);

    public static GgufKey Whole(string name, string config, Func<GgufConfig, string> absent, string source) => new(name, config) { Default = absent, Source = source };

    public static GgufKey Number(string name, string config) => new(name, config) { Real = true };

    public static GgufKey Number(string name, string config, string absent, string source) => new(name, config) { Real = true, Default = _ => absent, Source = source };
}
