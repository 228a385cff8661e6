using System.Buffers;
using Assay.Tokenization.Expressions;
using Assay.Tokenization.Subwords;

namespace Assay.Tokenization.PreTokenizers;

/// <summary>GPT-2's way: cut by its expression, then write every byte of the UTF-8 text as a printable stand-in.</summary>
/// <param name="addPrefixSpace">Whether a piece that does not begin with a space gets one.</param>
/// <param name="pattern">What to cut by; null to leave pieces whole.</param>
/// <param name="writesStandIns">False where the model reads the bytes itself.</param>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, Expression? pattern, bool writesStandIns = true) : IPreTokenizer
{
    /// <summary>The same cuts, for a model that reads bytes.</summary>
    public ByteLevelPreTokenizer WithoutStandIns() => new(addPrefixSpace, pattern, false);

    public void Split(ReadOnlySpan<char> piece, bool atStart, IPieceSink sink)
    {
        if (!addPrefixSpace || piece[0] == ' ')
        {
            Cut(piece, atStart, sink);
            return;
        }
        var longer = ArrayPool<char>.Shared.Rent(piece.Length + 1);
        longer[0] = ' ';
        piece.CopyTo(longer.AsSpan(1));
        Cut(longer.AsSpan(0, piece.Length + 1), atStart, sink);
        ArrayPool<char>.Shared.Return(longer);
    }

    private void Cut(ReadOnlySpan<char> piece, bool atStart, IPieceSink sink)
    {
        if (writesStandIns) sink = new StandInWriter(sink);
        if (pattern is null) sink.Add(piece, atStart);
        else SplitPreTokenizer.Split(pattern, SplitBehavior.Isolated, false, piece, atStart, sink);
    }

    private sealed class StandInWriter(IPieceSink next) : IPieceSink
    {
        public void Add(ReadOnlySpan<char> piece, bool atStart) => next.Add(ByteAlphabet.Encode(piece), atStart);
    }
}
