namespace Assay.Tokenization.Templates;

/// <summary>What a chat template may read besides the conversation, and how much it may spend.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>The options with nothing set: no special tokens, the clock at the Unix epoch, the standard limits.</summary>
    public static ChatTemplateOptions Default { get; } = new();

    /// <summary>Text of the beginning-of-sequence token (<c>bos_token</c>); undefined in the template where null.</summary>
    public string? BosToken { get; init; }

    /// <summary>Text of the end-of-sequence token (<c>eos_token</c>).</summary>
    public string? EosToken { get; init; }

    /// <summary>Text of the padding token (<c>pad_token</c>).</summary>
    public string? PadToken { get; init; }

    /// <summary>Text of the unknown token (<c>unk_token</c>).</summary>
    public string? UnkToken { get; init; }

    /// <summary>What <c>strftime_now</c> takes for the present, in the time zone it is given in. It is an argument so that a rendering can be repeated.</summary>
    public DateTimeOffset Clock { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Further variables, such as <c>enable_thinking</c>: null, bool, int, long, double, string, lists and string-keyed dictionaries of these, or <see cref="System.Text.Json.JsonElement"/>. They win over the special tokens.</summary>
    public IReadOnlyDictionary<string, object?> Extra { get; init; } = new Dictionary<string, object?>();

    /// <summary>Steps that one rendering may take.</summary>
    public long MaxSteps { get; init; } = 1_000_000;

    /// <summary>Characters of text that one rendering may make, intermediate texts included.</summary>
    public long MaxCharacters { get; init; } = 8_000_000;

    /// <summary>How deep calls, blocks and values may nest.</summary>
    public int MaxDepth { get; init; } = 400;

    /// <summary>These options with the special tokens of a model folder.</summary>
    public ChatTemplateOptions With(SpecialTokens tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        return this with { BosToken = tokens.Bos, EosToken = tokens.Eos, PadToken = tokens.Pad, UnkToken = tokens.Unk };
    }
}
