using System.Collections.Immutable;

namespace Assay.Checkpoints.Gguf;

/// <summary>How a byte-level vocabulary cuts text into words before joining pairs.</summary>
/// <param name="Expressions">Split one after the other, matches standing alone; the last may be GPT-2's.</param>
/// <param name="IgnoreMerges">Whether a word that is a token needs no joining.</param>
/// <param name="AddBos">Whether a beginning is put before a text where the file does not say.</param>
internal sealed record GgufPreTokenizer(ImmutableArray<string> Expressions, bool IgnoreMerges = false, bool AddBos = false);

/// <summary>The known values of <c>tokenizer.ggml.pre</c> (llama.cpp, llama-vocab.cpp), with the expressions of the tokenizers that they stand for.</summary>
/// <remarks>Left out are those whose expressions llama.cpp itself only approximates or that need more than expressions, and <c>default</c>, a guess by its own words.</remarks>
internal static class GgufPreTokenizers
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen35 = Contractions + @"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Tekken = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt4O = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + Contractions + @"?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + Contractions
        + @"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Punctuation = @"[!-/:-@\[-`{-~\p{P}]+";

    private static readonly GgufPreTokenizer Words = new([Gpt2]);
    private static readonly GgufPreTokenizer SingleDigits = new([@"\p{N}", Gpt2]);
    private static readonly GgufPreTokenizer Llama3Words = new([Llama3], IgnoreMerges: true, AddBos: true);
    private static readonly GgufPreTokenizer Qwen2Words = new([Qwen2]);

    private static readonly ImmutableSortedDictionary<string, GgufPreTokenizer> Known = new Dictionary<string, GgufPreTokenizer>
    {
        ["gpt-2"] = Words, ["phi-2"] = Words, ["jina-es"] = Words, ["jina-de"] = Words, ["jina-v2-es"] = Words, ["jina-v2-de"] = Words, ["gigachat"] = Words, ["a.x-4.0"] = Words, ["mellum"] = Words,
        ["mpt"] = Words, ["olmo"] = Words, ["jais"] = Words, ["trillion"] = Words, ["granite-docling"] = Words, ["exaone4"] = Words,
        ["starcoder"] = SingleDigits, ["refact"] = SingleDigits, ["command-r"] = SingleDigits, ["smollm"] = SingleDigits, ["codeshell"] = SingleDigits, ["exaone"] = SingleDigits, ["minerva-7b"] = SingleDigits, ["mellum2"] = SingleDigits,
        ["llama3"] = Llama3Words, ["llama-v3"] = Llama3Words, ["llama-bpe"] = Llama3Words, ["falcon3"] = Llama3Words, ["falcon-h1"] = Llama3Words, ["pixtral"] = Llama3Words, ["midm-2.0"] = Llama3Words, ["lfm2"] = Llama3Words,
        ["dbrx"] = new([Llama3]), ["smaug-bpe"] = new([Llama3]),
        ["qwen2"] = Qwen2Words, ["deepseek-r1-qwen"] = Qwen2Words, ["kormo"] = Qwen2Words, ["megrez"] = Qwen2Words, ["stablelm2"] = Qwen2Words, ["hunyuan"] = Qwen2Words, ["solar-open"] = Qwen2Words, ["grok-2"] = Qwen2Words,
        ["qwen35"] = new([Qwen35]),
        ["tekken"] = new([Tekken], IgnoreMerges: true, AddBos: true),
        ["gpt-4o"] = new([Gpt4O]), ["llama4"] = new([Gpt4O]), ["kanana2"] = new([Gpt4O]), ["minimax-m2"] = new([Gpt4O]),
        ["falcon"] = new([Punctuation, Gpt2, "[0-9][0-9][0-9]"]),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>All names, for error texts.</summary>
    public static string Names => string.Join(", ", Known.Keys);

    /// <summary>The one of this name; null where there is none.</summary>
    public static GgufPreTokenizer? Find(string name) => Known.GetValueOrDefault(name);
}
