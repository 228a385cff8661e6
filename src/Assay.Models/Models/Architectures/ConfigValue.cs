using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Assay.Models.Architectures;

/// <summary>Values of an untrusted config: checked and converted by kind, and shown in messages.</summary>
internal static class ConfigValue
{
    private const int LargestSize = 1 << 24;

    internal static bool TryConvert(ConfigKey key, JsonElement element, out object? value, out string expected)
    {
        value = null;
        expected = Expected(key.Kind) + (key.Nullable ? ", or null" : "");
        if (element.ValueKind == JsonValueKind.Null) return key.Nullable;
        switch (key.Kind)
        {
            case ConfigKind.Size: return TryInt(element, 1, LargestSize, out value);
            case ConfigKind.Count: return TryInt(element, 0, LargestSize, out value);
            case ConfigKind.Positions: return TryInt(element, 1, int.MaxValue, out value);
            case ConfigKind.TokenId: return TryInt(element, 0, int.MaxValue, out value);
            case ConfigKind.Real: return TryReal(element, positive: false, out value);
            case ConfigKind.PositiveReal: return TryReal(element, positive: true, out value);
            case ConfigKind.Flag:
                value = element.ValueKind == JsonValueKind.True;
                return element.ValueKind is JsonValueKind.True or JsonValueKind.False;
            case ConfigKind.Text:
                value = element.ValueKind == JsonValueKind.String ? element.GetString() : null;
                return value is not null;
            case ConfigKind.TokenIds when element.ValueKind == JsonValueKind.Number:
                if (!TryInt(element, 0, int.MaxValue, out var id)) return false;
                value = ImmutableArray.Create((int)id!);
                return true;
            case ConfigKind.TokenIds or ConfigKind.Indices:
                return TryList(element, static e => TryInt(e, 0, int.MaxValue, out var i) ? (int)i! : null, out value);
            default:
                return TryTexts(element, out value);
        }
    }

    private static string Expected(ConfigKind kind) => kind switch
    {
        ConfigKind.Size => $"an integer from 1 to {LargestSize}",
        ConfigKind.Count => $"an integer from 0 to {LargestSize}",
        ConfigKind.Positions => $"an integer from 1 to {int.MaxValue}",
        ConfigKind.Real => "a finite number that is not negative",
        ConfigKind.PositiveReal => "a finite number above 0",
        ConfigKind.Flag => "true or false",
        ConfigKind.Text => "a string",
        ConfigKind.TokenId => "a token id",
        ConfigKind.TokenIds => "a token id or a list of them",
        ConfigKind.Indices => "a list of integers that are not negative",
        _ => "a list of strings",
    };

    private static bool TryInt(JsonElement element, int low, int high, out object? value)
    {
        value = null;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out var number) || number < low || number > high) return false;
        value = number;
        return true;
    }

    internal static bool TryReal(JsonElement element, bool positive, out object? value)
    {
        value = null;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out var number)) return false;
        // The pass computes in float32, so a number beyond its range is as good as infinite, one below it as good as 0.
        if (!float.IsFinite((float)number) || number < 0 || (positive && (float)number == 0)) return false;
        value = number;
        return true;
    }

    private static bool TryList(JsonElement element, Func<JsonElement, int?> convert, out object? value)
    {
        value = null;
        if (element.ValueKind != JsonValueKind.Array) return false;
        var list = ImmutableArray.CreateBuilder<int>();
        foreach (var item in element.EnumerateArray())
        {
            if (convert(item) is not { } number) return false;
            list.Add(number);
        }
        value = list.ToImmutable();
        return true;
    }

    private static bool TryTexts(JsonElement element, out object? value)
    {
        value = null;
        if (element.ValueKind != JsonValueKind.Array) return false;
        var list = ImmutableArray.CreateBuilder<string>();
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String) return false;
            list.Add(item.GetString()!);
        }
        value = list.ToImmutable();
        return true;
    }

    internal static string Show(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
        ImmutableArray<int> list => list.IsEmpty ? "[]" : string.Join(", ", list),
        ImmutableArray<string> list => list.IsEmpty ? "[]" : string.Join(", ", list),
        _ => Quote(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
    };

    /// <summary>Text of an untrusted file, short and without characters that steer a terminal, for a message.</summary>
    internal static string Quote(string text)
    {
        const int longest = 80;
        var length = text.Length <= longest ? text.Length : char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        var shown = length < text.Length ? string.Concat(text.AsSpan(0, length), "…") : text;
        return string.Create(shown.Length, shown, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = char.IsControl(source[i]) || char.GetUnicodeCategory(source[i]) == UnicodeCategory.Format ? ' ' : source[i];
        });
    }

    // Stands in for a required value that is not there; the config is refused anyway.
    internal static object Placeholder(ConfigKind kind) => kind switch
    {
        ConfigKind.Flag => false,
        ConfigKind.Text => "",
        ConfigKind.Real or ConfigKind.PositiveReal => 1.0,
        _ => 1,
    };
}
