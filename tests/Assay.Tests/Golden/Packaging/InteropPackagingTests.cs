using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Assay.Checkpoints.Packaging;

namespace Assay.Tests.Golden.Packaging;

/// <summary>Published tokenizers and templates: equal to themselves written anew, and different after one change.</summary>
public sealed class InteropPackagingTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IEnumerable<TheoryDataRow<string>> Tokenizers() => Folders("tokenizers", f => File.Exists(Path.Combine(f, "tokenizer.json")));

    public static IEnumerable<TheoryDataRow<string>> Templates() => Files("templates", "*.jinja");

    public static IEnumerable<TheoryDataRow<string>> Configs() => Files("tokenizers", "tokenizer_config.json");

    [Theory, MemberData(nameof(Tokenizers))]
    public void A_tokenizer_equals_itself_written_anew_and_no_changed_one(string name)
    {
        var text = File.ReadAllText(GoldenFiles.RequireInterop(Path.Combine(name, "tokenizer.json")));
        var original = Parts(text);
        var json = JsonNode.Parse(text)!.AsObject();
        var merges = json["model"]!["merges"]!.AsArray();
        json["model"]!["merges"] = Turned(merges);
        json["added_tokens"] = new JsonArray([.. json["added_tokens"]!.AsArray().Reverse().Select(t => t!.DeepClone())]);
        Assert.Equal(original, Parts(Reordered(json).ToJsonString(Indented)));
        // The changes below are told of the smaller ones; reading one of these takes seconds.
        if (merges.Count > 100_000) return;
        // With every character beyond ASCII escaped.
        Assert.Equal(original, Parts(json.ToJsonString()));

        var list = json["model"]!["merges"]!.AsArray();
        var first = list[0]!;
        list.RemoveAt(0);
        AssertOnly("model.merges", original, Parts(json.ToJsonString()));
        list.Insert(1, first);
        AssertOnly("model.merges", original, Parts(json.ToJsonString()));
        list.RemoveAt(1);
        list.Insert(0, first);
        var added = json["added_tokens"]![0]!;
        added["content"] = added["content"] + "x";
        AssertOnly("added_tokens", original, Parts(json.ToJsonString()));
    }

    [Theory, MemberData(nameof(Templates))]
    public void A_template_equals_itself_wherever_it_stands_and_no_changed_one(string file)
    {
        var text = File.ReadAllText(GoldenFiles.RequireInterop(file));
        var original = TemplateFiles.Read(text, null, null);
        JsonObject Holder(JsonNode template) => new() { ["chat_template"] = template };
        var list = new JsonArray(new JsonObject { ["name"] = "rag", ["template"] = text }, new JsonObject { ["name"] = "default", ["template"] = text });
        Assert.Equal(original, TemplateFiles.Read(null, Holder(text), null));
        Assert.Equal(original, TemplateFiles.Read(null, Holder(list), null));
        Assert.Equal(original, TemplateFiles.Read(null, Holder(text), Holder(text)));
        Assert.Equal(original, TemplateFiles.Read(null, null, Holder(text)));
        Assert.Equal(original, TemplateFiles.Read(text.ReplaceLineEndings("\r\n"), null, null));
        var middle = text.Length / 2;
        foreach (var changed in (string[])[text[..middle] + "~" + text[middle..], text[..middle] + text[(middle + 1)..], " " + text]) Assert.NotEqual(original,
            TemplateFiles.Read(changed, null, null));
    }

    [Theory, MemberData(nameof(Configs))]
    public void Special_tokens_are_equal_in_either_spelling_and_differ_after_one_change(string file)
    {
        var path = GoldenFiles.RequireInterop(file);
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var beside = Path.Combine(Path.GetDirectoryName(path)!, "tokenizer.json");
        var tokenizer = File.Exists(beside) ? TokenizerContents.Parse(File.ReadAllText(beside), beside) : null;
        var original = SpecialTokenFiles.Special(config, null, tokenizer, "");
        var other = config.DeepClone().AsObject();
        foreach (var (key, value) in config.ToList())
        {
            if (!key.EndsWith("_token", StringComparison.Ordinal) || key.StartsWith("add_", StringComparison.Ordinal) || value is null) continue;
            other[key] = value is JsonObject spelt ? spelt["content"]!.DeepClone()
                : new JsonObject { ["__type"] = "AddedToken", ["content"] = value.DeepClone(), ["lstrip"] = false };
        }

        Assert.Equal(original, SpecialTokenFiles.Special(other, null, tokenizer, ""));
        Assert.Equal(original, SpecialTokenFiles.Special([], other, tokenizer, ""));
        other["eos_token"] = "<another>";
        Assert.NotEqual(original, SpecialTokenFiles.Special(other, null, tokenizer, ""));
        // What a published config says of its own tokenizer is what the tokenizer does; a contradiction counts.
        if (tokenizer is null || !config.ContainsKey("add_bos_token")) return;
        Assert.DoesNotContain("add_bos_token", SpecialTokenFiles.Switches(config, tokenizer).Keys);
        config["add_bos_token"] = !config["add_bos_token"]!.GetValue<bool>();
        Assert.Contains("add_bos_token", SpecialTokenFiles.Switches(config, tokenizer).Keys);
    }

    private static Dictionary<string, string> Parts(string json) => TokenizerContents.Parse(json, "tokenizer.json").Parts()
        .ToDictionary(p => p.Key, p => p.Text, StringComparer.Ordinal);

    private static void AssertOnly(string key, Dictionary<string, string> a, Dictionary<string, string> b) =>
        Assert.Equal([key], a.Keys.Union(b.Keys).Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k)));

    /// <summary>Pairs as texts and texts as pairs; tokens with a space in them can only be pairs.</summary>
    private static JsonArray Turned(JsonArray merges)
    {
        if (merges[0] is JsonArray)
            return merges.Any(m => m!.AsArray().Any(half => half!.GetValue<string>().Contains(' '))) ? merges.DeepClone().AsArray()
                : new JsonArray([.. merges.Select(m => (JsonNode)$"{m![0]} {m[1]}")]);
        return new JsonArray([.. merges.Select(m => m!.GetValue<string>().Split(' ')).Select(halves => (JsonNode)new JsonArray(halves[0], halves[1]))]);
    }

    private static JsonNode Reordered(JsonNode node) => node switch
    {
        JsonObject item => new JsonObject(item.Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : Reordered(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(e => e is null ? null : Reordered(e))]),
        _ => node.DeepClone(),
    };

    private static IEnumerable<TheoryDataRow<string>> Folders(string area, Func<string, bool> wanted) => GoldenFiles.Interop is { } root
        && Directory.Exists(Path.Combine(root, area))
        ? Directory.GetDirectories(Path.Combine(root, area)).Where(wanted).Order(StringComparer.Ordinal)
            .Select(f => new TheoryDataRow<string>(Path.GetRelativePath(root, f)))
        : [Missing(area)];

    private static IEnumerable<TheoryDataRow<string>> Files(string area, string pattern) => GoldenFiles.Interop is { } root
        && Directory.Exists(Path.Combine(root, area))
        ? Directory.GetFiles(Path.Combine(root, area), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => new TheoryDataRow<string>(Path.GetRelativePath(root, f)))
        : [Missing(area)];

    private static TheoryDataRow<string> Missing(string area) => new(area) { Skip = $"$ASSAY_INTEROP/{area} is not there." };
}
