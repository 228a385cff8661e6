using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Assay.Checkpoints;
using Assay.Tokenization.Subwords;

namespace Assay.Tokenization;

/// <summary>A tokenizer.json taken apart: its two long lists, vocabulary and merges, read straight from the bytes, and all the rest, which is short, as a document.</summary>
internal sealed class TokenizerFile : IDisposable
{
    /// <summary>After so many wrong entries nobody needs more.</summary>
    private const int MaxProblems = 20;

    private readonly string _name;

    private TokenizerFile(ReadOnlyMemory<byte> bytes, string name)
    {
        _name = name;
        Merges = new MergeList(bytes);
        Rest = Take(bytes.Span);
    }

    /// <summary>The file without the entries of its vocabulary and merges.</summary>
    public JsonDocument Rest { get; }

    /// <summary>The tokens; null where the model has no vocabulary.</summary>
    public TokenVocabulary? Vocabulary { get; private set; }

    /// <summary>Score of each token by its place, where the vocabulary is a list of pairs (Unigram); otherwise null.</summary>
    public double[]? Scores { get; private set; }

    /// <summary>The merges; empty where the model has none.</summary>
    public MergeList Merges { get; }

    /// <summary>What is wrong with the vocabulary.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Takes a file apart.</summary>
    /// <exception cref="InvalidInputException">Not valid JSON in valid UTF-8.</exception>
    public static TokenizerFile Read(ReadOnlyMemory<byte> bytes, string name)
    {
        try
        {
            if (!Utf8.IsValid(bytes.Span)) throw new InvalidInputException($"{name}: byte {FirstInvalid(bytes.Span)} is not UTF-8, which is expected of all text. Fetch the file again.");
            return new TokenizerFile(bytes, name);
        }
        // A string that is no valid Unicode, or a number beyond its type, shows itself only when it is read.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidInputException($"{name}: not valid JSON in valid UTF-8: {broken.Message}", broken);
        }
    }

    public void Dispose() => Rest.Dispose();

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; ;)
        {
            if (System.Text.Rune.DecodeFromUtf8(bytes[at..], out _, out var length) != OperationStatus.Done) return at;
            at += length;
        }
    }

    private JsonDocument Take(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        List<(int Start, int End)> cuts = [];
        if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var model = reader.ValueTextEquals("model"u8);
                reader.Read();
                if (model && reader.TokenType == JsonTokenType.StartObject) TakeModel(ref reader, cuts);
                else reader.Skip();
            }
        }
        else reader.Skip();
        while (reader.Read())
        {
            // To the end of the file, so that whatever follows is an error.
        }
        var rest = new ArrayBufferWriter<byte>(Math.Max(256, bytes.Length - cuts.Sum(cut => cut.End - cut.Start)));
        var from = 0;
        foreach (var (start, end) in cuts)
        {
            // The brackets stay.
            rest.Write(bytes[from..(start + 1)]);
            from = end - 1;
        }
        rest.Write(bytes[from..]);
        return JsonDocument.Parse(rest.WrittenMemory);
    }

    private void TakeModel(ref Utf8JsonReader reader, List<(int Start, int End)> cuts)
    {
        var merged = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var vocabulary = reader.ValueTextEquals("vocab"u8);
            var merges = reader.ValueTextEquals("merges"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (vocabulary && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (Vocabulary is not null) Problem("is there twice.");
                Vocabulary = new TokenVocabulary(1 << 16);
                if (reader.TokenType == JsonTokenType.StartObject) TakeMap(ref reader, Vocabulary);
                else TakeScores(ref reader, Vocabulary);
            }
            else if (merges && reader.TokenType == JsonTokenType.StartArray)
            {
                if (merged) Problems.Add($"{_name}.model: 'merges' is there twice.");
                merged = true;
                Merges.Read(ref reader);
            }
            else
            {
                reader.Skip();
                continue;
            }
            cuts.Add((start, (int)reader.BytesConsumed));
        }
    }

    private void TakeMap(ref Utf8JsonReader reader, TokenVocabulary vocabulary)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var escaped = reader.ValueIsEscaped ? reader.GetString() : null;
            var token = escaped is null ? reader.ValueSpan : System.Text.Encoding.UTF8.GetBytes(escaped);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id) || id < 0)
            {
                Problem($"'{Name(token)}' must have an integer id of 0 or more.");
                reader.Skip();
            }
            else if (!vocabulary.TryAdd(token, id)) Problem($"'{Name(token)}' occurs twice.");
        }
    }

    private void TakeScores(ref Utf8JsonReader reader, TokenVocabulary vocabulary)
    {
        List<double> scores = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var depth = reader.CurrentDepth;
            string? token = null;
            double? score = null;
            var good = reader.TokenType == JsonTokenType.StartArray;
            if (!good) reader.Skip();
            else
            {
                while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
                {
                    if (token is null && reader.TokenType == JsonTokenType.String) token = reader.GetString();
                    else if (token is not null && score is null && reader.TokenType == JsonTokenType.Number) score = reader.GetDouble();
                    else good = false;
                }
            }
            if (!good || token is null || score is not { } value || !double.IsFinite(value)) Problem($"entry {scores.Count} must be a token and its score.");
            else if (!vocabulary.TryAdd(System.Text.Encoding.UTF8.GetBytes(token), scores.Count)) Problem($"'{Component.Shorten(token)}' occurs twice.");
            scores.Add(score ?? 0);
        }
        Scores = [.. scores];
    }

    private static string Name(ReadOnlySpan<byte> token) => Component.Shorten(System.Text.Encoding.UTF8.GetString(token));

    private void Problem(string text)
    {
        if (Problems.Count < MaxProblems) Problems.Add($"{_name}.model.vocab: {text}");
    }
}
