using Assay.Checkpoints;
using Assay.Models.Kernels;
using Assay.Models.Sampling;
using Assay.Tokenization;
using Assay.Tokenization.Templates;

namespace Assay.Models;

/// <summary>A checkpoint with its tokenizer and chat template, ready to run.</summary>
/// <remarks>Weights stay mapped in their stored dtype; arithmetic is float32. Results do not depend on <see cref="LanguageModelOptions"/>.
/// One call at a time.</remarks>
public sealed unsafe class LanguageModel : IDisposable
{
    private readonly WorkTeam _team;
    private readonly PanelCache _panels;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly LanguageModel? _other; // Whose threads and panels these are; null where they are this one's.
    private readonly bool _isView;
    private readonly bool _allowLong;

    private LanguageModel(Checkpoint checkpoint, LanguageModelOptions options, LanguageModel? other, string configFile)
    {
        Checkpoint = checkpoint;
        // A computed checkpoint has the texts of the one that it is computed from: they are parsed once.
        var twin = other is not null && checkpoint.Original is { } original && ReferenceEquals(original, other.Checkpoint.Original ?? other.Checkpoint) ? other : null;
        Config = twin?.Config ?? ModelConfig.Parse(checkpoint.ReadText(configFile)
            ?? throw new InvalidInputException($"{checkpoint.Path}: there is no {configFile}. A model folder needs one to be run."), configFile, checkpoint.Defaulted);
        _weights = WeightBinding.Bind(checkpoint, Config, out var storage);
        Storage = storage;
        _allowLong = options.AllowLong;
        MemoryBytes = MemoryBudget.Resolve(options.MemoryBytes);
        Tokenizer = twin is not null ? twin.Tokenizer : checkpoint.ReadUtf8("tokenizer.json") is { } tokenizer ? Tokenizer.Parse(tokenizer) : null;
        // Ids may have holes: the largest counts.
        ValidVocabulary = Tokenizer is { Count: > 0 } ? Math.Min(Config.Spec.VocabularySize, Tokenizer.MaxId + 1) : Config.Spec.VocabularySize;
        SpecialTokens = twin?.SpecialTokens ?? SpecialTokens.Read(checkpoint.ReadText("tokenizer_config.json"), checkpoint.ReadText("special_tokens_map.json"));
        ChatTemplate = twin is not null ? twin.ChatTemplate : ChatTemplate.Find(checkpoint.ReadText("chat_template.jinja"), checkpoint.ReadText("tokenizer_config.json"),
            checkpoint.ReadText("chat_template.json"), null);
        Generation = twin?.Generation ?? ReadGeneration(checkpoint, Config);
        // Threads last: input that is refused above must not leave any behind.
        _other = other;
        _team = other?._team ?? new WorkTeam(options.Threads > 0 ? Math.Min(options.Threads, Math.Max(64, 2 * Environment.ProcessorCount))
            : Environment.ProcessorCount);
        _panels = other?._panels ?? new PanelCache(_team, MemoryBudget.Panels(options.MemoryBytes));
        Transformer = new Transformer(Config.Spec, name => _weights[name], _team, _panels)
        {
            // A pair's two models run one after the other on the same buffers' worth of memory each.
            RowsTogether = MemoryBudget.Rows(MemoryBytes, 2 * Transformer.BytesPerRow(Config.Spec)),
        };
    }

    /// <summary>Another view of a model.</summary>
    private LanguageModel(LanguageModel model, bool roundsStream)
    {
        (Checkpoint, Config, Storage, Tokenizer, ChatTemplate, SpecialTokens, Generation) =
            (model.Checkpoint, model.Config, model.Storage, model.Tokenizer, model.ChatTemplate, model.SpecialTokens, model.Generation);
        (MemoryBytes, ValidVocabulary, _allowLong, _team, _panels) = (model.MemoryBytes, model.ValidVocabulary, model._allowLong, model._team, model._panels);
        (_other, _isView) = (model, true);
        // A pairing may put another model's tensors in the place of equal ones, in the view only.
        _weights = new Dictionary<string, Tensor>(model._weights, StringComparer.Ordinal);
        Transformer = new Transformer(Config.Spec, name => _weights[name], _team, _panels) { RowsTogether = model.Transformer.RowsTogether, RoundsStream = roundsStream };
    }

