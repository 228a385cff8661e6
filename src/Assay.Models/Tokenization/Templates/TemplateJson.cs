using System.Text.Json;
using Assay.Checkpoints;

namespace Assay.Tokenization.Templates;

/// <summary>Reads the JSON files around templates, and JSON values into template values.</summary>
internal static class TemplateJson
{
    public static JsonDocument? Object(string? json, string file)
    {
        if (json is null) return null;
        var document = CanonicalJson.Parse(json, file);
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        var kind = document.RootElement.ValueKind;
        document.Dispose();
        throw new InvalidInputException($"{file} holds {kind}; expected an object.");
    }

    /// <summary>A string's text; lone surrogates in escapes are refused.</summary>
    public static string Text(JsonElement value, string where)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException($"{where}: the string holds a lone surrogate, which is no text.", e);
        }
    }

    /// <summary>A caller's variable as a template value.</summary>
    public static object? Value(object? value, string name) => value switch
    {
        null or bool or long or double or string => value,
        int n => (long)n,
        float f => (double)f,
        JsonElement element => Element(element, name),
        IReadOnlyDictionary<string, object?> dict => Dict(dict.Select(i => (i.Key, Value(i.Value, name)))),
        System.Collections.IEnumerable list => new Sequence(list.Cast<object?>().Select(i => Value(i, name)).ToList(), SequenceKind.List),
        _ => throw new InvalidInputException($"The template variable '{name}' is a {value.GetType().Name}; expected null, bool, int, long, double, string, a list or a dictionary."),
    };

    private static object? Element(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => Text(element, name),
        JsonValueKind.Number => element.TryGetInt64(out var n) ? (object)n : element.GetDouble(),
        JsonValueKind.Array => new Sequence(element.EnumerateArray().Select(e => Element(e, name)).ToList(), SequenceKind.List),
        JsonValueKind.Object => Dict(element.EnumerateObject().Select(p => (p.Name, Element(p.Value, name)))),
        _ => null,
    };

    private static TemplateDict Dict(IEnumerable<(string Key, object? Value)> items)
    {
        var dict = new TemplateDict();
        foreach (var (key, value) in items) dict.Set(key, value);
        return dict;
    }
}
