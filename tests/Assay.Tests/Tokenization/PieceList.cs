using System.Text.Json;
using Assay.Tokenization;
using Assay.Tokenization.PreTokenizers;
using Assay.Tokenization.Subwords;

namespace Assay.Tests.Tokenization;

/// <summary>The pieces that pre-tokenizers cut a text into.</summary>
internal sealed class PieceList : IPieceSink
{
    private readonly List<string> _pieces = [];

    public static IReadOnlyList<string> Of(JsonElement preTokenizer, string text)
    {
        var list = new PieceList();
        PieceStage.Chain(PreTokenizerFactory.Create(new Component(preTokenizer, "pre_tokenizer", [])), list, new IdList()).Add(text, true);
        return list._pieces;
    }

    public void Add(ReadOnlySpan<char> piece, bool atStart) => _pieces.Add(piece.ToString());
}
