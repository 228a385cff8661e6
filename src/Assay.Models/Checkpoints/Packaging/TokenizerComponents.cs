using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Packaging;

/// <summary>Writes the components of a tokenizer.json in one of their equal spellings.</summary>
/// <remarks>Equal are, by the reference's code (Rust crate tokenizers): an absent key, null, and the default; a sequence in a sequence, and a
/// sequence of one; post-processors that only cut offsets, and none.</remarks>
internal static class TokenizerComponents
{
    // Defaults that the reference, or this program's reader where the reference demands the key, takes for an absent key.
    private static readonly (string Type, string Key, string Json)[] NormalizerDefaults =
        [("BertNormalizer", "clean_text", "true"), ("BertNormalizer", "handle_chinese_chars", "true"), ("BertNormalizer", "lowercase", "true"),
            ("Strip", "strip_left", "true"), ("Strip", "strip_right", "true")];

    private static readonly (string Type, string Key, string Json)[] PreTokenizerDefaults =
    [
        ("Split", "invert", "false"), ("ByteLevel", "add_prefix_space", "true"), ("ByteLevel", "use_regex", "true"), ("Digits", "individual_digits", "false"),
        ("Punctuation", "behavior", "\"Isolated\""), ("Metaspace", "split", "true"), ("Metaspace", "prepend_scheme", "\"always\""),
    ];

    private static readonly (string Type, string Key, string Json)[] DecoderDefaults =
        [("WordPiece", "prefix", "\"##\""), ("WordPiece", "cleanup", "true"), ("BPEDecoder", "suffix", "\"</w>\""),
            ("Metaspace", "prepend_scheme", "\"always\"")];

    private static readonly (string Key, string Json)[] ModelDefaults =
        [("dropout", "0"), ("fuse_unk", "false"), ("byte_fallback", "false"), ("ignore_merges", "false"), ("end_of_word_suffix", "\"\"")];

    /// <summary>Writes the four components in their canonical form; a component without effect goes.</summary>
    public static void Normalize(JsonObject root)
    {
        Set(root, "normalizer", Flat(root["normalizer"], "normalizers", part => Cleaned(part, NormalizerDefaults, [])));
        Set(root, "pre_tokenizer", Flat(root["pre_tokenizer"], "pretokenizers",
            part => Cleaned(part, PreTokenizerDefaults, [("ByteLevel", "trim_offsets"), ("Metaspace", "str_rep")])));
        Set(root, "post_processor", Flat(root["post_processor"], "processors", PostProcessor));
        // An empty sequence joins tokens without a space, no decoder with one.
        if (root["decoder"] is { } decoder)
            root["decoder"] = Flat(decoder, "decoders", part => Cleaned(part, DecoderDefaults,
                [("ByteLevel", "add_prefix_space"), ("ByteLevel", "trim_offsets"), ("ByteLevel", "use_regex"), ("Metaspace", "str_rep"),
                ("Metaspace", "split")]))
                ?? new JsonObject { ["type"] = "Sequence" };
    }

    /// <summary>Takes out of a model's keys what has its default.</summary>
    public static void Model(JsonObject model)
    {
        var type = Text(model["type"]);
        if (type is not ("BPE" or "Unigram")) return;
        foreach (var (key, json) in ModelDefaults)
            if (Is(model[key], json)) model.Remove(key);
        if (type != "BPE") return;
        if (Is(model["continuing_subword_prefix"], "\"\"")) model.Remove("continuing_subword_prefix");
        // Neighbours that are unknown become one unknown token, of which there is none.
        if (model["unk_token"] is null) model.Remove("fuse_unk");
    }

    /// <summary>Writes the list of added tokens as a map from text to id and flags; a list of another form stays as it is.</summary>
    public static void AddedTokens(JsonObject root)
    {
        if (root["added_tokens"] is not JsonArray list) return;
        var tokens = new List<(string Text, long Id, JsonObject Flags)>();
        foreach (var item in list)
            if (item is JsonObject token && Text(token["content"]) is { } text
                && Integer(token["id"]) is { } id) tokens.Add((text, id, Without(token, "content")));
            else return;
        if (tokens.DistinctBy(t => t.Text).Count() != tokens.Count) return;
        foreach (var (_, _, flags) in tokens)
        {
            foreach (var key in (string[])["special", "single_word", "lstrip", "rstrip"])
                if (Is(flags[key], "false")) flags.Remove(key);
            if (Is(flags["normalized"], "true")) flags.Remove("normalized");
        }

        // Without a normalizer there is one text to look in; tokens of both kinds are still looked for one kind after the other.
        var alike = tokens.Select(t => t.Flags.ContainsKey("normalized")).Distinct().Count() == 1;
        if (root["normalizer"] is null && alike && tokens.TrueForAll(t => t.Flags["normalized"] is null || Is(t.Flags["normalized"], "false")))
            foreach (var (_, _, flags) in tokens) flags.Remove("normalized");
        // Two that are equal once normalized: the first of the list is found.
        var normalized = root["normalizer"] is null ? [] : tokens.FindAll(t => !t.Flags.ContainsKey("normalized"));
        var ordered = normalized.TrueForAll(t => Ascii.IsValid(t.Text)) && KeepsAsciiApart(root["normalizer"])
            || normalized.Zip(normalized.Skip(1)).All(pair => pair.First.Id < pair.Second.Id);
        root.Remove("added_tokens");
        if (!ordered) root["added_tokens_order"] = new JsonArray([.. normalized.Select(t => (JsonNode)t.Text)]);
        if (tokens.Count > 0) root["added_tokens"] = new JsonObject(tokens.Select(t => KeyValuePair.Create(t.Text, (JsonNode?)t.Flags)));
    }

