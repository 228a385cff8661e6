using System.Collections.Immutable;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Models.Architectures;

namespace Assay.Models;

/// <summary>A <c>config.json</c>, resolved by its architecture's table: the spec of the forward pass and the tensors it expects, without any weights.</summary>
public sealed class ModelConfig
{
    private const int LongestJson = 1 << 24;
    private const int MostProblems = 50;

    // Present and not null: refused, whatever the architecture.
    private static readonly ImmutableArray<(string Key, string Reason)> Refused =
    [
        ("quantization_config", "the weights are quantised by another program; dequantise them to bf16 or float32 first"),
        ("auto_map", "the model brings its own code, which is never run; only the built-in architectures are supported"),
    ];

    private readonly ArchitectureTable _table;
    private readonly SpecBuilder _builder;
    private readonly string _where;
    private readonly bool _multimodal;
    private string? _canonical;

    private ModelConfig(ArchitectureTable table, ConfigReader reader, TransformerSpec spec, SpecBuilder builder, IReadOnlyDictionary<string, JsonElement> values, bool multimodal)
    {
        _table = table;
        _builder = builder;
        _multimodal = multimodal;
        _where = reader.Where;
        Spec = spec;
        Tensors = builder.Tensors;
        Resolved = reader.Resolved;
        BosTokenId = reader.OptionalInt("bos_token_id");
        EosTokenIds = reader.Ints("eos_token_id");
        DType = reader.Text("dtype") is { } dtype ? dtype.StartsWith("torch.", StringComparison.Ordinal) ? dtype[6..] : dtype : null;
        TiedHead = reader.Flag("tie_word_embeddings");
        Values = values;
    }

    /// <summary><c>model_type</c>.</summary>
    public string ModelType => _table.ModelType;

    /// <summary>The table that the config was read by.</summary>
    public ArchitectureTable Architecture => _table;

    /// <summary>What the forward pass computes.</summary>
    public TransformerSpec Spec { get; }

    /// <summary>Expected tensors with shapes and residual roles, in the order of the forward pass.</summary>
    public IReadOnlyList<TensorSpec> Tensors { get; }

    /// <summary>Every key with its value and where that comes from, for <c>assay inspect</c>.</summary>
    public IReadOnlyList<ResolvedValue> Resolved { get; }

    /// <summary><c>bos_token_id</c>; null for none.</summary>
    public int? BosTokenId { get; }

    /// <summary><c>eos_token_id</c>, one or several; empty for none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary><c>dtype</c> or <c>torch_dtype</c> (<c>bfloat16</c>); null where it is not said. The tensors' own types count, not this.</summary>
    public string? DType { get; }

    /// <summary>Whether the head is the embedding.</summary>
    public bool TiedHead { get; }

    /// <summary>Deterministic text of everything that the forward pass does: equal for all spellings of one computation, also for architectures of two
    /// names.</summary>
    /// <remarks>Tensors go by their roles. Whether the head is tied and which maps have a bias is said here; the weights hash sees both in the tensors'
    /// values.</remarks>
    public string Canonical => _canonical ??= CanonicalForward.Describe(Spec);

    /// <summary><see cref="Canonical"/> with the head that another model has: equal to the other's where nothing but the tie of the head differs.</summary>
    internal string CanonicalWithHead(ModelConfig other) => CanonicalForward.Describe(Spec with {
        Head = Spec.Head with { Weight = other.TiedHead ? Spec.Embedding : "" } });

    /// <summary>The file's own keys, for what older transformers read generation settings from.</summary>
    internal IReadOnlyDictionary<string, JsonElement> Values { get; }

    /// <summary>Reads a config.</summary>
    /// <param name="configJson">Text of <c>config.json</c>.</param>
    /// <param name="where">Name of the file, for messages.</param>
    /// <param name="defaulted">Keys that whatever holds the model does not say, with where their values come from (<see cref="Checkpoint.Defaulted"/>).</param>
    /// <exception cref="InvalidInputException">Not JSON, not supported, or contradictory; all problems, each naming its key.</exception>
    public static ModelConfig Parse(string configJson, string where = "config.json", IReadOnlyDictionary<string, string>? defaulted = null)
    {
        ArgumentNullException.ThrowIfNull(configJson);
        var values = ReadObject(configJson, where);
        return LanguageModelOf(values, where) is { } text
            ? Parse(text, new ConfigReader(text, where + ", text_config"), defaulted, multimodal: true)
            : Parse(values, new ConfigReader(values, where), defaulted, multimodal: false);
    }

