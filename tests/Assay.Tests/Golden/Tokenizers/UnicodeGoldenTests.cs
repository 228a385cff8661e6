using System.Globalization;
using System.Text.Json;
using Assay.Tests.Tokenization;
using Assay.Tokenization.Expressions;
using Assay.Tokenization.Normalizers;
using Assay.Tokenization;

namespace Assay.Tests.Golden.Tokenizers;

public class UnicodeGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Classes() => Names("classes.json", "classes");

    public static IEnumerable<TheoryDataRow<string>> Forms() => Names("normalisation.json", "forms");

    [Theory, MemberData(nameof(Classes))]
    public void A_class_matches_the_code_points_that_the_reference_matches(string expression)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("unicode", "classes.json")));
        var compiled = GoldenFiles.OrSkip(() => Expression.Parse(expression));
        var expected = new bool[0x110000];
        foreach (var range in json.RootElement.GetProperty("classes").GetProperty(expression).EnumerateArray())
        {
            for (var p = range[0].GetInt32(); p <= range[1].GetInt32(); p++) expected[p] = true;
        }
        List<string> wrong = [];
        for (var p = 0; p < 0x110000; p++)
        {
            if (p is >= 0xD800 and <= 0xDFFF) continue;
            var text = char.ConvertFromUtf32(p);
            if (compiled.All(text).Any(m => m.End > m.Start) != expected[p]) wrong.Add($"{p:X}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ: {string.Join(' ', wrong.Take(400))}");
    }

    [Theory, MemberData(nameof(Forms))]
    public void A_normalizer_changes_every_code_point_as_the_reference_does(string form)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("unicode", "normalisation.json")));
        var normalizer = Normalizer(form);
        var changed = json.RootElement.GetProperty("forms").GetProperty(form).EnumerateObject().ToDictionary(p => int.Parse(p.Name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), p => p.Value.GetString()!);
        // What only gets a space on either side is listed apart.
        if (form == "BertNormalizer")
        {
            foreach (var range in json.RootElement.GetProperty("bert_spaced").EnumerateArray())
            {
                for (var p = range[0].GetInt32(); p <= range[1].GetInt32(); p++) changed.Add(p, $" {char.ConvertFromUtf32(p)} ");
            }
        }
        List<string> wrong = [];
        for (var p = 0; p < 0x110000; p++)
        {
            // The file leaves the Hangul syllables out.
            if (p is (>= 0xD800 and <= 0xDFFF) or (>= 0xAC00 and <= 0xD7A3)) continue;
            var text = char.ConvertFromUtf32(p);
            if (normalizer.Normalize(text) != changed.GetValueOrDefault(p, text)) wrong.Add($"{p:X}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ: {string.Join(' ', wrong.Take(400))}");
    }

    [Fact]
    public void Sequences_compose_and_reorder_as_the_reference_does()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("unicode", "sequences.json")));
        var columns = json.RootElement.GetProperty("columns").EnumerateArray().Select(c => c.GetString()!).ToArray();
        List<string> wrong = [];
        foreach (var row in json.RootElement.GetProperty("rows").EnumerateArray())
        {
            for (var i = 1; i < columns.Length; i++)
            {
                if (Normalizer(columns[i]).Normalize(row[0].GetString()!) != row[i].GetString()) wrong.Add($"{columns[i]} of {row[0].GetRawText()}");
            }
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ: {string.Join('\n', wrong.Take(20))}");
    }

    private static INormalizer Normalizer(string type)
    {
        using var json = JsonDocument.Parse($"{{\"type\":\"{type}\"}}");
        return GoldenFiles.OrSkip(() =>
        {
            List<string> problems = [];
            var normalizer = NormalizerFactory.Create(new Component(json.RootElement, type, problems));
            return problems.Count == 0 ? normalizer! : throw new Assay.Checkpoints.InvalidInputException(problems);
        });
    }

    private static IEnumerable<TheoryDataRow<string>> Names(string file, string key)
    {
        var path = Path.Combine(GoldenFiles.Root, "unicode", file);
        if (!File.Exists(path)) return [new TheoryDataRow<string>($"(no {file})") { Skip = $"{path} is not there." }];
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        return [.. json.RootElement.GetProperty(key).EnumerateObject().Select(p => new TheoryDataRow<string>(p.Name))];
    }
}
