using Assay.Checkpoints;
using Assay.Tokenization.Decoders;
using Assay.Tokenization.Normalizers;
using Assay.Tokenization.PostProcessors;
using Assay.Tokenization.PreTokenizers;
using Assay.Tokenization.Subwords;

namespace Assay.Tokenization;

/// <summary>Reads tokenizer.json, collecting every problem before it gives up.</summary>
internal static class TokenizerReader
{
    /// <summary>Added tokens longer than this, in UTF-16 units, are refused: matching costs at most text × this.</summary>
    private const int MaxAddedTokenLength = 1024;

    public static Tokenizer Read(ReadOnlyMemory<byte> bytes, string fileName)
    {
        using var file = TokenizerFile.Read(bytes, fileName);
        List<string> problems = [];
        var root = new Component(file.Rest.RootElement, fileName, problems);
        root.Ignore("version");
        var ignored = new[] { "truncation", "padding" }.Where(key => root.Get(key) is not null).ToArray();
        var normalizer = Try(problems, () => NormalizerFactory.Create(root.Child("normalizer")));
        var preTokenizers = Try(problems, () => PreTokenizerFactory.Create(root.Child("pre_tokenizer"))) ?? [];
        var postProcessor = Try(problems, () => PostProcessorFactory.Create(root.Child("post_processor")));
        if (postProcessor?.Process([]).Count > PostProcessorFactory.MaxIds) problems.AddRange(PostProcessorFactory.TooMany(fileName + ".post_processor")
            .Problems);
        var decoder = Try(problems, () => DecoderFactory.Create(root.Child("decoder")));
        var model = Try(problems, () => Model(root, file));
        var added = Try(problems, () => AddedTokens(root, model?.Vocabulary)) ?? [];
        root.Done();
        if (problems.Count > 0) throw new InvalidInputException(problems);
        return new Tokenizer(normalizer, preTokenizers, model!, postProcessor, decoder, added, ignored);
    }

    private static T? Try<T>(List<string> problems, Func<T?> read) where T : class
    {
        try
        {
            return read();
        }
        catch (InvalidInputException refused)
        {
            problems.AddRange(refused.Problems);
            return null;
        }
    }

    private static ISubwordModel? Model(Component root, TokenizerFile file)
    {
        var component = root.Child("model");
        if (component is null)
        {
            root.Problem("'model' is missing.");
            return null;
        }
        // Files of old have no type; what has merges is BPE.
        var type = component.Text("type") ?? (component.Get("merges") is not null ? "BPE" : "(none)");
        if (type is not ("BPE" or "Unigram" or "WordPiece"))
        {
            component.Problem($"the model '{Component.Shorten(type)}' is not supported.");
            return null;
        }
        if (component.Get("vocab") is null || file.Vocabulary is not { } vocabulary || (type == "Unigram") != file.Scores is not null)
        {
            component.Problem(component.Get("vocab") is null ? "'vocab' is missing." : $"'vocab' must be {(type == "Unigram" ? "a list of tokens with their scores" : "a map of tokens to ids")}.");
            return null;
        }
        root.Problems.AddRange(file.Problems);
        if (file.Problems.Count > 0) return null;
        if (!vocabulary.TryIndexIds(out var shared))
        {
            component.Problem($"the id {shared} is given to '{Component.Shorten(vocabulary.TextOf(shared)!)}' and to another token.");
            return null;
        }
        return type switch
        {
            "Unigram" => new UnigramModel(component, vocabulary, file.Scores!),
            "WordPiece" => new WordPieceModel(component, vocabulary),
            _ => new BytePairModel(component, vocabulary, file.Merges),
        };
    }

    private static List<AddedToken> AddedTokens(Component root, TokenVocabulary? vocabulary)
    {
        List<AddedToken> tokens = [];
        if (root.Get("added_tokens") is null) return tokens;
        Dictionary<int, string> taken = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var item in root.List("added_tokens"))
        {
            var token = new AddedToken(item.Integer("id", TokenVocabulary.LargestId), item.RequiredText("content"), item.Flag("special", false),
                item.Flag("single_word", false),
                item.Flag("lstrip", false), item.Flag("rstrip", false), item.Flag("normalized", true));
            item.Done();
            var name = Component.Shorten(token.Content);
            if (token.Content.Length > MaxAddedTokenLength) item.Problem($"'{name}' is longer than {MaxAddedTokenLength} characters.");
            if (!seen.Add(token.Content)) item.Problem($"'{name}' occurs twice.");
            if (vocabulary?.Find(token.Content) is >= 0 and var id && id != token.Id) item.Problem($"'{name}' has the id {token.Id}, in the vocabulary {id}.");
            var owner = vocabulary?.TextOf(token.Id) ?? taken.GetValueOrDefault(token.Id, token.Content);
            if (owner != token.Content) item.Problem($"the id {token.Id} of '{name}' belongs to '{Component.Shorten(owner)}'.");
            taken[token.Id] = token.Content;
            if (item.Problems.Count >= 20) break;
            tokens.Add(token);
        }
        return tokens;
    }
}
