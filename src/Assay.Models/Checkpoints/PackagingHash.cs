using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints.Packaging;

namespace Assay.Checkpoints;

/// <summary>What decides, beside the weights, what a model says: tokenizer, chat template, special tokens, generation config (protocol.md, M13).</summary>
/// <remarks>Over what the files do, not over their bytes or keys: formatting, key order, the file in which a value stands, keys that have their
/// default, merges as pairs or as texts, a template by itself or in a list do not count.</remarks>
/// <param name="Value">SHA-256 over the four parts; lower-case hexadecimal, as all here.</param>
/// <param name="Tokenizer">Of what <c>tokenizer.json</c> does to text, with the switches of <c>tokenizer_config.json</c> that contradict it.</param>
/// <param name="ChatTemplate">Of the templates' texts.</param>
/// <param name="SpecialTokens">Of the special tokens' texts by role.</param>
/// <param name="GenerationConfig">Of the generation config's values that are not the default.</param>
public sealed record PackagingHash(string Value, string Tokenizer, string ChatTemplate, string SpecialTokens, string GenerationConfig)
{
    internal const string TokenizerPart = "tokenizer", TemplatePart = "chat template", SpecialPart = "special tokens", GenerationPart = "generation config";
    private static readonly string[] Parts = [TokenizerPart, TemplatePart, SpecialPart, GenerationPart];

    /// <summary>Keys of a generation config that say where it comes from or what is returned, and change no token.</summary>
    public static IReadOnlySet<string> IgnoredGenerationKeys => GenerationKeys.Plumbing;

    /// <summary>Hash of each key that counts: file and key, such as <c>tokenizer.json model.merges</c>.</summary>
    public IReadOnlyDictionary<string, string> ByKey { get; private init; } = new Dictionary<string, string>();

    /// <summary>Finds the parts in a model folder and hashes them.</summary>
    /// <remarks>The template is the one that transformers takes (<c>chat_template.jinja</c>, <c>tokenizer_config.json</c>, <c>chat_template.json</c>).
    /// Special tokens are those of <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c> (which wins), as text whether spelt as text or
    /// as an object. Token ids that the generation config leaves out are the config's, as when generating. A generation config that is no JSON
    /// object has a hash of its own: it stops only what generates.</remarks>
    /// <exception cref="InvalidInputException">Another file is not valid JSON or not an object.</exception>
    public static PackagingHash Compute(Checkpoint checkpoint) => Compute(PackagingContents.Read(checkpoint));

    /// <summary>Two are equal where their values are.</summary>
    public bool Equals(PackagingHash? other) => other is not null && Value == other.Value;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Value);

    /// <summary>The parts in which two differ, by name; empty where they are equal.</summary>
    public IReadOnlyList<string> DifferencesFrom(PackagingHash other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (own, others) = (Hashes, other.Hashes);
        return Parts.Where((_, i) => own[i] != others[i]).ToArray();
    }

    /// <summary>The keys in which two differ, such as <c>tokenizer.json model.merges</c> or <c>generation_config.json temperature</c>; empty where they are
    /// equal.</summary>
    public IReadOnlyList<string> KeysDifferingFrom(PackagingHash other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ByKey.Keys.Union(other.ByKey.Keys).Where(k => ByKey.GetValueOrDefault(k) != other.ByKey.GetValueOrDefault(k)).Order(StringComparer.Ordinal)
            .ToArray();
    }

    internal static PackagingHash Compute(PackagingContents contents)
    {
        var keys = contents.Keys().Select(k => (k.Part, k.Key, Hash: Hash(k.Text))).OrderBy(k => k.Key, StringComparer.Ordinal).ToList();
        // A model without a tokenizer or a template differs from one whose tokenizer or template is empty: that one has keys.
        string Part(string name) => Hash(string.Concat(keys.Where(k => k.Part == name).Select(k => $"{k.Key.Length} {k.Key} {k.Hash}\n")));
        var hashes = Parts.Select(Part).ToArray();
        return new PackagingHash(Hash(string.Join('\n', hashes)), hashes[0], hashes[1], hashes[2], hashes[3]) {
            ByKey = keys.ToDictionary(k => k.Key, k => k.Hash, StringComparer.Ordinal) };
    }

    private string[] Hashes => [Tokenizer, ChatTemplate, SpecialTokens, GenerationConfig];

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
