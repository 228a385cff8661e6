using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Packaging;

/// <summary>A tokenizer.json as what it does to text: one spelling for files that give the same ids and the same text back.</summary>
/// <remarks>Left out is what changes neither: the version, truncation and padding (batches set their own), templates for pairs of texts,
/// offsets, keys that are null or have their default. A part of another form than the known ones stays as the file has it.</remarks>
/// <param name="Rest">All but vocabulary and merges; added tokens by their text.</param>
/// <param name="Vocabulary">Id, or place and score, of each token; null where the model has none or the list is of another form.</param>
/// <param name="Merges">Both halves of each merge; null where the model has none or the list is of another form.</param>
internal sealed record TokenizerContents(JsonObject Rest, IReadOnlyDictionary<string, string>? Vocabulary, IReadOnlyList<(string Left, string Right)>? Merges)
{
    /// <summary>Keys of the outermost object that change no id and no text.</summary>
    public static readonly IReadOnlySet<string> Ignored = new HashSet<string>(StringComparer.Ordinal) { "version", "truncation", "padding" };

    /// <summary>The post-processor's ids before and after a text; null where it is of another form.</summary>
    public (IReadOnlyList<int> Before, IReadOnlyList<int> After)? Around => TokenizerComponents.Around(Rest["post_processor"]);

    /// <summary>Added tokens by text; empty where the list is of another form.</summary>
    public JsonObject Added => Rest["added_tokens"] as JsonObject ?? [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">Not JSON, or not an object.</exception>
    public static TokenizerContents Parse(string json, string source)
    {
        using var document = CanonicalJson.Parse(json, source);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidInputException(
            $"{source}: the file holds {document.RootElement.ValueKind}; a JSON object is expected. Fetch the file again.");
        try
        {
            return Read(document.RootElement, source);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException($"{source}: a string holds half of a surrogate pair, which is no text. Fetch the file again.", e);
        }
    }

    /// <summary>One text for each key; equal texts are equal behaviour.</summary>
    public IEnumerable<(string Key, string Text)> Parts()
    {
        foreach (var (key, value) in Rest)
        {
            if (key != "model") yield return (key, Canonical(value!));
            else
                foreach (var (inner, each) in (JsonObject)value!) yield return ($"model.{inner}", Canonical(each!));
        }

        if (Vocabulary is not null) yield return ("model.vocab", Write(json =>
        {
            foreach (var (token, id) in Vocabulary.OrderBy(t => t.Key, StringComparer.Ordinal))
            {
                json.WriteStringValue(token);
                json.WriteStringValue(id);
            }
        }));
        if (Merges is not null) yield return ("model.merges", Write(json =>
        {
            foreach (var (left, right) in Merges)
            {
                json.WriteStringValue(left);
                json.WriteStringValue(right);
            }
        }));
    }

    /// <summary>The id of a token, added or not; null where none has the text.</summary>
    public int? IdOf(string token)
    {
        var text = (Added[token] as JsonObject)?["id"]?.ToJsonString() ?? Vocabulary?.GetValueOrDefault(token);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    private static TokenizerContents Read(JsonElement root, string source)
    {
        IReadOnlyDictionary<string, string>? vocabulary = null;
        IReadOnlyList<(string, string)>? merges = null;
        var rest = new JsonObject();
        foreach (var property in root.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null || Ignored.Contains(property.Name)) continue;
            if (property.Name == "model" && property.Value.ValueKind == JsonValueKind.Object) rest["model"] =
                Model(property.Value, source, out vocabulary, out merges);
            else rest[property.Name] = Node(property.Value, source);
        }

        TokenizerComponents.Normalize(rest);
        TokenizerComponents.AddedTokens(rest);
        return new TokenizerContents(rest, vocabulary, merges);
    }

    private static JsonObject Model(JsonElement model, string source, out IReadOnlyDictionary<string, string>? vocabulary,
        out IReadOnlyList<(string, string)>? merges)
    {
        (vocabulary, merges) = (null, null);
        var result = new JsonObject();
        foreach (var property in model.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            if (property.Name == "vocab" && (vocabulary = Tokens(property.Value, source)) is not null) continue;
            if (property.Name == "merges" && (merges = Pairs(property.Value)) is not null) continue;
            result[property.Name] = Node(property.Value, source);
        }

        // As the tokenizer's reader has it: a model with merges and without a type is BPE.
        if (!result.ContainsKey("type") && model.TryGetProperty("merges", out _)) result["type"] = "BPE";
        TokenizerComponents.Model(result);
        return result;
    }

    private static Dictionary<string, string>? Tokens(JsonElement vocabulary, string source)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        if (vocabulary.ValueKind == JsonValueKind.Object)
        {
            foreach (var token in vocabulary.EnumerateObject())
                tokens.Add(token.Name, token.Value.ValueKind == JsonValueKind.Number ? CanonicalJson.FormatNumber(token.Value.GetRawText())
                    : CanonicalJson.Format(token.Value, source));
            return tokens;
        }

        if (vocabulary.ValueKind != JsonValueKind.Array) return null;
        var place = 0;
        foreach (var token in vocabulary.EnumerateArray())
        {
            if (token.ValueKind != JsonValueKind.Array || token.GetArrayLength() != 2 || token[0].ValueKind != JsonValueKind.String
                || token[1].ValueKind != JsonValueKind.Number) return null;
            if (!tokens.TryAdd(token[0].GetString()!, string.Create(CultureInfo.InvariantCulture,
                $"{place++} with score {CanonicalJson.FormatNumber(token[1].GetRawText())}"))) return null;
        }

        return tokens;
    }

    /// <summary>Pairs, and texts of two tokens with a space between them, are the same merges.</summary>
    private static List<(string, string)>? Pairs(JsonElement merges)
    {
        if (merges.ValueKind != JsonValueKind.Array) return null;
        var pairs = new List<(string, string)>(merges.GetArrayLength());
        foreach (var merge in merges.EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.String)
            {
                var text = merge.GetString()!;
                var space = text.IndexOf(' ', StringComparison.Ordinal);
                if (space < 0 || text.IndexOf(' ', space + 1) >= 0) return null;
                pairs.Add((text[..space], text[(space + 1)..]));
            }
            else if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String
                && merge[1].ValueKind == JsonValueKind.String)
                pairs.Add((merge[0].GetString()!, merge[1].GetString()!));
            else return null;
        }

        return pairs;
    }

    private static JsonNode Node(JsonElement value, string source) => JsonNode.Parse(CanonicalJson.Format(value, source))!;

    private static string Canonical(JsonNode node) => CanonicalJson.Format(node.ToJsonString(), "tokenizer.json");

    private static string Write(Action<Utf8JsonWriter> values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            values(json);
            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