    /// <summary>The files.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Whether the residual stream is rounded to bf16 after every block.</summary>
    public bool RoundsStream => Transformer.RoundsStream;

    /// <summary>The configuration, resolved.</summary>
    public ModelConfig Config { get; }

    /// <summary>What is computed.</summary>
    public TransformerSpec Spec => Config.Spec;

    /// <summary>How the weights are stored: what their hash does not see.</summary>
    public WeightsStorage Storage { get; }

    /// <summary>Null where the folder has no tokenizer.json.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>Null where the folder has no chat template.</summary>
    public ChatTemplate? ChatTemplate { get; }

    /// <summary>Beginning, end, padding and unknown tokens.</summary>
    public SpecialTokens SpecialTokens { get; }

    /// <summary>generation_config.json, with the config's values where it is silent. What is wrong with it stops only what generates.</summary>
    public GenerationConfig Generation { get; }

    /// <summary>Memory that activations and caches may take.</summary>
    public long MemoryBytes { get; }

    /// <summary>Entries of the logits that the tokenizer can name; those beyond are padding.</summary>
    public int ValidVocabulary { get; }

    /// <summary>Stored tensor by canonical name.</summary>
    internal IReadOnlyDictionary<string, Tensor> Weights => _weights;

    internal Transformer Transformer { get; }

    /// <summary>Packed weights that are kept.</summary>
    internal PanelCache Panels => _panels;

    /// <summary>The threads.</summary>
    public WorkTeam Team => _team;

    /// <summary>Opens a model.</summary>
    /// <param name="path">Folder or file, as <see cref="Checkpoint.Open"/> takes it.</param>
    /// <param name="options">Threads, memory; null for the defaults.</param>
    /// <exception cref="InvalidInputException">Broken, unsupported or incomplete input.</exception>
    public static LanguageModel Open(string path, LanguageModelOptions? options = null) => Open(path, options, null, "config.json");

    /// <summary>Opens a model that shares another's threads and panels, so that two models do not keep two teams awake; the other must outlive it.</summary>
    /// <param name="path">Folder or file, as <see cref="Checkpoint.Open"/> takes it.</param>
    /// <param name="options">Memory; the threads are the other's. Null for the defaults.</param>
    /// <param name="other">Whose threads.</param>
    public static LanguageModel Open(string path, LanguageModelOptions? options, LanguageModel other) => Open(path, options, other, "config.json");

    internal static LanguageModel Open(string path, LanguageModelOptions? options, LanguageModel? other, string configFile) =>
        Of(Checkpoint.Open(path), options ?? new LanguageModelOptions(), other, configFile);

