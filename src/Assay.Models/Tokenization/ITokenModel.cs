namespace Assay.Tokenization;

/// <summary>Turns pieces into ids.</summary>
internal interface ITokenModel
{
    /// <summary>Token to id.</summary>
    IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Appends the ids of one piece.</summary>
    void Encode(string piece, List<int> into);
}