    /// <summary>Finds which stored tensor serves which expected one.</summary>
    /// <param name="stored">Names in the checkpoint.</param>
    /// <param name="where">Name of the checkpoint, for messages.</param>
    /// <exception cref="InvalidInputException">Tensors are missing, unexpected or there twice; all are named, up to 20 of a kind.</exception>
    public TensorNames Match(IEnumerable<string> stored, string where = "checkpoint") => TensorNames.Match(_table, Spec, Tensors, stored, where, _multimodal);

    /// <summary>The same without refusing anything.</summary>
    internal TensorNames Assign(IEnumerable<string> stored) => TensorNames.Assign(_table, Spec, Tensors, stored, _multimodal);

    /// <summary>Finds which stored tensor serves which expected one, and checks the shapes.</summary>
    /// <param name="stored">Tensors of the checkpoint.</param>
    /// <param name="where">Name of the checkpoint, for messages.</param>
    /// <exception cref="InvalidInputException">Tensors are missing, unexpected, there twice or of another shape; all are named, up to 20 or 50 of a kind.</exception>
    public TensorNames Match(IEnumerable<Tensor> stored, string where = "checkpoint")
    {
        var shapes = new Dictionary<string, ImmutableArray<long>>();
        foreach (var tensor in stored) shapes[tensor.Name] = tensor.Shape;
        var names = Match(shapes.Keys, where);
        var wrong = new List<(string Name, string Found, string Reason, string Expected)>();
        foreach (var expected in Tensors)
        {
            if (!names.Stored.TryGetValue(expected.Name, out var name)) continue;
            var shape = names.Parts.TryGetValue(expected.Name, out var part) ? part.Whole(expected.Shape) : expected.Shape;
            if (!shapes[name].AsSpan().SequenceEqual(shape.AsSpan()) && part is null or { Expert: 0, Part: 0 })
                wrong.Add((name, string.Join(", ", shapes[name]), _builder.Reason(expected.Name), string.Join(", ", shape)));
        }
        // Tensors that differ in their numbers only have one cause.
        var problems = TensorProblems.Groups(wrong, w => $"{TensorProblems.Pattern(w.Name)}[{w.Found}|{w.Expected}]").Select(group =>
            $"{where}: {(group.Count == 1 ? $"tensor '{group[0].Name}' has" : $"{group.Count} tensors as '{group[0].Name}' have")} shape [{group[0].Found}]; " +
                $"{_where} ({group[0].Reason}) expects " +
            $"[{group[0].Expected}]. The weights and the config are from different models.").ToList();
        if (problems.Count > MostProblems) problems = [.. problems.Take(MostProblems), $"{where}: and {problems.Count - MostProblems} more shapes that differ."];
        return problems.Count == 0 ? names : throw new InvalidInputException(problems);
    }

