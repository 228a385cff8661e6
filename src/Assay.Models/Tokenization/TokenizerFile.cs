using System.Buffers;
using System.Runtime.CompilerServices;
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

    /// <summary>Below so many bytes a second thread is not worth starting.</summary>
    private const int Long = 1 << 20;

    private readonly string _name;
    private readonly ReadOnlyMemory<byte> _bytes;

    // The merges, read by another thread from where they seem to begin, and where they end.
    private readonly Task<(MergeList List, int End)>? _ahead;
    private readonly int _guess = -1;
    private bool _used;

    private TokenizerFile(ReadOnlyMemory<byte> bytes, string name, int guess)
    {
        _name = name;
        _bytes = bytes;
        if (guess > 0)
        {
            _guess = guess;
            _ahead = Task.Run(ReadAhead);
        }
        if (!Utf8.IsValid(bytes.Span)) throw new InvalidInputException($"{name}: byte {FirstInvalid(bytes.Span)} is not UTF-8, which is expected of all text. Fetch the file again.");
        Rest = Take();
    }

    /// <summary>The file without the entries of its vocabulary and merges.</summary>
    public JsonDocument Rest { get; }

    /// <summary>The tokens; null where the model has no vocabulary.</summary>
    public TokenVocabulary? Vocabulary { get; private set; }

    /// <summary>Score of each token by its place, where the vocabulary is a list of pairs (Unigram); otherwise null.</summary>
    public double[]? Scores { get; private set; }

    /// <summary>The merges; empty where the model has none.</summary>
    public MergeList Merges { get; private set; } = new(default);

    /// <summary>What is wrong with the vocabulary.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Takes a file apart.</summary>
    /// <exception cref="InvalidInputException">Not valid JSON in valid UTF-8.</exception>
    public static TokenizerFile Read(ReadOnlyMemory<byte> bytes, string name)
    {
        JsonSurrogates.Refuse(bytes.Span, name);
        try
        {
            // Vocabulary and merges are each half of the file; both at once, where the guess about the second one's place proves right.
            var guess = bytes.Length >= Long && Environment.ProcessorCount > 1 ? MergeList.Guess(bytes.Span) : -1;
            return (guess > 0 ? TryAhead(bytes, name, guess) : null) ?? new TokenizerFile(bytes, name, -1);
        }
        // A string that is no valid Unicode, or a number beyond its type, shows itself only when it is read.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidInputException($"{name}: not valid JSON in valid UTF-8: {ProblemList.Quote(broken.Message)}", broken);
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

    private static TokenizerFile? TryAhead(ReadOnlyMemory<byte> bytes, string name, int guess)
    {
        try
        {
            var file = new TokenizerFile(bytes, name, guess);
            if (file._used) return file;
            file.Dispose();
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException or AggregateException)
        {
            // Reading in order says what is wrong, and where.
        }
        return null;
    }

    private (MergeList List, int End) ReadAhead()
    {
        var list = new MergeList(_bytes);
        return list.TryScan(_guess, out var end) ? (list, end) : throw new JsonException("The merges are not of the usual form.");
    }

    private JsonDocument Take()
    {
        var bytes = _bytes.Span;
        var reader = _ahead is null ? new Utf8JsonReader(bytes) : new Utf8JsonReader(bytes[..(_guess + 1)], false, default);
        List<(int Start, int End)> cuts = [];
        if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var model = reader.ValueTextEquals("model"u8);
                reader.Read();
                if (model && reader.TokenType == JsonTokenType.StartObject) TakeModel(ref reader, cuts);
                else Skip(ref reader);
            }
        }
        else Skip(ref reader);
        while (reader.Read())
        {
            // To the end of the file, so that whatever follows is an error.
        }
        var rest = new MemoryStream();
        var from = 0;
        foreach (var (start, end) in cuts)
        {
            // The brackets stay.
            rest.Write(bytes[from..(start + 1)]);
            from = end - 1;
        }
        rest.Write(bytes[from..]);
        return JsonDocument.Parse(rest.GetBuffer().AsMemory(0, (int)rest.Length), new JsonDocumentOptions { AllowDuplicateProperties = Problems.Count > 0 });
    }

    private void TakeModel(ref Utf8JsonReader reader, List<(int Start, int End)> cuts)
    {
        var (merged, origin) = (false, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var vocabulary = reader.ValueTextEquals("vocab"u8);
            var merges = reader.ValueTextEquals("merges"u8);
            reader.Read();
            var start = origin + (int)reader.TokenStartIndex;
            if (vocabulary && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (Vocabulary is not null) Problem("is there twice.");
                Vocabulary = new TokenVocabulary(_bytes.Length / 40);
                if (reader.TokenType == JsonTokenType.StartArray) TakeScores(ref reader, Vocabulary);
                else if (TryScanMap(start, Vocabulary, out var end)) Jump(ref reader, ref origin, end);
                else
                {
                    Vocabulary = new TokenVocabulary(_bytes.Length / 40);
                    TakeMap(ref reader, Vocabulary);
                }
            }
            else if (merges && reader.TokenType == JsonTokenType.StartArray)
            {
                if (merged) Problems.Add($"{_name}.model: 'merges' is there twice.");
                merged = true;
                TakeMerges(ref reader, ref origin, start);
            }
            else
            {
                Skip(ref reader);
                continue;
            }
            cuts.Add((start, origin + (int)reader.BytesConsumed));
        }
    }

    private void TakeMerges(ref Utf8JsonReader reader, ref int origin, int start)
    {
        if (_ahead is not null && start == _guess)
        {
            (Merges, var end) = _ahead.Result;
            _used = true;
            Jump(ref reader, ref origin, end);
            return;
        }
        Merges = new MergeList(_bytes);
        if (Merges.TryScan(start, out var scanned)) Jump(ref reader, ref origin, scanned);
        else Merges.Read(ref reader, origin);
    }

    // Goes on at the closing bracket of a list, as if there had been nothing in it.
    private void Jump(ref Utf8JsonReader reader, ref int origin, int end)
    {
        origin = end - 1;
        var last = _ahead is null || _used;
        reader = new Utf8JsonReader(last ? _bytes.Span[origin..] : _bytes.Span[origin..(_guess + 1)], last, reader.CurrentState);
        reader.Read();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryScanMap(int start, TokenVocabulary vocabulary, out int end)
    {
        var bytes = _bytes.Span;
        var scanner = new ListScanner(bytes, start);
        end = 0;
        if (!scanner.Take((byte)'{')) return false;
        if (!scanner.Take((byte)'}'))
        {
            do
            {
                if (!scanner.TakeString(out var at, out var length, out var escaped) || !scanner.Take((byte)':') || !scanner.TakeNumber(out var id)) return false;
                if (id > TokenVocabulary.LargestId || !vocabulary.TryAdd(escaped ? scanner.Unescape(at, length) : bytes.Slice(at, length), id)) return false;
            }
            while (scanner.Take((byte)','));
            if (!scanner.Take((byte)'}')) return false;
        }
        end = scanner.At;
        return true;
    }

    // What ends where the merges only seemed to begin is no error yet; the file is then read in order.
    private static void Skip(ref Utf8JsonReader reader)
    {
        if (!reader.TrySkip()) throw new JsonException("The merges are not where they seemed to be.");
    }

    private void TakeMap(ref Utf8JsonReader reader, TokenVocabulary vocabulary)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var escaped = reader.ValueIsEscaped ? reader.GetString() : null;
            var token = escaped is null ? reader.ValueSpan : System.Text.Encoding.UTF8.GetBytes(escaped);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id) || id is < 0 or > TokenVocabulary.LargestId)
            {
                Problem($"'{Name(token)}' must have an integer id from 0 to {TokenVocabulary.LargestId}.");
                Skip(ref reader);
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
            if (!good) Skip(ref reader);
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
