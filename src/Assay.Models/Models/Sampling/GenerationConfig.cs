using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Checkpoints.Packaging;
using Assay.Models.Architectures;

namespace Assay.Models.Sampling;

/// <summary>A <c>generation_config.json</c>: where generation stops and how it chooses.</summary>
/// <remarks>Absent keys take what transformers' <c>generate</c> falls back to: do_sample false, temperature 1, top_k 50, top_p 1, no min_p,
/// repetition_penalty 1. A key that is null counts as absent, as in transformers 5. What is not honoured and would change the text stops only
/// what generates: <see cref="Sampled"/>, <see cref="Greedy"/> and <see cref="GreedyReply"/> refuse it by name.</remarks>
public sealed class GenerationConfig
{
    private const int DefaultTopK = 50;
    private const int MostIds = 1_000_000;

    // Of no effect on which token comes next, beside the plumbing: lengths are the caller's, the rest is only for beams or encoders.
    private static readonly FrozenSet<string> Harmless = new[]
    {
        "bos_token_id", "pad_token_id", "decoder_start_token_id", "max_length", "max_new_tokens", "num_return_sequences", "length_penalty", "early_stopping",
        "remove_invalid_values", "prompt_lookup_num_tokens",
    }.Concat(GenerationKeys.Plumbing).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> OfSampling = new[] { "do_sample", "temperature", "top_k", "top_p", "min_p",
        "repetition_penalty" }.ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenSet<string> OfIds = new[] { "eos_token_id", "suppress_tokens", "begin_suppress_tokens", "bad_words_ids",
        "forced_eos_token_id" }.ToFrozenSet(StringComparer.Ordinal);

    private readonly List<(string Key, string Text)> _problems = [];

    private GenerationConfig()
    {
    }

    /// <summary>Generation stops after any of these; empty for none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; private init; } = [];

    /// <summary>How the next token is chosen.</summary>
    public SamplingOptions Sampling { get; private init; } = new() { DoSample = false };

    /// <summary>Which tokens may not come.</summary>
    public TokenRules Rules { get; private init; } = TokenRules.None;

    /// <summary>Why text cannot be generated as the config has it; empty where it can.</summary>
    public IReadOnlyList<string> Problems => [.. _problems.Select(p => p.Text)];

    /// <summary>Of these the ones that matter where a caller asks for the likeliest token every time.</summary>
    public IReadOnlyList<string> GreedyProblems => [.. _problems.Where(p => !OfSampling.Contains(p.Key) && !GenerationKeys.OtherSearches.Contains(p.Key)
        && !GenerationKeys.OnlySampling.Contains(p.Key)).Select(p => p.Text)];

    /// <summary>Reads a generation config that is to be followed.</summary>
    /// <param name="generationConfigJson">Text of the file; null where there is none: then, as transformers does, settings are looked for in <c>config.json</c>.</param>
    /// <param name="config">The model's config; its EOS ids hold where the file gives none.</param>
    /// <param name="where">Name of the file, for messages.</param>
    /// <exception cref="InvalidInputException">Not JSON, a value out of range, or a setting that is not honoured; all problems.</exception>
    public static GenerationConfig Parse(string? generationConfigJson, ModelConfig config, string where = "generation_config.json")
    {
        var read = Read(generationConfigJson, config, where);
        return read._problems.Count == 0 ? read : throw new InvalidInputException(read.Problems);
    }