    internal static IReadOnlyDictionary<string, JsonElement> ReadObject(string json, string where)
    {
        if (json.Length > LongestJson) throw new InvalidInputException($"{where}: {json.Length} characters; at most {LongestJson} are read.");
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidInputException($"{where}: the file holds {document.RootElement.ValueKind}; expected a JSON object.");
            var root = document.RootElement.Clone();
            ReadStrings(root);
            return root.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidInputException($"{where}: not valid JSON. {ConfigValue.Quote(broken.Message)}", broken);
        }
    }

    // Half of a surrogate pair is legal JSON and not text: found here, once, rather than wherever a string is used. Depth is bounded by the parser.
    private static void ReadStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) ReadStrings(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    ReadStrings(property.Value);
                }
                break;
        }
    }

    /// <summary>The language model's own config inside a multimodal one, with what it inherits; null where there is none.</summary>
    private static Dictionary<string, JsonElement>? LanguageModelOf(IReadOnlyDictionary<string, JsonElement> values, string where)
    {
        if (!values.TryGetValue("text_config", out var text) || text.ValueKind == JsonValueKind.Null || (text.ValueKind == JsonValueKind.Object && !text.EnumerateObject().MoveNext())) return null;
        var reader = new ConfigReader(values, where);
        RefuseForeign(reader);
        var type = reader.TryTake("model_type", out var element) && element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        var table = MultimodalTable.Find(type);
        if (table is null)
        {
            reader.Problem($"text_config is present: the model is multimodal, and model_type '{ConfigValue.Quote(type)}' is not one whose language model can be taken by a prefix of names " +
                $"({string.Join(", ", MultimodalTable.All.Select(t => t.ModelType))}). Extract its language model first.");
            throw Refusal(reader);
        }
        if (text.ValueKind != JsonValueKind.Object)
        {
            reader.Problem($"text_config is {ConfigValue.Quote(text.GetRawText())}; expected an object.");
            throw Refusal(reader);
        }
        if (reader.TryTake("architectures", out var classes) && !(classes.ValueKind == JsonValueKind.Array && classes.EnumerateArray().All(c => c.ValueKind == JsonValueKind.String && c.ValueEquals(table.Class))))
            reader.Problem($"architectures is {ConfigValue.Quote(classes.GetRawText())}; only {table.Class} is supported for model_type '{table.ModelType}'.");
        var inner = text.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        var innerType = inner.TryGetValue("model_type", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
        if (!table.TextTypes.Contains(innerType))
            reader.Problem($"text_config.model_type is '{ConfigValue.Quote(innerType)}'; supported inside '{table.ModelType}': {string.Join(", ", table.TextTypes)}.");
        foreach (var (key, value) in values.OrderBy(p => p.Key, StringComparer.Ordinal))
            if (!ConfigReader.SaysNothing(value) && !MultimodalTable.Inherited.Contains(key) && !MultimodalTable.OfOtherParts.Contains(key) && ConfigReader.ComputationWord(key) is { } word)
                reader.Problem($"key '{ConfigValue.Quote(key)}' beside text_config is not one that '{table.ModelType}' is known to have and its name ('{word}') speaks of computation; remove it if it has no effect on text.");
        if (reader.Problems.Count > 0) throw Refusal(reader);
        foreach (var key in MultimodalTable.Inherited)
            if (!inner.ContainsKey(key) && values.TryGetValue(key, out var outer)) inner[key] = outer;
        return inner;
    }

    private static void RefuseForeign(ConfigReader reader)
    {
        foreach (var (key, reason) in Refused)
            if (reader.TryTake(key, out var value) && !(value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().MoveNext()))
                reader.Problem($"{key} is present: {reason}.");
    }

    private static ModelConfig Parse(IReadOnlyDictionary<string, JsonElement> values, ConfigReader reader, IReadOnlyDictionary<string, string>? defaulted, bool multimodal)
    {
        RefuseForeign(reader);
        var table = ReadArchitecture(reader);
        if (table is null) throw Refusal(reader);
        reader.Note("model_type", table.ModelType, ValueSource.Given, null);
        reader.ReadKeys(table);
        var rope = table.RopeTheta is null ? null : RopeReader.Read(reader, table);
        var builder = new SpecBuilder(table, reader, rope);
        var spec = builder.Build();
        reader.SortTheRest(table);
        if (reader.Problems.Count > 0) throw Refusal(reader);
        foreach (var (key, source) in defaulted ?? new Dictionary<string, string>()) reader.SaidByNobody(key, source);
        return new ModelConfig(table, reader, spec!, builder, values, multimodal);
    }

    private static ArchitectureTable? ReadArchitecture(ConfigReader reader)
    {
        var known = string.Join(", ", ArchitectureTable.All.Select(t => t.ModelType).Concat(MultimodalTable.All.Select(t => t.ModelType + " with text_config")));
        var type = reader.TryTake("model_type", out var element) && element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        var table = type is null ? null : ArchitectureTable.Find(type);
        if (type is null) reader.Problem($"model_type is missing or not a string; supported: {known}.");
        else if (table is null) reader.Problem($"model_type '{ConfigValue.Quote(type)}' is not supported; supported: {known}.");
        if (!reader.TryTake("architectures", out var classes)) return table;
        if (classes.ValueKind != JsonValueKind.Array || classes.EnumerateArray().Any(c => c.ValueKind != JsonValueKind.String))
            reader.Problem($"architectures is {ConfigValue.Quote(classes.GetRawText())}; expected a list of class names.");
        else if (table is not null)
        {
            foreach (var wrong in classes.EnumerateArray().Select(c => c.GetString()!).Where(c => c != table.CausalClass).Take(8))
                reader.Problem($"architectures has '{ConfigValue.Quote(wrong)}'; " +
                    $"only the causal language model {table.CausalClass} is supported for model_type '{table.ModelType}'.");
            reader.Note("architectures", classes.EnumerateArray().Select(c => c.GetString()!).ToImmutableArray(), ValueSource.Given, null);
        }
        return table;
    }

    private static InvalidInputException Refusal(ConfigReader reader)
    {
        var problems = reader.Problems;
        return problems.Count <= MostProblems ? new(problems) : new([.. problems.Take(MostProblems), $"{reader.Where}: and {problems.Count - MostProblems} more."]);
    }
}
