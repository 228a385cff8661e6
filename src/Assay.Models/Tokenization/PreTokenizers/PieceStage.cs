namespace Assay.Tokenization.PreTokenizers;

/// <summary>One pre-tokenizer of a chain: cuts each piece that it takes and hands the parts on.</summary>
internal sealed class PieceStage(IPreTokenizer part, IPieceSink next) : IPieceSink
{
    public void Add(ReadOnlySpan<char> piece, bool atStart) => part.Split(piece, atStart, next);

    /// <summary>The head of a chain that ends in a sink.</summary>
    public static IPieceSink Chain(IReadOnlyList<IPreTokenizer> parts, IPieceSink last)
    {
        var sink = last;
        for (var i = parts.Count - 1; i >= 0; i--) sink = new PieceStage(parts[i], sink);
        return sink;
    }
}
