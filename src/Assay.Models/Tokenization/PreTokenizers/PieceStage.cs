using Assay.Tokenization.Subwords;

namespace Assay.Tokenization.PreTokenizers;

/// <summary>One pre-tokenizer of a chain: cuts each piece that it takes and hands the parts on.</summary>
internal sealed class PieceStage(IPreTokenizer part, IPieceSink next, IdList ids) : IPieceSink
{
    public void Add(ReadOnlySpan<char> piece, bool atStart)
    {
        ids.Budget.Piece(piece.Length);
        part.Split(piece, atStart, next);
    }

    /// <summary>The head of a chain that ends in a sink. Every part is a frame on the stack, so their number is bounded where they are read.</summary>
    /// <param name="parts">In the order in which they cut.</param>
    /// <param name="last">Takes the pieces.</param>
    /// <param name="ids">Where their ids go; each part's pieces are counted in its budget.</param>
    public static IPieceSink Chain(IReadOnlyList<IPreTokenizer> parts, IPieceSink last, IdList ids)
    {
        var sink = last;
        for (var i = parts.Count - 1; i >= 0; i--) sink = new PieceStage(parts[i], sink, ids);
        return sink;
    }
}
