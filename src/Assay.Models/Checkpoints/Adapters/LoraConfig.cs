using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Assay.Checkpoints.Adapters;

/// <summary>A PEFT <c>adapter_config.json</c> of type LORA, checked key by key.</summary>
/// <remarks>Keys and meanings from peft, tuners/lora/config.py, tuners_utils.py (check_target_module_exists) and utils/other.py (get_pattern_key).
/// A key that would change the computation in a way that is not done here is refused with its value.</remarks>
internal sealed class LoraConfig
{
    /// <summary>Its name in an adapter's folder.</summary>
    public const string FileName = "adapter_config.json";

    private const int MaxRank = 1 << 16;
    private const int MaxPatterns = 4096;
    private const int MaxPatternLength = 4096;

    // Where it comes from, how it was trained, or read here by name.
    private static readonly string[] Silent =
    [
        "peft_type", "auto_mapping", "base_model_name_or_path", "revision", "task_type", "inference_mode", "peft_version", "lora_dropout", "megatron_core", "qalora_group_size", "loftq_config", "eva_config", "corda_config",
        "lora_ga_config", "runtime_config", "r", "lora_alpha", "use_rslora", "use_dora", "fan_in_fan_out", "bias", "rank_pattern", "alpha_pattern", "target_modules", "exclude_modules", "modules_to_save", "layers_to_transform",
        "layers_pattern", "init_lora_weights", "ensure_weight_tying",
    ];

    private static readonly HashSet<string> NotLinear = ["lm_head", "embed_out", "embed_tokens", "wte", "embed_in"];

    private readonly string path;
    private readonly ProblemList problems = new();
    private readonly List<(Regex Pattern, int Value)> ranks = [];
    private readonly List<(Regex Pattern, double Value)> alphas = [];
    private readonly HashSet<string> targets = [], excluded = [];
    private readonly string[] layerNames = [];
    private readonly Regex? targetPattern, excludedPattern;
    private readonly bool allLinear;
    private readonly HashSet<int>? layers;
    private readonly int rank;
    private readonly double alpha;
    private readonly bool rankStabilised;

    private LoraConfig(JsonElement root, string path)
    {
        this.path = path;
        var type = root.TryGetProperty("peft_type", out var kind) ? kind.ToString() : "missing";
        if (type != "LORA") throw new InvalidInputException($"{path}: peft_type is {ProblemList.Quote(type)}; only LORA is supported. Merge the adapter with peft (merge_and_unload) and give the result.");
        rank = (int)Number(root, "r", 8, 1, MaxRank, whole: true);
        alpha = Number(root, "lora_alpha", 8, -1e9, 1e9, whole: false);
        rankStabilised = Flag(root, "use_rslora");
        UsesDora = Flag(root, "use_dora");
        TiesWeights = Flag(root, "ensure_weight_tying");
        _ = Flag(root, "fan_in_fan_out"); // PEFT itself goes by the module's class and overrules the key.
        Require(root, "bias", value => value.ValueKind == JsonValueKind.String && value.ValueEquals("none"), "none");
        // Others change the base's weights when an adapter is loaded.
        Require(root, "init_lora_weights", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False || value.ValueKind == JsonValueKind.String && value.GetString() is "gaussian" or "eva" or "orthogonal", "true, false, gaussian, eva or orthogonal");
        foreach (var (pattern, value) in ReadPatterns(root, "rank_pattern", 1, MaxRank, whole: true)) ranks.Add((pattern, (int)value));
        alphas.AddRange(ReadPatterns(root, "alpha_pattern", -1e9, 1e9, whole: false));
        (var names, targetPattern) = Names(root, "target_modules");
        targets = [.. names];
        if (targetPattern is not null && root.GetProperty("target_modules").ValueEquals("all-linear")) (allLinear, targetPattern) = (true, null);
        (names, excludedPattern) = Names(root, "exclude_modules");
        excluded = [.. names];
        SavedModules = Names(root, "modules_to_save").Names;
        // Each is looked for in every module's path.
        if (SavedModules.Count > MaxPatterns) problems.Add($"{path}: modules_to_save has more than {MaxPatterns} entries.");
        (layerNames, var layerPattern) = Names(root, "layers_pattern");
        if (layerPattern is not null) layerNames = [root.GetProperty("layers_pattern").GetString()!];
        layers = Layers(root);
        foreach (var property in root.EnumerateObject())
            if (!Silent.Contains(property.Name) && !SaysNothing(property.Value))
                problems.Add($"{path}: {ProblemList.Quote(property.Name)} is {ProblemList.Quote(property.Value.GetRawText())}, which is not supported; it may change what the adapter computes. Merge the adapter with peft (merge_and_unload) and give the result.");
        problems.ThrowIfAny();
    }

    /// <summary>Whether rows are scaled to learned lengths (DoRA).</summary>
    public bool UsesDora { get; }

    /// <summary>Whether what is done to the embedding is done to a tied head too.</summary>
    public bool TiesWeights { get; }

    /// <summary><c>modules_to_save</c>; empty for none.</summary>
    public IReadOnlyList<string> SavedModules { get; }

    /// <summary>Expressions that are tried on a module's path.</summary>
    public int Patterns => ranks.Count + alphas.Count + SavedModules.Count;

    /// <summary>Reads a config; null for one of mlx-lm, which has the same file name.</summary>
    /// <exception cref="InvalidInputException">Not JSON, another kind of adapter, or keys that are not supported; all problems.</exception>
    public static LoraConfig? Parse(string json, string path)
    {
        using var document = CanonicalJson.Parse(json, path);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidInputException($"{path}: a JSON object is expected. Fetch the file again.");
        var root = document.RootElement;
        if (!root.TryGetProperty("peft_type", out _) && (root.TryGetProperty("fine_tune_type", out _)
            || root.TryGetProperty("lora_parameters", out _))) return null;
        try
        {
            return new LoraConfig(root, path);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException($"{path}: a string holds half of a surrogate pair, which is no text. Fetch the file again.", e);
        }
    }

