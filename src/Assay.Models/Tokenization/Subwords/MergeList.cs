using System.Text.Json;

namespace Assay.Tokenization.Subwords;

/// <summary>The merges of a file in the order in which they were learnt: where each one's halves stand in the file, not yet what they mean.</summary>
/// <param name="file">The whole file, UTF-8.</param>
internal sealed class MergeList(ReadOnlyMemory<byte> file)
{
    private (int Left, int LeftLength, int Right, int RightLength)[] _halves = new (int, int, int, int)[1024];

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

    /// <summary>Reads a list of "left right" or ["left", "right"]. The reader stands at its beginning and is left at its end.</summary>
    /// <exception cref="JsonException">The list is no JSON.</exception>
    public void Read(ref Utf8JsonReader reader)
    {
        var bad = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (Count == _halves.Length) Array.Resize(ref _halves, Count * 2);
            var start = reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.String ? Split(ref reader) : reader.TokenType == JsonTokenType.StartArray && Pair(ref reader)) Count++;
            else
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) reader.Skip();
                if (bad++ < 3) Problems.Add($"merges[{Count + bad - 1}] is neither two tokens nor 'left right': {Excerpt(start, reader.BytesConsumed)}.");
            }
        }
        if (bad > 3) Problems.Add($"{bad - 3} more merges are wrong.");
    }

    private bool Split(ref Utf8JsonReader reader)
    {
        var (start, length) = Place(ref reader);
        var text = Slice(start, length);
        var space = text.IndexOf((byte)' ');
        if (space < 0 || text[(space + 1)..].Contains((byte)' ')) return false;
        _halves[Count] = (start, space, start + space + 1, length - space - 1);
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
        _halves[Count] = (left.Start, left.Length, right.Start, right.Length);
        return true;
    }

    private (int Start, int Length) Place(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        var text = System.Text.Encoding.UTF8.GetBytes(reader.GetString()!);
        var start = file.Length + _unescaped.Count;
        _unescaped.AddRange(text);
        return (start, text.Length);
    }

    private ReadOnlySpan<byte> Slice(int start, int length)
        => start < file.Length ? file.Span.Slice(start, length) : System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_unescaped).Slice(start - file.Length, length);

    private string Excerpt(long start, long end) => Component.Shorten(System.Text.Encoding.UTF8.GetString(file.Span[(int)start..(int)end]));
}
