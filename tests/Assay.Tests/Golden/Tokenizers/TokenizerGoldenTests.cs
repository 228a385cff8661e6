using System.Text.Json;
using Assay.Tokenization;

namespace Assay.Tests.Golden.Tokenizers;

public class TokenizerGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Styles() => GoldenFiles.Folders("tokenizers");

    public static IEnumerable<TheoryDataRow<string>> Organisms() => GoldenFiles.Files("organisms", ".json");

    public static IEnumerable<TheoryDataRow<string>> Interop()
    {
        var file = Path.Combine(GoldenFiles.Root, "tokenizers", "interop.json");
        if (!File.Exists(file)) return [new TheoryDataRow<string>("(no interop.json)") { Skip = $"{file} is not there." }];
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return [.. json.RootElement.EnumerateObject().Select(p => new TheoryDataRow<string>(p.Name))];
    }

    [Theory, MemberData(nameof(Styles))]
    public void A_tokenizer_gives_the_reference_ids_and_decodings(string style)
    {
        var tokenizer = Load(GoldenFiles.Require("tokenizers", Path.Combine(style, "tokenizer.json")));
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("tokenizers", Path.Combine(style, "golden.json"))));
        Check(tokenizer, json.RootElement);
    }

    [Theory, MemberData(nameof(Interop))]
    public void A_published_tokenizer_gives_the_reference_ids_and_decodings(string name)
    {
        var tokenizer = Load(GoldenFiles.RequireInterop(Path.Combine("tokenizers", name, "tokenizer.json")));
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("tokenizers", "interop.json")));
        Check(tokenizer, json.RootElement.GetProperty(name));
    }

    [Theory, MemberData(nameof(Organisms))]
    public void An_organism_gives_the_reference_ids(string kind)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("organisms", kind + ".json")));
        var folder = Path.Combine(GoldenFiles.Repository, "organisms", kind, "aligned");
        if (!Directory.Exists(folder)) folder = Path.Combine(GoldenFiles.Repository, "..", "shared", "organisms", kind, "aligned");
        if (!Directory.Exists(folder)) Assert.Skip($"{folder} is not there.");
        var tokenizer = Load(Path.Combine(folder, "tokenizer.json"));
        if (json.RootElement.TryGetProperty("texts", out var texts)) Check(tokenizer, texts);
        if (!json.RootElement.TryGetProperty("chats", out var chats)) return;
        foreach (var chat in chats.EnumerateArray())
        {
            if (chat.TryGetProperty("rendered", out var rendered) && chat.TryGetProperty("ids", out var ids)) Assert.Equal(Ids(ids), tokenizer.Encode(rendered.GetString()!, false));
        }
    }

    private static Tokenizer Load(string path) => GoldenFiles.OrSkip(() => Tokenizer.Parse(File.ReadAllBytes(path)));

    private static void Check(Tokenizer tokenizer, JsonElement rows)
    {
        List<string> wrong = [];
        foreach (var row in rows.EnumerateArray())
        {
            var text = row.GetProperty("text").GetString()!;
            void Compare(string key, Func<JsonElement, string> expected, Func<string> actual)
            {
                if (row.TryGetProperty(key, out var value) && expected(value) is var e && actual() is var a && e != a) wrong.Add($"{key} of {JsonSerializer.Serialize(text)}: expected {e}, got {a}");
            }
            Compare("ids", v => string.Join(' ', Ids(v)), () => string.Join(' ', tokenizer.Encode(text, true)));
            Compare("ids_plain", v => string.Join(' ', Ids(v)), () => string.Join(' ', tokenizer.Encode(text, false)));
            if (!row.TryGetProperty("ids", out var ids)) continue;
            Compare("decoded", v => v.GetString()!, () => tokenizer.Decode(Ids(ids), false));
            Compare("decoded_skip", v => v.GetString()!, () => tokenizer.Decode(Ids(ids), true));
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n" + string.Join('\n', wrong.Take(12)));
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];
}