    private static LanguageModel Of(Checkpoint checkpoint, LanguageModelOptions options, LanguageModel? other, string configFile)
    {
        try
        {
            return new LanguageModel(checkpoint, options, other, configFile);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Runs an open checkpoint, such as a computed one (<see cref="Checkpoint.With(string, IReadOnlyDictionary{string, TensorValues}, DType?)"/>).</summary>
    /// <param name="checkpoint">The model's from here on: closed with it, or at once where it is refused. Whatever it is computed from must outlive the model.</param>
    /// <param name="options">Threads, memory; null for the other's, or the defaults.</param>
    /// <param name="other">Whose threads and packed weights are shared, as by <see cref="Open(string, LanguageModelOptions?, LanguageModel)"/>; it must outlive this one. Null for none.</param>
    /// <exception cref="InvalidInputException">Broken, unsupported or incomplete input.</exception>
    public static LanguageModel Of(Checkpoint checkpoint, LanguageModelOptions? options = null, LanguageModel? other = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        options ??= other is null ? new LanguageModelOptions() : new LanguageModelOptions { MemoryBytes = other.MemoryBytes, AllowLong = other._allowLong };
        return Of(checkpoint, options, other, "config.json");
    }

    /// <summary>The same model with its residual stream rounded to bf16 after every block, as a GPU holds it (protocol.md, M12: the floor).</summary>
    /// <remarks>Rounded to nearest even where the block's last sum is stored; what embeddings write and what stands between attention and MLP stays float32.</remarks>
    /// <returns>A view with buffers of its own; files, weights, packed weights and threads are this model's, which must outlive it.</returns>
    public LanguageModel WithRoundedStream() => new(this, roundsStream: true);

    /// <summary>Logits of every position of a text, (positions, vocabulary).</summary>
    /// <param name="tokens">Token ids.</param>
    /// <param name="options">Captures and hooks.</param>
    /// <param name="cancellation">Honoured within a layer.</param>
    public float[] Logits(ReadOnlyMemory<int> tokens, ForwardOptions? options = null, CancellationToken cancellation = default) =>
        Logits([new Segment(tokens)], options, cancellation);

    /// <summary>Logits of every position of a batch, (rows, vocabulary), sequences one after another.</summary>
    public float[] Logits(IReadOnlyList<Segment> batch, ForwardOptions? options = null, CancellationToken cancellation = default)
    {
        foreach (var segment in batch) CheckLength((segment.Cache?.Length ?? 0) + segment.Tokens.Length);
        using var hidden = new FloatBuffer();
        Transformer.Forward(batch, hidden, options, cancellation);
        var rows = batch.Sum(s => s.Tokens.Length);
        var logits = new float[checked(rows * Spec.VocabularySize)];
        fixed (float* data = logits) Transformer.Head(hidden.Data, rows, data);
        return logits;
    }

    /// <summary>The residual stream after the final norm at every position of a text, (positions, d).</summary>
    public float[] FinalHidden(ReadOnlyMemory<int> tokens, ForwardOptions? options = null, CancellationToken cancellation = default)
    {
        CheckLength(tokens.Length);
        using var hidden = new FloatBuffer();
        Transformer.Forward([new Segment(tokens)], hidden, options, cancellation);
        return hidden.Rows(0, tokens.Length, Spec.HiddenSize).ToArray();
    }

    /// <summary>Continues prompts, all together.</summary>
    public IReadOnlyList<Continuation> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default) =>
        new Generator(this).Run(prompts, options, progress, cancellation);

    /// <summary>A user's message as the model expects it: rendered by the chat template and tokenised without adding special tokens; the bare text, tokenised with them, where there is no template.</summary>
    /// <param name="message">What the user says.</param>
    /// <param name="clock">The time a template may ask for.</param>
    public int[] EncodeChat(string message, DateTimeOffset clock) => EncodeChat(message, ChatTemplateOptions.Default with { Clock = clock });

    /// <summary>The same with what the template may read besides the conversation; its special tokens are the model's.</summary>
    /// <param name="message">What the user says.</param>
    /// <param name="options">Clock, further variables and limits.</param>
    public int[] EncodeChat(string message, ChatTemplateOptions options)
    {
        var tokenizer = RequireTokenizer();
        return ChatTemplate is null
            ? tokenizer.Encode(message, addSpecialTokens: true)
            : tokenizer.Encode(RenderChat([new ChatMessage("user", message)], true, options), addSpecialTokens: false);
    }

    /// <summary>A conversation as the chat template renders it.</summary>
    /// <exception cref="InvalidInputException">No template, or one that refuses.</exception>
    public string RenderChat(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, DateTimeOffset clock) =>
        RenderChat(messages, addGenerationPrompt, ChatTemplateOptions.Default with { Clock = clock });

    /// <summary>The same with what the template may read besides the conversation; its special tokens are the model's.</summary>
    /// <exception cref="InvalidInputException">No template, or one that refuses.</exception>
    public string RenderChat(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatTemplateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return (ChatTemplate ?? throw new InvalidInputException($"{Checkpoint.Path}: the model has no chat template."))
            .Render(messages, addGenerationPrompt, options.With(SpecialTokens));
    }

    /// <summary>The tokenizer, or an error that says what is missing.</summary>
    public Tokenizer RequireTokenizer() =>
        Tokenizer ?? throw new InvalidInputException($"{Checkpoint.Path}: there is no tokenizer.json. Copy the base model's, or convert the tokenizer with transformers (AutoTokenizer.save_pretrained).");

    /// <summary>Reads the other model's copy of every tensor that both hold with the same bytes, so that it is mapped and packed once; the other must outlive this one.</summary>
    /// <returns>First layers, the embedding included, that both compute alike; 0 where the embedding differs already.</returns>
    internal int ShareWith(LanguageModel other)
    {
        var same = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, tensor) in _weights.ToList())
        {
            if (!other._weights.TryGetValue(name, out var theirs) || !(ReferenceEquals(tensor, theirs) || tensor.HoldsTheBytesOf(theirs))) continue;
            _weights[name] = theirs;
            same.Add(name);
        }