    /// <summary>Reads a generation config that may never be followed: what is wrong with it is kept in <see cref="Problems"/>.</summary>
    /// <inheritdoc cref="Parse"/>
    public static GenerationConfig Read(string? generationConfigJson, ModelConfig config, string where = "generation_config.json")
    {
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            return generationConfigJson is null ? Read(config.Values, config, "config.json", own: false)
                : Read(ModelConfig.ReadObject(generationConfigJson, where), config, where, own: true);
        }
        catch (InvalidInputException broken)
        {
            return Unreadable(broken, config);
        }
    }

    /// <summary>A generation config that cannot be read at all: nothing is generated.</summary>
    /// <param name="broken">Why.</param>
    /// <param name="config">The model's config; its EOS ids hold.</param>
    internal static GenerationConfig Unreadable(InvalidInputException broken, ModelConfig config)
    {
        var read = new GenerationConfig { EosTokenIds = config.EosTokenIds };
        read._problems.AddRange(broken.Problems.Select(p => ("", p)));
        return read;
    }

    /// <summary>Text as the config has it.</summary>
    /// <param name="maxNewTokens">Tokens a continuation has at most.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="InvalidInputException">The config has settings that are not honoured; all of them.</exception>
    public GenerationOptions Sampled(int maxNewTokens, long seed)
    {
        if (Problems is { Count: > 0 } problems) throw new InvalidInputException(problems);
        return new GenerationOptions { MaxNewTokens = maxNewTokens, StopTokens = EosTokenIds, Sampling = Sampling, Rules = Rules, Seed = seed };
    }

    /// <summary>The likeliest token every time, of those that the config does not forbid.</summary>
    /// <inheritdoc cref="Sampled"/>
    public GenerationOptions Greedy(int maxNewTokens)
    {
        if (GreedyProblems is { Count: > 0 } problems) throw new InvalidInputException(problems);
        return new GenerationOptions { MaxNewTokens = maxNewTokens, StopTokens = EosTokenIds, Rules = Rules };
    }

    /// <summary>As <see cref="Greedy"/>, for replies that are judged or scored: one that is cut is not made to look finished by forced_eos_token_id.</summary>
    /// <inheritdoc cref="Sampled"/>
    public GenerationOptions GreedyReply(int maxNewTokens)
    {
        var options = Greedy(maxNewTokens);
        return options with { Rules = options.Rules with { ForcedEosTokenIds = [] } };
    }

    private static GenerationConfig Read(IReadOnlyDictionary<string, JsonElement> values, ModelConfig config, string where, bool own)
    {
        var problems = new List<(string Key, string Text)>();
        var doSample = Flag("do_sample");
        // Greedy text needs no temperature; published configs write 0 there.
        var temperature = Real("temperature", 1, doSample ? "a finite number above 0 (do_sample is true)" : "a finite number", v => !doSample || (float)v > 0);
        var sampling = new SamplingOptions
        {
            DoSample = doSample,
            Temperature = doSample ? temperature : 1,
            TopK = TopK(),
            TopP = Real("top_p", 1, "a number from 0 to 1", v => v is >= 0 and <= 1),
            MinP = Taken("min_p") is null ? null : Real("min_p", 0, "a number from 0 to 1", v => v is >= 0 and <= 1),
            RepetitionPenalty = Real("repetition_penalty", 1, "a finite number above 0", v => (float)v > 0),
        };
        var eos = own && Taken("eos_token_id") is { } given ? [.. Ids("eos_token_id", given)] : config.EosTokenIds;
        var rules = new TokenRules
        {
            // An id below 0 is no token's, there as here, and forbids nothing.
            SuppressTokens = [.. List("suppress_tokens", int.MinValue).Where(id => id >= 0)],
            BeginSuppressTokens = [.. List("begin_suppress_tokens", int.MinValue).Where(id => id >= 0)],
            BadWords = [.. Words().Where(word => word.Length != 1 || !eos.Contains(word[0]))],
            ForcedEosTokenIds = List("forced_eos_token_id"),
        };
        foreach (var (key, value) in values.OrderBy(p => p.Key, StringComparer.Ordinal)) RefuseOther(key, value);
        var read = new GenerationConfig { EosTokenIds = eos, Sampling = sampling, Rules = rules };
        read._problems.AddRange(problems);
        return read;

        JsonElement? Taken(string key) => values.TryGetValue(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

        void Wrong(string key, JsonElement value, string expected) =>
            problems.Add((key, $"{where}: {key} is {ConfigValue.Quote(value.GetRawText())}; expected {expected}."));

        bool Flag(string key)
        {
            if (Taken(key) is not { } value) return false;
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Wrong(key, value, "true or false");
            return value.ValueKind == JsonValueKind.True;
        }

        double Real(string key, double otherwise, string expected, Func<double, bool> allowed)
        {
            if (Taken(key) is not { } value) return otherwise;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && float.IsFinite((float)number) && allowed(number)) return number;
            Wrong(key, value, expected);
            return otherwise;
        }

        int TopK()
        {
            if (Taken("top_k") is not { } value) return DefaultTopK;
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0) return count;
            Wrong("top_k", value, "an integer that is not negative; 0 for none");
            return 0;
        }

        ImmutableArray<int> List(string key, int least = 0) => Taken(key) is { ValueKind: not JsonValueKind.False } value ? Ids(key, value, least) : [];

        ImmutableArray<int> Ids(string key, JsonElement value, int least = 0)
        {
            if (Numbers(value, least) is { } ids) return ids;
            Wrong(key, value, "a token id or a list of them");
            return [];
        }

        // Null where it is neither an id nor a list of ids.
        static ImmutableArray<int>? Numbers(JsonElement value, int least = 0)
        {
            if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > MostIds) return null;
            var ids = ImmutableArray.CreateBuilder<int>();
            foreach (var item in value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value })
            {
                if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out var id) || id < least) return null;
                ids.Add(id);
            }

            return ids.ToImmutable();
        }

        List<ImmutableArray<int>> Words()
        {
            var words = new List<ImmutableArray<int>>();
            if (Taken("bad_words_ids") is not { ValueKind: not JsonValueKind.False } value) return words;
            var items = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= MostIds ? value.EnumerateArray().ToList() : [value];
            foreach (var item in items)
            {
                if (item.ValueKind == JsonValueKind.Array && Numbers(item) is { Length: > 0 } word && word.All(id => id < config.Spec.VocabularySize))
                {
                    words.Add(word);
                    continue;
                }

                Wrong("bad_words_ids", value, $"a list of lists of token ids below {config.Spec.VocabularySize}");
                return [];
            }

            return words;
        }

        void RefuseOther(string key, JsonElement value)
        {
            if (OfSampling.Contains(key) || OfIds.Contains(key) || Harmless.Contains(key)) return;
            if (GenerationKeys.IsInert(key, value) || (!own && !GenerationKeys.Neutral.ContainsKey(key) && !GenerationKeys.Setting.Contains(key))) return;
            if (!doSample && GenerationKeys.OnlySampling.Contains(key)) return;
            problems.Add((key, $"{where}: {ConfigValue.Quote(key)} ({ConfigValue.Quote(value.GetRawText())}) is not honoured here " +
                "and may change the text; remove it to generate without it."));
        }
    }
}
