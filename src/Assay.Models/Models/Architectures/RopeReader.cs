using System.Text.Json;

namespace Assay.Models.Architectures;

/// <summary>Reads rotary positions in the spellings of transformers 4 (<c>rope_theta</c>, <c>rope_scaling</c>) and 5 (<c>rope_parameters</c>).</summary>
internal static class RopeReader
{
    private const string Implemented = "implemented: default, llama3";

    /// <summary>The rotation of a config; what is wrong with it goes to the reader's problems.</summary>
    /// <param name="reader">The config.</param>
    /// <param name="defaultTheta">Base of the frequencies where no spelling gives one.</param>
    /// <param name="source">Where that default comes from.</param>
    internal static RopeSpec Read(ConfigReader reader, double defaultTheta, string source)
    {
        double? theta = null;
        string? thetaName = null;
        if (reader.TryTake("rope_theta", out var given)) Theta(given, "rope_theta");
        RopeSpec? found = null;
        string? foundName = null;
        foreach (var name in (ReadOnlySpan<string>)["rope_parameters", "rope_scaling"])
        {
            if (!reader.TryTake(name, out var block)) continue;
            if (block.ValueKind != JsonValueKind.Object)
            {
                reader.Problem($"{name} is {ConfigValue.Quote(block.GetRawText())}; expected an object or null.");
                continue;
            }
            var keys = block.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
            if (keys.Count == 0) continue;
            if (keys.Remove("rope_theta", out var inner) && inner.ValueKind != JsonValueKind.Null) Theta(inner, name + ".rope_theta");
            var spec = Block(reader, name, keys);
            if (spec is null) continue;
            if (found is not null && found != spec) reader.Problem($"{foundName} and {name} describe different rotations. Remove the wrong one.");
            (found, foundName) = (spec, name);
        }
        reader.Note("rope_theta", theta ?? defaultTheta, theta is null ? ValueSource.Defaulted : ValueSource.Given,
            theta is null ? source : thetaName == "rope_theta" ? null : $"as {thetaName}");
        var rope = (found ?? new RopeSpec { Kind = RopeKind.Default, Theta = 0 }) with { Theta = theta ?? defaultTheta };
        reader.Note("rope_type", rope.Kind == RopeKind.Llama3 ? "llama3" : "default", found is null ? ValueSource.Defaulted : ValueSource.Given,
            found is null ? source : $"in {foundName}");
        return rope;

        void Theta(JsonElement element, string name)
        {
            if (!ConfigValue.TryReal(element, positive: true, out var value))
                reader.Problem($"{name} is {ConfigValue.Quote(element.GetRawText())}; expected a finite number above 0.");
            else if (theta is { } other && other != (double)value!)
                reader.Problem($"{thetaName} is {ConfigValue.Show(other)} but {name} is {ConfigValue.Show(value)}. Remove the wrong one.");
            else (theta, thetaName) = ((double)value!, name);
        }
    }

    private static RopeSpec? Block(ConfigReader reader, string name, Dictionary<string, JsonElement> keys)
    {
        string? kind = null;
        foreach (var spelling in (ReadOnlySpan<string>)["rope_type", "type"])
        {
            if (!keys.Remove(spelling, out var element) || element.ValueKind == JsonValueKind.Null) continue;
            var text = element.ValueKind == JsonValueKind.String ? element.GetString()! : null;
            if (text is null || (kind is not null && kind != text))
            {
                reader.Problem($"{name}.{spelling} is {ConfigValue.Quote(element.GetRawText())}; expected one name of a rotation ({Implemented}).");
                return null;
            }
            kind = text;
        }
        // Transformers 5 writes rope_parameters for every rotary model; a rope_scaling without a type is broken in 4.
        if (kind is null && name == "rope_scaling")
        {
            reader.Problem($"{name} names no rope_type ({Implemented}).");
            return null;
        }
        kind ??= "default";
        if (keys.Remove("partial_rotary_factor", out var part) && part.ValueKind != JsonValueKind.Null && part.GetRawText() is not ("1" or "1.0"))
            reader.Problem($"{name}.partial_rotary_factor is {ConfigValue.Quote(part.GetRawText())}; only 1 is supported.");
        var spec = kind switch
        {
            "default" => new RopeSpec { Kind = RopeKind.Default, Theta = 0 },
            "llama3" => Llama3(reader, name, keys),
            "linear" or "dynamic" or "yarn" or "longrope" or "su" => Refuse($"{name} is of type '{kind}', which is not supported yet ({Implemented})."),
            _ => Refuse($"{name} is of the unknown type '{ConfigValue.Quote(kind)}' ({Implemented})."),
        };
        if (spec is null) return null;
        foreach (var (key, value) in keys)
            if (value.ValueKind != JsonValueKind.Null)
                reader.Problem($"{name}.{ConfigValue.Quote(key)} ({ConfigValue.Quote(value.GetRawText())}) is not a parameter of the rotation '{kind}'.");
        return spec;

        RopeSpec? Refuse(string problem)
        {
            reader.Problem(problem);
            return null;
        }
    }

    private static RopeSpec? Llama3(ConfigReader reader, string name, Dictionary<string, JsonElement> keys)
    {
        var before = reader.Problems.Count;
        var factor = Number("factor");
        var low = Number("low_freq_factor");
        var high = Number("high_freq_factor");
        var original = Number("original_max_position_embeddings");
        if (reader.Problems.Count > before) return null;
        if (factor < 1) reader.Problem($"{name}.factor is {ConfigValue.Show(factor)}; expected at least 1.");
        if (high <= low) reader.Problem($"{name}.high_freq_factor ({ConfigValue.Show(high)}) is not above low_freq_factor ({ConfigValue.Show(low)}).");
        if (original != Math.Floor(original) || original > int.MaxValue)
            reader.Problem($"{name}.original_max_position_embeddings is {ConfigValue.Show(original)}; expected an integer from 1 to {int.MaxValue}.");
        if (reader.Problems.Count > before) return null;
        return new RopeSpec
        {
            Kind = RopeKind.Llama3, Theta = 0, Factor = factor, LowFrequencyFactor = low, HighFrequencyFactor = high, OriginalMaxPositions = (int)original,
        };

        double Number(string key)
        {
            if (!keys.Remove(key, out var element)) reader.Problem($"{name}.{key} is missing; the rotation 'llama3' needs it.");
            else if (!ConfigValue.TryReal(element, positive: true, out var value))
                reader.Problem($"{name}.{key} is {ConfigValue.Quote(element.GetRawText())}; expected a finite number above 0.");
            else
            {
                reader.Note("rope." + key, value, ValueSource.Given, $"in {name}");
                return (double)value!;
            }
            return 1;
        }
    }
}
