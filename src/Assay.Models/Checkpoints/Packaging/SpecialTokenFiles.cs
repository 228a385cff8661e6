using System.Text.Json.Nodes;

namespace Assay.Checkpoints.Packaging;

/// <summary>What tokenizer_config.json and special_tokens_map.json add to a tokenizer.json: special tokens by role, and the switches that contradict
/// it.</summary>
internal static class SpecialTokenFiles
{
    // Roles that transformers gives every tokenizer; a template reads them whether it names them or not.
    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];
    private static readonly string[] Lists = ["additional_special_tokens", "extra_special_tokens"];

    /// <summary>Texts by role, whether a file spells a token as text or as an object; tokenizer_config.json wins.</summary>
    /// <remarks>A further token counts where the tokenizer does not have it as a special token, or where a template reads it under its name.</remarks>
    public static SortedDictionary<string, string> Special(JsonObject? config, JsonObject? map, TokenizerContents? tokenizer, string templates)
    {
        var special = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in new[] { config, map })
        {
            foreach (var (role, token) in source ?? [])
            {
                if (token is null || role.StartsWith("add_", StringComparison.Ordinal)) continue;
                if (Array.IndexOf(Lists, role) >= 0) Further(role, token);
                else if (Array.IndexOf(Roles, role) >= 0) special.TryAdd(role, Text(token));
                else if (role.EndsWith("_token", StringComparison.Ordinal)) Named(role, token);
            }
        }

        return special;

        void Further(string role, JsonNode tokens)
        {
            if (tokens is JsonObject named && !named.ContainsKey("content"))
                foreach (var (name, token) in named)
                    if (token is not null) Named(name, token);
            if (tokens is not JsonArray list) return;
            foreach (var token in list)
                if (token is not null && !IsSpecial(token)) special.TryAdd($"{role}: {Text(token)}", Text(token));
        }

        void Named(string role, JsonNode token)
        {
            if (!IsSpecial(token) || templates.Contains(role, StringComparison.Ordinal)) special.TryAdd(role, Text(token));
        }

        bool IsSpecial(JsonNode token) => TokenizerComponents.Text(Content(token)) is { } text && tokenizer?.Added[text] is JsonObject added
            && TokenizerComponents.Is(added["special"], "true");
    }

    /// <summary>Switches of tokenizer_config.json that would have a program do something else than tokenizer.json says; what repeats it is left out.</summary>
    public static SortedDictionary<string, string> Switches(JsonObject? config, TokenizerContents? tokenizer)
    {
        var switches = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (config is null) return switches;
        var around = tokenizer?.Around;
        Keep("add_bos_token", around is { Before: var before } ? Adds(before, "bos_token") : null);
        Keep("add_eos_token", around is { After: var after } ? Adds(after, "eos_token") : null);
        Keep("add_prefix_space", tokenizer is null ? null : PrefixSpace(tokenizer));
        Keep("do_lower_case", tokenizer is null ? null : Lowercases(tokenizer.Rest["normalizer"]));
        Keep("split_special_tokens", false);
        Keep("fix_mistral_regex", false);
        if (config["added_tokens_decoder"] is JsonObject decoder)
            foreach (var (id, token) in decoder)
                if (token is not JsonObject entry || !Repeats(id, entry, tokenizer)) switches[$"added_tokens_decoder.{id}"] = Canonical(token);
        return switches;

        void Keep(string key, bool? does)
        {
            if (config[key] is { } value && !(does is { } known && TokenizerComponents.Is(value, known ? "true" : "false"))) switches[key] = Canonical(value);
        }

        // Null where it adds something that is not the token of that name: then the switch would change it.
        bool? Adds(IReadOnlyList<int> ids, string role)
        {
            if (ids.Count == 0) return false;
            var token = config[role] is { } given && TokenizerComponents.Text(Content(given)) is { } text ? tokenizer!.IdOf(text) : null;
            return ids.Count == 1 && (token is null || ids[0] == token) ? true : null;
        }
    }

    /// <summary>The text of a token that is spelt as text or as an object with "content".</summary>
    private static string Text(JsonNode token) => TokenizerComponents.Text(Content(token)) ?? Canonical(token);

    private static JsonNode Content(JsonNode token) => token is JsonObject added && added["content"] is { } content ? content : token;

    // An added token with other flags than the tokenizer's would replace it.
    private static bool Repeats(string id, JsonObject entry, TokenizerContents? tokenizer)
    {
        if (TokenizerComponents.Text(entry["content"]) is not { } text || tokenizer?.Added[text] is not JsonObject added
            || added["id"]?.ToJsonString() != id) return false;
        foreach (var key in (string[])["special", "single_word", "lstrip", "rstrip"])
            if (TokenizerComponents.Is(entry[key], "true") != TokenizerComponents.Is(added[key], "true")) return false;
        return tokenizer.Rest["normalizer"] is null || entry["normalized"] is null
            || TokenizerComponents.Is(entry["normalized"], "true") == !added.ContainsKey("normalized");
    }

    private static bool? PrefixSpace(TokenizerContents tokenizer)
    {
        foreach (var part in Parts(tokenizer.Rest["pre_tokenizer"], "pretokenizers"))
        {
            var type = TokenizerComponents.Text(part["type"]);
            if (type == "ByteLevel") return !TokenizerComponents.Is(part["add_prefix_space"], "false");
            if (type == "Metaspace") return !TokenizerComponents.Is(part["prepend_scheme"], "\"never\"");
        }

        return Parts(tokenizer.Rest["normalizer"], "normalizers").Any(part => TokenizerComponents.Text(part["type"]) == "Prepend");
    }

    private static bool Lowercases(JsonNode? normalizer) => Parts(normalizer, "normalizers").Any(part =>
        TokenizerComponents.Text(part["type"]) is "Lowercase" || TokenizerComponents.Text(part["type"]) is "BertNormalizer"
            && !TokenizerComponents.Is(part["lowercase"], "false"));

    private static IEnumerable<JsonObject> Parts(JsonNode? component, string listKey) =>
        component is not JsonObject item ? [] : item[listKey] is JsonArray list ? list.OfType<JsonObject>() : [item];

    private static string Canonical(JsonNode? node) => node is null ? "null" : CanonicalJson.Format(node.ToJsonString(), "tokenizer_config.json");
}
