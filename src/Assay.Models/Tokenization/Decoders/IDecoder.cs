namespace Assay.Tokenization.Decoders;

/// <summary>Turns raw tokens back into text, as one step of a chain.</summary>
internal interface IDecoder
{
    /// <summary>The tokens after this step; the text is their concatenation after the last one.</summary>
    List<string> Decode(List<string> tokens);
}
