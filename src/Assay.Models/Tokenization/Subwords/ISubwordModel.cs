namespace Assay.Tokenization.Subwords;

/// <summary>Turns pieces into ids. Safe to use from several threads.</summary>
internal interface ISubwordModel
{
    /// <summary>The tokens.</summary>
    TokenVocabulary Vocabulary { get; }

    /// <summary>Appends the ids of one piece.</summary>
    /// <param name="piece">Well-formed UTF-16, never empty.</param>
    /// <param name="ids">Where they go.</param>
    void Encode(ReadOnlySpan<char> piece, IdList ids);
}
