using System.Text;
using Assay.Checkpoints;
using Assay.Tokenization.Templates;

namespace Assay.Tokenization;

/// <summary>What turns text and conversations into ids: the tokenizer of a folder, its chat template and its special tokens. No weights are needed.</summary>
/// <param name="Tokenizer">From <c>tokenizer.json</c>.</param>
/// <param name="ChatTemplate">From <c>chat_template.jinja</c>, <c>tokenizer_config.json</c> or <c>chat_template.json</c>; null where there is none.</param>
/// <param name="SpecialTokens">From <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>.</param>
public sealed record TokenizerFolder(Tokenizer Tokenizer, ChatTemplate? ChatTemplate, SpecialTokens SpecialTokens)
{
    private const string TokenizerName = "tokenizer.json";
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    /// <summary>Whether a path is a tokenizer.json, or a folder with one and without any weights.</summary>
    public static bool IsOne(string path) => File.Exists(path)
        ? Path.GetFileName(path) == TokenizerName
        : File.Exists(Path.Combine(path, TokenizerName)) && !Directory.EnumerateFiles(path).Any(f => Path.GetExtension(f) is ".safetensors" or ".gguf" or ".bin" or ".pt" or ".pth" || f.EndsWith(".index.json", StringComparison.Ordinal));

    /// <summary>Reads a folder, or a tokenizer.json with what lies beside it.</summary>
    /// <param name="path">Folder or file.</param>
    /// <param name="template">Which of several named templates; null for the default one.</param>
    /// <exception cref="InvalidInputException">Missing, broken or unsupported; the message names the file.</exception>
    public static TokenizerFolder Open(string path, string? template = null)
    {
        var folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        var bytes = Read(folder, TokenizerName) ?? throw new InvalidInputException($"{folder}: there is no {TokenizerName}.");
        var config = Text(folder, "tokenizer_config.json");
        return new TokenizerFolder(Tokenizer.Parse(bytes, Path.Combine(folder, TokenizerName)),
            ChatTemplate.Find(Text(folder, "chat_template.jinja"), config, Text(folder, "chat_template.json"), template),
            SpecialTokens.Read(config, Text(folder, "special_tokens_map.json")));
    }

    private static string? Text(string folder, string name)
    {
        if (Read(folder, name) is not { } bytes) return null;
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException broken)
        {
            throw new InvalidInputException($"{Path.Combine(folder, name)}: byte {broken.Index} is not UTF-8, which is expected of all text. Fetch the file again.", broken);
        }
    }

    private static byte[]? Read(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? RegularFile.ReadAllBytes(path, Checkpoint.MaxTextLength, "a text file") : null;
    }
}