    /// <summary>What a canonical post-processor puts before and after a text; null where it does something else.</summary>
    public static (IReadOnlyList<int> Before, IReadOnlyList<int> After)? Around(JsonNode? processor)
    {
        if (processor is null) return ([], []);
        if (processor is not JsonObject { Count: 2 } template || Text(template["type"]) != "TemplateProcessing"
            || template["single"] is not JsonArray single) return null;
        var text = single.ToList().FindIndex(part => Text(part) is not null);
        if (text < 0 || single.Where((part, i) => i != text && Integer(part) is not (>= 0 and <= int.MaxValue)).Any()) return null;
        return ([.. single.Take(text).Select(id => (int)Integer(id)!.Value)], [.. single.Skip(text + 1).Select(id => (int)Integer(id)!.Value)]);
    }

    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Integer(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number
        && value.TryGetValue<long>(out var number) ? number : null;

    /// <summary>Whether a value is there and is this one.</summary>
    public static bool Is(JsonNode? node, string json) => node is not null && CanonicalJson.Format(node.ToJsonString(), "tokenizer.json") == json;

    /// <summary>Whether texts of ASCII that differ still differ when normalized: normal forms leave ASCII alone, and one character that becomes ▁ is still told
    /// from all others.</summary>
    private static bool KeepsAsciiApart(JsonNode? normalizer)
    {
        var parts = normalizer is not JsonObject item ? [] : item["normalizers"] is JsonArray list ? list.ToList() : [item];
        return parts.Count(part => Text(part?["type"]) == "Replace") <= 1 && parts.TrueForAll(part => Text(part?["type"]) switch
        {
            "NFC" or "NFD" or "NFKC" or "NFKD" or "Prepend" => true,
            "Replace" => Text((part!["pattern"] as JsonObject)?["String"]) is { Length: 1 } && Text(part["content"]) == "\u2581",
            _ => false,
        });
    }

    private static void Set(JsonObject root, string key, JsonNode? value)
    {
        root.Remove(key);
        if (value is not null) root[key] = value;
    }

    /// <summary>A component with sequences in sequences undone; null where nothing is left.</summary>
    private static JsonNode? Flat(JsonNode? component, string listKey, Func<JsonObject, JsonNode?> each)
    {
        var parts = new List<JsonNode>();
        Add(component, listKey, each, parts);
        return parts.Count switch
        {
            0 => null,
            1 => parts[0],
            _ => new JsonObject { ["type"] = "Sequence", [listKey] = new JsonArray([.. parts]) },
        };
    }

    private static void Add(JsonNode? component, string listKey, Func<JsonObject, JsonNode?> each, List<JsonNode> into)
    {
        if (component is null) return;
        if (component is not JsonObject item)
        {
            into.Add(component.DeepClone());
            return;
        }

        item = WithoutNulls(item);
        if (item.Count == 2 && Text(item["type"]) == "Sequence" && item[listKey] is JsonArray list)
            foreach (var part in list) Add(part, listKey, each, into);
        else if (each(item) is { } kept) into.Add(kept);
    }

    private static JsonObject Cleaned(JsonObject part, (string Type, string Key, string Json)[] defaults, (string Type, string Key)[] ignored)
    {
        var type = Text(part["type"]);
        foreach (var key in ignored.Where(i => i.Type == type).Select(i => i.Key)) part.Remove(key);
        if (type == "BertNormalizer" && part["strip_accents"] is { } accents
            && Is(accents, Is(part["lowercase"], "false") ? "false" : "true")) part.Remove("strip_accents");
        // The older spelling of the scheme: where both are there they agree, or the file is refused.
        if (type == "Metaspace" && (Is(part["add_prefix_space"], "true") || Is(part["prepend_scheme"], "\"never\""))) part.Remove("add_prefix_space");
        foreach (var (_, key, json) in defaults.Where(d => d.Type == type))
            if (Is(part[key], json)) part.Remove(key);
        return part;
    }

    // The ids around a text, whatever the special tokens are called; types of tokens and templates for pairs change no id of a text.
    private static JsonNode? PostProcessor(JsonObject part)
    {
        var type = Text(part["type"]);
        if (type == "ByteLevel") return null;
        if (type != "TemplateProcessing" || part["single"] is not JsonArray single) return part;
        var specials = part["special_tokens"] as JsonObject ?? [];
        var parts = new JsonArray();
        var texts = 0;
        foreach (var item in single)
        {
            if (item is JsonObject { Count: 1 } sequence && sequence["Sequence"] is JsonObject name && Text(name["id"]) == "A")
            {
                parts.Add((JsonNode)"A");
                texts++;
            }
            else if (item is JsonObject { Count: 1 } special && special["SpecialToken"] is JsonObject token && Text(token["id"]) is { } id
                && (specials[id] as JsonObject)?["ids"] is JsonArray ids && ids.All(i => Integer(i) is >= 0))
                foreach (var each in ids) parts.Add(each!.DeepClone());
            else return part;
        }

        if (texts != 1) return part;
        return parts.Count == 1 ? null : new JsonObject { ["type"] = "TemplateProcessing", ["single"] = parts };
    }

    private static JsonObject WithoutNulls(JsonObject item) => new(item.Where(p => p.Value is not null)
        .Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value!.DeepClone())));

    private static JsonObject Without(JsonObject item, string key) =>
        new(item.Where(p => p.Value is not null && p.Key != key).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value!.DeepClone())));
}
