namespace Assay.Tokenization.PreTokenizers;

/// <summary>Takes the pieces of a text, in order.</summary>
internal interface IPieceSink
{
    /// <summary>Takes one piece.</summary>
    /// <param name="piece">Never empty; valid during the call.</param>
    /// <param name="atStart">Whether it begins where the whole input begins.</param>
    void Add(ReadOnlySpan<char> piece, bool atStart);
}
