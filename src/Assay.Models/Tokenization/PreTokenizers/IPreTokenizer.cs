namespace Assay.Tokenization.PreTokenizers;

/// <summary>Cuts text into the pieces that the model sees one at a time.</summary>
internal interface IPreTokenizer
{
    /// <summary>Gives the parts of one piece to a sink, in order.</summary>
    /// <param name="piece">Never empty.</param>
    /// <param name="atStart">Whether the piece begins where the whole input begins.</param>
    /// <param name="sink">Takes the parts, as they come.</param>
    void Split(ReadOnlySpan<char> piece, bool atStart, IPieceSink sink);
}
