namespace Assay.Tokenization.Decoders;

/// <summary>Turns raw tokens back into text, as one step of a chain.</summary>
internal interface IDecoder
{
    /// <summary>The tokens after this step; the text is their concatenation after the last one.</summary>
    /// <param name="tokens">The tokens before it.</param>
    /// <param name="most">UTF-16 units that all tokens together may have after it; a step that can multiply text stops there.</param>
    List<string> Decode(List<string> tokens, int most);
}
