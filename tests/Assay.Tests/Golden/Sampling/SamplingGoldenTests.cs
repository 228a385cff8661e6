using System.Text.Json;
using Assay.Models.Sampling;

namespace Assay.Tests.Golden.Sampling;

/// <summary>Probabilities after transformers' logits processors.</summary>
public sealed class SamplingGoldenTests
{
    /// <summary>One row for each case of each file, or one that says the folder is missing.</summary>
    public static IEnumerable<TheoryDataRow<string, int, string>> Cases
    {
        get
        {
            foreach (var file in GoldenFiles.Files("sampling", ".json"))
            {
                if (file.Skip is { } reason)
                {
                    yield return new(file.Data, 0, "") { Skip = reason };
                    continue;
                }
                using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFiles.Root, "sampling", file.Data + ".json")));
                var index = 0;
                foreach (var one in golden.RootElement.GetProperty("cases").EnumerateArray())
                    yield return new(file.Data, index++, one.GetProperty("options").GetRawText());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Probabilities_are_those_of_transformers(string file, int index, string options)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(GoldenFiles.Require("sampling", file + ".json")));
        var one = golden.RootElement.GetProperty("cases")[index];
        var logits = one.GetProperty("logits").EnumerateArray().Select(e => e.GetSingle()).ToArray();
        var previous = one.GetProperty("previous").EnumerateArray().Select(e => e.GetInt32()).ToArray();
        var expected = one.GetProperty("probabilities").EnumerateArray().Select(e => e.GetDouble()).ToArray();

        SamplingProcessors.Apply(logits, previous, Options(options));
        var actual = new double[logits.Length];
        SamplingProcessors.Probabilities(logits, actual);

        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-6);
            // Kept and removed tokens are the same ones, not merely of similar probability.
            Assert.Equal(expected[i] == 0, actual[i] == 0);
        }
    }

    private static SamplingOptions Options(string json)
    {
        var options = new SamplingOptions();
        using var given = JsonDocument.Parse(json);
        foreach (var option in given.RootElement.EnumerateObject())
            options = option.Name switch
            {
                "temperature" => options with { Temperature = option.Value.GetDouble() },
                "top_k" => options with { TopK = option.Value.GetInt32() },
                "top_p" => options with { TopP = option.Value.GetDouble() },
                "min_p" => options with { MinP = option.Value.GetDouble() },
                "repetition_penalty" => options with { RepetitionPenalty = option.Value.GetDouble() },
                _ => throw new NotSupportedException($"The golden file has an option '{option.Name}' that this test does not know."),
            };
        return options;
    }
}
