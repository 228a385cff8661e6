using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Assay.Checkpoints.Gguf;

/// <summary>Writes the tokenizer.json and tokenizer_config.json that a GGUF file's vocabulary stands for.</summary>
/// <remarks>Two kinds: <c>gpt2</c>, byte-level BPE as it is, cut as <c>tokenizer.ggml.pre</c> says; <c>llama</c>, SentencePiece BPE, whose pairs
/// are ranked by the score of what they make, as llama.cpp joins them and transformers converts them (convert_slow_tokenizer.py, generate_merges).</remarks>
internal sealed class GgufVocabulary
{
    private const int MaxTokenLength = 256; // Longer ones are matched whole or not at all: their halves cost length squared.
    private const int MaxTokens = 1 << 24;
    private const long Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    // Ids of special tokens and marks for fill-in-the-middle change nothing in how a text is read.
    private static readonly string[] Known =
    [
        "model", "pre", "tokens", "token_type", "token_type_count", "scores", "merges", "bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id", "unknown_token_id", "padding_token_id", "seperator_token_id",
        "cls_token_id", "mask_token_id", "prefix_token_id", "suffix_token_id", "middle_token_id", "fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id",
        "add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix", "remove_extra_whitespaces", "precompiled_charsmap", "hf_json",
    ];

    private readonly string path;
    private readonly IReadOnlyDictionary<string, GgufValue> metadata;
    private readonly string[] tokens;
    private readonly long[] types;

    private GgufVocabulary(string path, IReadOnlyDictionary<string, GgufValue> metadata)
    {
        this.path = path;
        this.metadata = metadata;
        foreach (var (key, value) in metadata)
            if (key.StartsWith("tokenizer.ggml.", StringComparison.Ordinal) && !Known.Contains(key["tokenizer.ggml.".Length..]))
                throw Refused($"metadata {ProblemList.Quote(key)} ({value.Show()}) is not known; it may change how texts are read. Use the checkpoint that the file was made from.");
        if (Find("tokens") is not { } list) throw Refused("metadata 'tokenizer.ggml.tokens' is missing. Convert the model again.");
        if (list.Count > MaxTokens) throw Refused($"metadata 'tokenizer.ggml.tokens' has {list.Count} entries; at most {MaxTokens} are read.");
        tokens = list.Texts();
        types = Find("token_type") is { } kinds ? kinds.Wholes() : Enumerable.Repeat(1L, tokens.Length).ToArray();
        if (types.Length != tokens.Length) throw Refused($"metadata 'tokenizer.ggml.token_type' has {types.Length} entries; there are {tokens.Length} tokens. Convert the model again.");
        foreach (var type in types)
            if (type is < 1 or > 6) throw Refused($"metadata 'tokenizer.ggml.token_type' has {type}; 1 to 6 are known. Convert the model again.");
        if (Flag("remove_extra_whitespaces", false)) throw Refused("metadata 'tokenizer.ggml.remove_extra_whitespaces' is true, which is not supported. Use the checkpoint that the file was made from.");
        if (Flag("add_sep_token", false)) throw Refused("metadata 'tokenizer.ggml.add_sep_token' is true, which is not supported. Use the checkpoint that the file was made from.");
        if (Find("precompiled_charsmap") is not null) throw Refused("metadata 'tokenizer.ggml.precompiled_charsmap' is there: the tokenizer normalises by a table, which is not supported. Use the checkpoint that the file was made from.");
    }

    /// <summary>Whether a file has a vocabulary.</summary>
    public static bool IsIn(IReadOnlyDictionary<string, GgufValue> metadata) =>
        metadata.TryGetValue("tokenizer.ggml.model", out var model) && !(model.Type == GgufValueType.String && model.Text() is "none" or "no_vocab");

