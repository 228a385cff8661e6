using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tokenization.Normalizers;

namespace Assay.Tokenization;

/// <summary>Reads tokenizer.json, collecting every problem before it gives up.</summary>
internal static class TokenizerReader
{
    /// <summary>Added tokens longer than this, in UTF-16 units, are refused: matching costs at most text × this.</summary>
    private const int MaxAddedTokenLength = 1024;

    public static Tokenizer Read(JsonElement json, string fileName)
    {
        List<string> problems = [];
        var root = new Component(json, fileName, problems);
        root.Ignore("version");
        var ignored = new[] { "truncation", "padding" }.Where(key => root.Get(key) is not null).ToArray();
        var normalizer = Try(problems, () => NormalizerFactory.Create(root.Child("normalizer")));
        var preTokenizer = Try(problems, () => PreTokenizerFactory.Create(root.Child("pre_tokenizer")));
        var postProcessor = Try(problems, () => PostProcessorFactory.Create(root.Child("post_processor")));
        var decoder = Try(problems, () => DecoderFactory.Create(root.Child("decoder")));
        var model = Try(problems, () => Model(root));
        var added = Try(problems, () => AddedTokens(root, model?.Vocabulary)) ?? [];
        root.Done();
        if (problems.Count > 0) throw new InvalidInputException(problems);
        return new Tokenizer(normalizer, preTokenizer, model!, postProcessor, decoder, added, ignored);
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

    private static BytePairModel? Model(Component root)
    {
        var component = root.Child("model");
        if (component is null)
        {
            root.Problem("'model' is missing.");
            return null;
        }
        // Files of old have no type; what has merges is BPE.
        var type = component.Text("type") ?? (component.Get("merges") is not null ? "BPE" : "(none)");
        if (type != "BPE")
        {
            component.Problem($"the model '{Component.Shorten(type)}' is not supported.");
            return null;
        }
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        HashSet<int> ids = [];
        if (component.Child("vocab") is not { } vocab)
        {
            component.Problem("'vocab' is missing.");
            return null;
        }
        foreach (var (token, value) in vocab.Entries())
        {
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var id) || id < 0) vocab.Problem($"'{Component.Shorten(token)}' must have an integer id of 0 or more.");
            else if (!ids.Add(id)) vocab.Problem($"the id {id} is given to '{Component.Shorten(token)}' and to another token.");
            else if (!vocabulary.TryAdd(token, id)) vocab.Problem($"'{Component.Shorten(token)}' occurs twice.");
            if (vocab.Problems.Count > 20) return null;
        }
        return BytePairModel.Create(component, vocabulary);
    }

    private static List<AddedToken> AddedTokens(Component root, IReadOnlyDictionary<string, int>? vocabulary)
    {
        List<AddedToken> tokens = [];
        if (root.Get("added_tokens") is null) return tokens;
        var taken = vocabulary?.ToDictionary(pair => pair.Value, pair => pair.Key) ?? [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var item in root.List("added_tokens"))
        {
            var token = new AddedToken(item.Integer("id"), item.RequiredText("content"), item.Flag("special", false), item.Flag("single_word", false),
                item.Flag("lstrip", false), item.Flag("rstrip", false), item.Flag("normalized", true));
            item.Done();
            var name = Component.Shorten(token.Content);
            if (token.Content.Length > MaxAddedTokenLength) item.Problem($"'{name}' is longer than {MaxAddedTokenLength} characters.");
            if (!seen.Add(token.Content)) item.Problem($"'{name}' occurs twice.");
            if (vocabulary?.TryGetValue(token.Content, out var id) == true && id != token.Id) item.Problem($"'{name}' has the id {token.Id}, in the vocabulary {id}.");
            if (!taken.TryAdd(token.Id, token.Content) && taken[token.Id] != token.Content) item.Problem($"the id {token.Id} of '{name}' belongs to '{Component.Shorten(taken[token.Id])}'.");
            if (item.Problems.Count > 20) break;
            tokens.Add(token);
        }
        return tokens;
    }
}
