using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Assay.Tokenization.Subwords;

/// <summary>The merges of a file in the order in which they were learnt: where each one's halves stand in the file, not yet what they mean.</summary>
/// <param name="file">The whole file, UTF-8.</param>
internal sealed class MergeList(ReadOnlyMemory<byte> file)
{
    private (int Left, int LeftLength, int Right, int RightLength)[] _halves = new (int, int, int, int)[Math.Max(64, file.Length / 32)];
    private int _origin;

    // Halves whose spelling in the file has escapes, unescaped. They are addressed past the end of the file.
    private readonly List<byte> _unescaped = [];

    public int Count { get; private set; }

    /// <summary>What is wrong with the list; at most three entries are told apart.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>UTF-8 of the two halves of a merge.</summary>
    public void Halves(int rank, out ReadOnlySpan<byte> left, out ReadOnlySpan<byte> right)
    {
        var merge = _halves[rank];
        left = Slice(merge.Left, merge.LeftLength);
        right = Slice(merge.Right, merge.RightLength);
    }

    /// <summary>Where the list of merges seems to begin, or -1: the bracket after the last name "merges". Whether it is the model's only shows when all before it is read.</summary>
    public static int Guess(ReadOnlySpan<byte> file)
    {
        var name = "\"merges\""u8;
        var at = file.LastIndexOf(name);
        if (at < 0) return -1;
        at += name.Length;
        while (at < file.Length && file[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)':') at++;
        return at < file.Length && file[at] == (byte)'[' ? at : -1;
    }

    /// <summary>Reads a list in its usual form; false, with nothing read, where it is of another.</summary>
    /// <param name="start">Place of its opening bracket.</param>
    /// <param name="end">One past its closing bracket.</param>
    /// <exception cref="JsonException">An escape is malformed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryScan(int start, out int end)
    {
        var scanner = new ListScanner(file.Span, start);
        var read = scanner.Take((byte)'[') && (scanner.Take((byte)']') || TryScanEntries(ref scanner));
        if (!read)
        {
            Count = 0;
            _unescaped.Clear();
        }
        end = scanner.At;
        return read;
    }

    private bool TryScanEntries(ref ListScanner scanner)
    {
        do
        {
            if (Count == _halves.Length) Array.Resize(ref _halves, Count * 2);
            var pair = scanner.Take((byte)'[');
            if (!scanner.TakeString(out var start, out var length, out var escaped)) return false;
            if (escaped) (start, length) = Keep(scanner.Unescape(start, length));
            if (!pair)
            {
                if (!Split(start, length)) return false;
                continue;
            }
            if (!scanner.Take((byte)',') || !scanner.TakeString(out var right, out var rightLength, out escaped) || !scanner.Take((byte)']')) return false;
            if (escaped) (right, rightLength) = Keep(scanner.Unescape(right, rightLength));
            _halves[Count++] = (start, length, right, rightLength);
        }
        while (scanner.Take((byte)','));
        return scanner.Take((byte)']');
    }

    /// <summary>Reads a list of "left right" or ["left", "right"]. The reader stands at its beginning and is left at its end.</summary>
    /// <param name="reader">Reads the file from <paramref name="origin"/> on.</param>
    /// <param name="origin">Place in the file of the reader's first byte.</param>
    /// <exception cref="JsonException">The list is no JSON.</exception>
    public void Read(ref Utf8JsonReader reader, int origin)
    {
        _origin = origin;
        var bad = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Count == _halves.Length) Array.Resize(ref _halves, Count * 2);
            var start = origin + (int)reader.TokenStartIndex;
            var good = reader.TokenType == JsonTokenType.StartArray && Pair(ref reader);
            if (reader.TokenType == JsonTokenType.String)
            {
                var (text, length) = Place(ref reader);
                good = Split(text, length);
            }
            if (!good)
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) reader.Skip();
                if (bad++ < 3) Problems.Add($"merges[{Count + bad - 1}] is neither two tokens nor 'left right': {Excerpt(start, origin + (int)reader.BytesConsumed)}.");
            }
        }
        if (bad > 3) Problems.Add($"{bad - 3} more merges are wrong.");
    }

    private bool Split(int start, int length)
    {
        var text = Slice(start, length);
        var space = text.IndexOf((byte)' ');
        if (space < 0 || text[(space + 1)..].Contains((byte)' ')) return false;
        _halves[Count++] = (start, space, start + space + 1, length - space - 1);
        return true;
    }

    // Left at the end of the pair where it is one, anywhere in it where it is not.
    private bool Pair(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        var (count, good) = (0, true);
        (int Start, int Length) left = default, right = default;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
        {
            good &= reader.TokenType == JsonTokenType.String && count < 2;
            if (good && count == 0) left = Place(ref reader);
            else if (good) right = Place(ref reader);
            count++;
        }
        if (!good || count != 2) return false;
        _halves[Count++] = (left.Start, left.Length, right.Start, right.Length);
        return true;
    }

    private (int Start, int Length) Place(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return (_origin + (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        return Keep(System.Text.Encoding.UTF8.GetBytes(reader.GetString()!));
    }

    private (int Start, int Length) Keep(byte[] text)
    {
        var start = file.Length + _unescaped.Count;
        _unescaped.AddRange(text);
        return (start, text.Length);
    }

    private ReadOnlySpan<byte> Slice(int start, int length)
        => start < file.Length ? file.Span.Slice(start, length) : System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_unescaped).Slice(start - file.Length, length);

    private string Excerpt(int start, int end) => Component.Shorten(System.Text.Encoding.UTF8.GetString(file.Span[start..end]));
}