    /// <summary>The text of tokenizer.json; null where the file has no vocabulary.</summary>
    /// <exception cref="InvalidInputException">A vocabulary of another kind, an unknown way of cutting words, or broken lists.</exception>
    public static string? Tokenizer(string path, IReadOnlyDictionary<string, GgufValue> metadata)
    {
        if (!IsIn(metadata)) return null;
        var model = metadata["tokenizer.ggml.model"].Text();
        return model switch
        {
            "gpt2" => new GgufVocabulary(path, metadata).ByteLevel(),
            "llama" => new GgufVocabulary(path, metadata).SentencePiece(),
            _ => throw new InvalidInputException($"{path}: metadata 'tokenizer.ggml.model' is {ProblemList.Quote(model)}; gpt2, llama and none are supported. Use the checkpoint that the file was made from."),
        };
    }

    /// <summary>The text of tokenizer_config.json: special tokens and chat templates; null where there is nothing to say.</summary>
    public static string? TokenizerConfig(IReadOnlyDictionary<string, GgufValue> metadata)
    {
        var names = IsIn(metadata) && metadata.TryGetValue("tokenizer.ggml.tokens", out var list) ? list.Texts() : [];
        const string prefix = "tokenizer.chat_template.";
        var template = metadata.TryGetValue("tokenizer.chat_template", out var main) ? main.Text() : null;
        var named = metadata.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(pair => (Name: pair.Key[prefix.Length..], Text: pair.Value.Text())).ToList();
        if (names.Length == 0 && template is null && named.Count == 0) return null;
        return Json(json =>
        {
            foreach (var (role, key) in (ReadOnlySpan<(string, string)>)[("bos_token", "bos_token_id"), ("eos_token", "eos_token_id"), ("pad_token", "padding_token_id"), ("unk_token", "unknown_token_id")])
                if (metadata.TryGetValue("tokenizer.ggml." + key, out var value) && value.Whole() is var id && id >= 0 && id < names.Length) json.WriteString(role, names[id]);
            if (named.Count == 0)
            {
                if (template is not null) json.WriteString("chat_template", template);
                return;
            }
            json.WriteStartArray("chat_template");
            if (template is not null) named.Insert(0, ("default", template));
            foreach (var (name, text) in named)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("template", text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private string ByteLevel()
    {
        var name = Find("pre")?.Text();
        if (name is null or "default")
            throw Refused($"metadata 'tokenizer.ggml.pre' is {(name is null ? "missing" : "'default'")}: how words are cut is not known, and llama.cpp guesses. Convert the model again with a newer converter.");
        var pre = GgufPreTokenizers.Find(name) ?? throw Refused($"metadata 'tokenizer.ggml.pre' is {ProblemList.Quote(name)}, which is not known; known: {GgufPreTokenizers.Names}. Use the checkpoint that the file was made from.");
        var merges = Find("merges")?.Texts() ?? throw Refused("metadata 'tokenizer.ggml.merges' is missing. Convert the model again.");
        return Json(json =>
        {
            AddedTokens(json, rightStripped: false, normalised: false);
            json.WriteNull("normalizer");
            json.WriteStartObject("pre_tokenizer");
            json.WriteString("type", "Sequence");
            json.WriteStartArray("pretokenizers");
            foreach (var expression in pre.Expressions)
            {
                json.WriteStartObject();
                json.WriteString("type", "Split");
                json.WriteStartObject("pattern");
                json.WriteString("Regex", expression);
                json.WriteEndObject();
                json.WriteString("behavior", "Isolated");
                json.WriteBoolean("invert", false);
                json.WriteEndObject();
            }
            json.WriteStartObject();
            json.WriteString("type", "ByteLevel");
            json.WriteBoolean("add_prefix_space", Flag("add_space_prefix", false));
            json.WriteBoolean("trim_offsets", true);
            json.WriteBoolean("use_regex", false);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            Ends(json, pre.AddBos, null, null);
            json.WriteStartObject("decoder");
            json.WriteString("type", "ByteLevel");
            json.WriteBoolean("add_prefix_space", true);
            json.WriteBoolean("trim_offsets", true);
            json.WriteBoolean("use_regex", true);
            json.WriteEndObject();
            Model(json, null, fused: false, pre.IgnoreMerges);
            // What pads the vocabulary to a round number is no token.
            Vocabulary(json, i => types[i] != Unused);
            json.WriteStartArray("merges");
            foreach (var merge in merges)
            {
                // A token may begin with a space.
                var space = merge.IndexOf(' ', Math.Min(1, merge.Length));
                if (space < 0) throw Refused($"metadata 'tokenizer.ggml.merges' holds {ProblemList.Quote(merge)}; two tokens are expected. Convert the model again.");
                Pair(json, merge[..space], merge[(space + 1)..]);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private string SentencePiece()
    {
        var scores = Find("scores")?.Reals() ?? throw Refused("metadata 'tokenizer.ggml.scores' is missing. Convert the model again.");
        if (scores.Length < tokens.Length) throw Refused($"metadata 'tokenizer.ggml.scores' has {scores.Length} entries; there are {tokens.Length} tokens. Convert the model again.");
        var prefix = Flag("add_space_prefix", true);
        var unknown = Find("unknown_token_id") is { } given ? given.Whole() : 0;
        if (unknown < 0 || unknown >= tokens.Length) throw Refused($"metadata 'tokenizer.ggml.unknown_token_id' is {unknown}; there are {tokens.Length} tokens. Convert the model again.");
        // As llama.cpp has it: files of Phi-3 do not say that white space after a special token is dropped.
        var name = metadata.TryGetValue("general.name", out var title) && title.Type == GgufValueType.String ? title.Text() : "";
        var phi = name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || name.Contains("phi3", StringComparison.OrdinalIgnoreCase);
        // Files from before that key stand for tokenizers of their time: transformers then matched special tokens in the normalised text.
        var old = Find("add_bos_token") is null;
        return Json(json =>
        {
            AddedTokens(json, phi, old);
            json.WriteStartObject("normalizer");
            json.WriteString("type", "Sequence");
            json.WriteStartArray("normalizers");
            if (prefix)
            {
                json.WriteStartObject();
                json.WriteString("type", "Prepend");
                json.WriteString("prepend", "▁");
                json.WriteEndObject();
            }
            Replace(json, " ", "▁");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteNull("pre_tokenizer");
            Ends(json, true, 1, 2);
            json.WriteStartObject("decoder");
            json.WriteString("type", "Sequence");
            json.WriteStartArray("decoders");
            Replace(json, "▁", " ");
            foreach (var type in (ReadOnlySpan<string>)["ByteFallback", "Fuse"])
            {
                json.WriteStartObject();
                json.WriteString("type", type);
                json.WriteEndObject();
            }
            if (prefix)
            {
                json.WriteStartObject();
                json.WriteString("type", "Strip");
                json.WriteString("content", " ");
                json.WriteNumber("start", 1);
                json.WriteNumber("stop", 0);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            Model(json, tokens[unknown], fused: true, ignoreMerges: false);
            Vocabulary(json, i => !IsPadding(i));
            json.WriteStartArray("merges");
            foreach (var (left, right) in Merges(scores)) Pair(json, left, right);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>All pairs that make a token, best score first; of one token those with the longer left half first.</summary>
    private IEnumerable<(string Left, string Right)> Merges(float[] scores)
    {
        var ids = new Dictionary<string, int>(tokens.Length, StringComparer.Ordinal);
        for (var i = 0; i < tokens.Length; i++)
            if (Joins(i)) ids.TryAdd(tokens[i], i);
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var found = new List<(float Score, int LeftLength, int Left, int Right, int Order)>();
        for (var i = 0; i < tokens.Length; i++)
        {
            var token = tokens[i];
            if (!Joins(i) || token.Length > MaxTokenLength) continue;
            if (!float.IsFinite(scores[i])) throw Refused($"metadata 'tokenizer.ggml.scores' holds {scores[i]} for token {i}; finite numbers are expected. Convert the model again.");
            var characters = 1;
            for (var at = 1; at < token.Length; at++)
            {
                if (char.IsLowSurrogate(token[at])) continue;
                if (lookup.TryGetValue(token.AsSpan(0, at), out var left) && lookup.TryGetValue(token.AsSpan(at), out var right)) found.Add((scores[i], characters, left, right, i));
                characters++;
            }
        }
        return found.OrderByDescending(m => m.Score).ThenByDescending(m => m.LeftLength).ThenByDescending(m => Characters(tokens[m.Right])).ThenBy(m => m.Order)
            .Select(m => (tokens[m.Left], tokens[m.Right]));
    }

    private static int Characters(string text) => text.Count(c => !char.IsLowSurrogate(c));

    // Special tokens are matched in the text itself, bytes are put in where all else fails: neither is joined.
    private bool Joins(int id) => types[id] is not (Unknown or Control or Byte) && !IsPadding(id);

    private bool IsPadding(int id) => types[id] == Unused && tokens[id].StartsWith("[PAD", StringComparison.Ordinal);

    private void AddedTokens(Utf8JsonWriter json, bool rightStripped, bool normalised)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (var i = 0; i < tokens.Length; i++)
        {
            if (types[i] is not (Unknown or Control or UserDefined) || tokens[i].Length == 0) continue;
            json.WriteStartObject();
            json.WriteNumber("id", i);
            json.WriteString("content", tokens[i]);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", rightStripped && tokens[i] is not ("<unk>" or "<s>" or "<|endoftext|>"));
            json.WriteBoolean("normalized", normalised && types[i] != UserDefined);
            json.WriteBoolean("special", types[i] != UserDefined);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // Spelled as the tokenizers library writes it, so that equal tokenizers have equal files.
    private static void Model(Utf8JsonWriter json, string? unknown, bool fused, bool ignoreMerges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", unknown);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", fused);
        json.WriteBoolean("byte_fallback", fused);
        json.WriteBoolean("ignore_merges", ignoreMerges);
    }

    private static void Pair(Utf8JsonWriter json, string left, string right)
    {
        json.WriteStartArray();
        json.WriteStringValue(left);
        json.WriteStringValue(right);
        json.WriteEndArray();
    }

    private void Vocabulary(Utf8JsonWriter json, Func<int, bool> counts)
    {
        json.WriteStartObject("vocab");
        for (var i = 0; i < tokens.Length; i++)
            if (counts(i)) json.WriteNumber(tokens[i], i);
        json.WriteEndObject();
    }

    private void Ends(Utf8JsonWriter json, bool addBos, long? defaultBos, long? defaultEos)
    {
        var bos = Flag("add_bos_token", addBos) ? Id("bos_token_id", defaultBos, "add_bos_token") : null;
        var eos = Flag("add_eos_token", false) ? Id("eos_token_id", defaultEos, "add_eos_token") : null;
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach (var (name, texts) in (ReadOnlySpan<(string, string[])>)[("single", ["A"]), ("pair", ["A", "B"])])
        {
            json.WriteStartArray(name);
            foreach (var text in texts)
            {
                if (bos is { } first) Item(json, "SpecialToken", tokens[first]);
                Item(json, "Sequence", text);
                if (eos is { } last) Item(json, "SpecialToken", tokens[last]);
            }
            json.WriteEndArray();
        }
        json.WriteStartObject("special_tokens");
        foreach (var id in new[] { bos, eos }.OfType<long>().Distinct())
        {
            json.WriteStartObject(tokens[id]);
            json.WriteString("id", tokens[id]);
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(tokens[id]);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Item(Utf8JsonWriter json, string kind, string id)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Replace(Utf8JsonWriter json, string pattern, string content)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        json.WriteStartObject("pattern");
        json.WriteString("String", pattern);
        json.WriteEndObject();
        json.WriteString("content", content);
        json.WriteEndObject();
    }

    private long? Id(string key, long? absent, string asked)
    {
        var id = Find(key) is { } value ? value.Whole() : absent ?? throw Refused($"metadata 'tokenizer.ggml.{asked}' asks for a token, but 'tokenizer.ggml.{key}' is missing. Convert the model again.");
        return id >= 0 && id < tokens.Length ? id : throw Refused($"metadata 'tokenizer.ggml.{key}' is {id}; there are {tokens.Length} tokens. Convert the model again.");
    }

    private bool Flag(string key, bool absent) => Find(key) is { } value ? value.Flag() : absent;

    private GgufValue? Find(string key) => metadata.GetValueOrDefault("tokenizer.ggml." + key);

    private InvalidInputException Refused(string problem) => new($"{path}: {problem}");

    private static string Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