    /// <summary>The rank that a module's matrices must have.</summary>
    public int Rank(string module)
    {
        foreach (var (pattern, value) in ranks)
            if (pattern.IsMatch(module)) return value;
        return rank;
    }

    /// <summary>Factor on B·A: α/r, or α/√r where rank-stabilised.</summary>
    public float Scale(string module)
    {
        var numerator = alpha;
        foreach (var (pattern, value) in alphas)
        {
            if (!pattern.IsMatch(module)) continue;
            numerator = value;
            break;
        }
        return (float)(numerator / (rankStabilised ? Math.Sqrt(Rank(module)) : Rank(module)));
    }

    /// <summary>Whether PEFT would put the adapter on a module of this path; where not, it would leave the module's tensors unread.</summary>
    public bool Targets(string module)
    {
        if (Matches(module, excluded) || excludedPattern?.IsMatch(module) == true || IsSaved(module)) return false;
        // Embeddings are not linear, and the output layer is left out.
        if (allLinear) return !Matches(module, NotLinear);
        if (targetPattern is not null) return targetPattern.IsMatch(module);
        if (!Matches(module, targets)) return false;
        return layers is null || Layer(module) is { } layer && layers.Contains(layer);
    }

    /// <summary>Whether a module is replaced as a whole.</summary>
    public bool IsSaved(string module) => SavedModules.Any(name => $".{module}.".Contains($".{name}.", StringComparison.Ordinal));

    /// <summary>Whether a module is one of these, or ends with one behind a dot.</summary>
    private static bool Matches(string module, HashSet<string> names)
    {
        if (names.Count == 0) return false;
        var lookup = names.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var at = 0; at >= 0;)
        {
            if (lookup.Contains(module.AsSpan(at))) return true;
            at = module.IndexOf('.', at) is >= 0 and var dot ? dot + 1 : -1;
        }
        return false;
    }

    // The number behind the first segment that has one, of the named kind if names are given.
    private int? Layer(string module)
    {
        var parts = module.Split('.');
        for (var i = 1; i + 1 < parts.Length; i++)
            if (int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var layer) && (layerNames.Length == 0 ? i > 1 : layerNames.Contains(parts[i - 1]))) return layer;
        return null;
    }

    private static bool SaysNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => value.ValueEquals(""),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        _ => false,
    };

    private void Require(JsonElement root, string key, Func<JsonElement, bool> allowed, string expected)
    {
        if (root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null && !allowed(value)) Wrong(key, value, expected);
    }

    private bool Flag(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.False) return false;
        if (value.ValueKind != JsonValueKind.True) Wrong(key, value, "true or false");
        return true;
    }

    private double Number(JsonElement root, string key, double absent, double least, double most, bool whole) =>
        !root.TryGetProperty(key, out var value) ? absent : Number(key, value, least, most, whole);

    private double Number(string key, JsonElement value, double least, double most, bool whole)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most && (!whole || number == Math.Floor(number))) return number;
        Wrong(key, value, whole ? $"a whole number from {least} to {most}" : "a number");
        return 1;
    }

    private List<(Regex Pattern, double Value)> ReadPatterns(JsonElement root, string key, double least, double most, bool whole)
    {
        var found = new List<(Regex, double)>();
        if (!root.TryGetProperty(key, out var map) || SaysNothing(map)) return found;
        if (map.ValueKind != JsonValueKind.Object)
        {
            Wrong(key, map, "an object from names to numbers");
            return found;
        }
        foreach (var entry in map.EnumerateObject())
        {
            if (found.Count == MaxPatterns)
            {
                problems.Add($"{path}: {key} has more than {MaxPatterns} entries.");
                break;
            }
            if (Expression($"{key}.{entry.Name}", $"^(.*\\.)?({entry.Name})$") is { } pattern) found.Add((pattern, Number($"{key}.{entry.Name}", entry.Value, least, most, whole)));
        }
        return found;
    }

    private (string[] Names, Regex? Pattern) Names(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null) return ([], null);
        if (value.ValueKind == JsonValueKind.String) return ([], Expression(key, $"^({value.GetString()})$"));
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)) return ([.. value.EnumerateArray().Select(item => item.GetString()!)], null);
        Wrong(key, value, "a list of module names, or an expression");
        return ([], null);
    }

    private HashSet<int>? Layers(JsonElement root)
    {
        if (!root.TryGetProperty("layers_to_transform", out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var one)) return [one];
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _)))
            return value.GetArrayLength() == 0 ? null : [.. value.EnumerateArray().Select(item => item.GetInt32())];
        Wrong("layers_to_transform", value, "a layer or a list of layers");
        return null;
    }

    // Without backtracking, so that no expression takes long.
    private Regex? Expression(string key, string pattern)
    {
        if (pattern.Length <= MaxPatternLength)
        {
            try
            {
                return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                // Told below.
            }
        }
        problems.Add($"{path}: {ProblemList.Quote(key)} is not an expression that is supported here (no lookaround, no back-references, at most {MaxPatternLength} characters). Merge the adapter with peft and give the result.");
        return null;
    }

    private void Wrong(string key, JsonElement value, string expected) =>
        problems.Add($"{path}: {ProblemList.Quote(key)} is {ProblemList.Quote(value.GetRawText())}; supported: {expected}. Merge the adapter with peft (merge_and_unload) and give the result.");
}
