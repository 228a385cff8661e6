namespace Assay.Tokenization;

/// <summary>A stretch of text on its way to the model.</summary>
/// <param name="Text">Never empty.</param>
/// <param name="AtStart">Whether it begins where the whole input begins.</param>
internal readonly record struct Piece(string Text, bool AtStart);

/// <summary>Cuts text into the pieces that the model sees one at a time.</summary>
internal interface IPreTokenizer
{
    /// <summary>Appends the parts of one piece, in order.</summary>
    void Split(Piece piece, List<Piece> into);
}
