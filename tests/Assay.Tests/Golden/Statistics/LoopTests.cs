using System.Text.Json;
using Assay.Evaluation.Behaviour;

namespace Assay.Tests.Golden.Statistics;

/// <summary>Loops as a brute-force search in Python finds them (golden/make/protocol_golden.py).</summary>
public sealed class LoopTests
{
    [Fact]
    public void Every_recorded_tail_is_judged_alike()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.Require("protocol", "loops.json")));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Contains(cases, c => c.GetProperty("loop_period").ValueKind == JsonValueKind.Number);
        foreach (var c in cases)
        {
            int[] ids = [.. c.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];
            var expected = c.GetProperty("loop_period") is { ValueKind: JsonValueKind.Number } period ? period.GetInt32() : (int?)null;
            Assert.True(expected == LoopDetector.Period(ids, c.GetProperty("closed").GetBoolean()), c.GetProperty("name").GetString());
        }
    }
}