        // Only the embedding is computed alike where one of the two rounds what its blocks leave.
        if (RoundsStream != other.RoundsStream) return 0;
        var (a, b) = (Spec, other.Spec);
        if (a.HiddenSize != b.HiddenSize || a.VocabularySize != b.VocabularySize || a.EmbeddingScale != b.EmbeddingScale || a.Embedding != b.Embedding || a.PositionEmbedding != b.PositionEmbedding) return 0;
        if (!same.Contains(a.Embedding) || a.PositionEmbedding is { } positions && !same.Contains(positions)) return 0;
        var count = 0;
        while (count < Math.Min(a.Layers.Length, b.Layers.Length) && a.Layers[count] == b.Layers[count] && a.Layers[count].Tensors().All(same.Contains)) count++;
        return count;
    }

    private static GenerationConfig ReadGeneration(Checkpoint checkpoint, ModelConfig config)
    {
        try
        {
            return GenerationConfig.Read(checkpoint.ReadText("generation_config.json"), config);
        }
        catch (InvalidInputException broken)
        {
            return GenerationConfig.Unreadable(broken, config);
        }
    }

    /// <summary>Whether a tensor of the config's list is stored.</summary>
    public bool HasTensor(string name) => Weights.ContainsKey(name);

    /// <summary>The stored dtype of a tensor of the config's list.</summary>
    public DType TensorType(string name) => Weights[name].DType;

    /// <summary>Refuses a length that the model was not made for.</summary>
    /// <exception cref="InvalidInputException">More tokens than learned positions, or than max_position_embeddings without <see cref="LanguageModelOptions.AllowLong"/>.</exception>
    public void CheckLength(int length)
    {
        if (length <= Spec.MaxPositions) return;
        if (Spec.PositionEmbedding is not null)
            throw new InvalidInputException($"{Checkpoint.Path}: a sequence of {length} tokens was asked for; the model has {Spec.MaxPositions} learned positions. Shorten the text or the context.");
        if (!_allowLong)
            throw new InvalidInputException($"{Checkpoint.Path}: a sequence of {length} tokens was asked for; max_position_embeddings is {Spec.MaxPositions}. Shorten it, or pass --allow-long.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Transformer.Dispose();
        // A view's weights, panels, threads and files are its model's.
        if (_isView) return;
        if (_other is null)
        {
            _panels.Dispose();
            _team.Dispose();
        }
        else
        {
            // What nobody will ask for again must not take the room of models to come.
            var kept = new HashSet<Tensor>(_other._weights.Values, ReferenceEqualityComparer.Instance);
            _panels.Forget(_weights.Values.Where(t => !kept.Contains(t)));
        }

        Checkpoint.Dispose();
    }
}
