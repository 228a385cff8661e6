using System.Runtime.CompilerServices;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tokenization.Expressions;

namespace Assay.Tokenization;

/// <summary>One component of a tokenizer.json, read key by key. Problems are collected; a key that nobody asked for is one of them.</summary>
internal sealed class Component
{
    /// <summary>Sequences in sequences deeper than this are refused.</summary>
    private const int MaxDepth = 16;

    /// <summary>A section with more steps than this is refused, however they nest; real ones have a dozen. Each step is a frame on the stack while a text is
    /// cut.</summary>
    private const int MaxSteps = 64;

    /// <summary>After so many problems nobody needs more.</summary>
    private const int MaxProblems = 20;

    private readonly JsonElement _element;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly int _depth;
    private StrongBox<int> _steps = new();

    public Component(JsonElement element, string path, List<string> problems, int depth = 0)
    {
        _element = element;
        Path = path;
        Problems = problems;
        _depth = depth;
        if (depth > MaxDepth) throw new InvalidInputException($"{path}: components nest deeper than {MaxDepth}.");
        if (element.ValueKind != JsonValueKind.Object) throw new InvalidInputException($"{path}: expected an object, found {element.ValueKind}.");
    }

    public string Path { get; }

    public List<string> Problems { get; }

    public void Problem(string text)
    {
        if (Problems.Count < MaxProblems) Problems.Add($"{Path}: {text}");
    }

    public void Ignore(string key) => _seen.Add(key);

    public JsonElement? Get(string key)
    {
        _seen.Add(key);
        return _element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? Text(string key)
    {
        if (Get(key) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        Problem($"'{key}' must be a string, found {value.ValueKind}.");
        return null;
    }

    public string RequiredText(string key)
    {
        if (Text(key) is { } text) return text;
        Problem($"'{key}' is missing.");
        return "";
    }

    public bool Flag(string key, bool absent)
    {
        if (Get(key) is not { } value) return absent;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Problem($"'{key}' must be true or false, found {value.ValueKind}.");
        return absent;
    }

    public int Integer(string key, int most = int.MaxValue)
    {
        if (Get(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= 0 && number <= most) return number;
        Problem($"'{key}' must be an integer from 0 to {most}.");
        return 0;
    }

    public IEnumerable<Component> List(string key)
    {
        if (Get(key) is not { ValueKind: JsonValueKind.Array } value)
        {
            Problem($"'{key}' must be a list.");
            yield break;
        }
        var index = 0;
        foreach (var item in value.EnumerateArray()) yield return new Component(item, $"{Path}.{key}[{index++}]", Problems, _depth + 1);
    }

    /// <summary>The parts of a sequence, counted over the whole section.</summary>
    /// <exception cref="InvalidInputException">Too many, found before any is built.</exception>
    public IEnumerable<Component> Steps(string key)
    {
        if (Get(key) is { ValueKind: JsonValueKind.Array } value && (_steps.Value += value.GetArrayLength()) > MaxSteps)
            throw new InvalidInputException($"{Path}.{key}: the section has {_steps.Value} steps or more; at most {MaxSteps} are run.");
        foreach (var part in List(key))
        {
            part._steps = _steps;
            yield return part;
        }
    }

    public Component? Child(string key) => Get(key) is { } value ? new Component(value, $"{Path}.{key}", Problems, _depth + 1) : null;

    public IEnumerable<(string Name, JsonElement Value)> Entries()
    {
        foreach (var property in _element.EnumerateObject()) yield return (property.Name, property.Value);
    }

    public void MustBeEmpty(string key)
    {
        if (Get(key) is not { } value) return;
        if (value.ValueKind == JsonValueKind.False || (value.ValueKind == JsonValueKind.String && value.ValueEquals(""))) return;
        Problem($"'{key}' = {Shorten(value.GetRawText())} is not supported.");
    }

    /// <summary>Reports what was not asked for, so that no unknown setting passes in silence.</summary>
    public void Done()
    {
        foreach (var property in _element.EnumerateObject())
        {
            if (!_seen.Contains(property.Name)) Problem($"unknown key '{Shorten(property.Name)}' = {Shorten(property.Value.GetRawText())}; it may change the ids, so it is refused.");
        }
    }

    /// <summary>A pattern as {"String": …} or {"Regex": …}.</summary>
    public Expression Pattern(string key)
    {
        var child = Child(key);
        if (child is null)
        {
            Problem($"'{key}' is missing.");
            return Expression.Literal("");
        }
        var literal = child.Text("String");
        var regex = child.Text("Regex");
        child.Done();
        try
        {
            if (literal is "" && regex is null) Problem($"'{key}' is an empty string, which would match everywhere.");
            if (literal is not null && regex is null) return Expression.Literal(literal);
            if (regex is not null && literal is null) return Expression.Parse(regex);
            Problem($"'{key}' must have one of the keys 'String' and 'Regex'.");
        }
        catch (InvalidInputException refused)
        {
            Problem($"'{key}': {refused.Message}");
        }
        return Expression.Literal("");
    }

    public static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
