namespace Assay.Tokenization;

/// <summary>A token matched in the text before the model sees it.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Content">The text that it matches.</param>
/// <param name="Special">Left out when decoding skips special tokens.</param>
/// <param name="SingleWord">Matches only where neither neighbour is a word character.</param>
/// <param name="LeftStrip">Swallows white space to its left.</param>
/// <param name="RightStrip">Swallows white space to its right.</param>
/// <param name="Normalized">Matched, normalized itself, in the normalized text; otherwise in the text as given.</param>
public sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);
