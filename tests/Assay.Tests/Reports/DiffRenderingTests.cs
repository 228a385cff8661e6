using System.Text.Json;
using Assay.Evaluation.Diffing;
using Assay.Reports;
using Assay.Tests.Evaluation.Diffing;
using Assay.Verdicts;

namespace Assay.Tests.Reports;

/// <summary>diff.json and diff.md of one comparison whose every text is hostile.</summary>
public sealed class DiffRenderingTests
{
    private static DiffDocument Document()
    {
        var (model, changed) = (ChangedModel.Random(1), ChangedModel.Random(1));
        var name = "model.layers.1.mlp.down_proj.weight";
        for (var i = 0; i < 7; i++) changed[name][i] += 1;
        changed["model.norm.weight"][0] = double.NaN;
        var difference = ChangedModel.Compare(model, changed);
        var hostile = SampleReport.Hostile;
        difference = difference with
        {
            Base = hostile, Notes = [hostile],
            Packaging = new PackagingDifference(["tokenizer"], [new ValueDifference("config.json", hostile, null, hostile)], [hostile], [hostile], true)
            {
                Spellings = [new ValueDifference("tokenizer_config.json", "tokenizer_class", "\"A\"", null)],
            },
        };
        return new DiffDocument
        {
            Assay = "0.1.0", Story = new DifferenceStory(hostile, [hostile]), Difference = difference, Energy = double.PositiveInfinity,
            Modules = DifferenceGroup.ByModule(difference), Layers = DifferenceGroup.ByLayer(difference),
        };
    }

    [Fact]
    public void Json_says_what_the_comparison_says()
    {
        var document = Document();
        var bytes = DiffJson.Write(document);
        Assert.Equal(bytes, DiffJson.Write(document));
        using var parsed = JsonDocument.Parse(bytes);
        var root = parsed.RootElement;
        Assert.Equal(DiffDocument.Schema, root.GetProperty("schema").GetString());
        Assert.Equal(SampleReport.Hostile, root.GetProperty("story").GetProperty("sentence").GetString());
        Assert.Equal(SampleReport.Hostile, root.GetProperty("base").GetString());
        Assert.Equal("inf", root.GetProperty("energy").GetString());
        Assert.Equal(document.Difference.Tensors.Count, root.GetProperty("tensors_compared").GetInt32());
        var tensors = root.GetProperty("tensors").EnumerateArray().ToDictionary(t => t.GetProperty("name").GetString()!);
        Assert.Equal(["model.layers.1.mlp.down_proj.weight", "model.norm.weight"], tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(7, tensors["model.layers.1.mlp.down_proj.weight"].GetProperty("changed").GetInt64());
        Assert.Equal("non_finite", tensors["model.norm.weight"].GetProperty("kind").GetString());
        var packaging = root.GetProperty("packaging");
        Assert.True(packaging.GetProperty("forward_differs").GetBoolean());
        var value = Assert.Single(packaging.GetProperty("values").EnumerateArray());
        Assert.Equal((JsonValueKind.Null, SampleReport.Hostile), (value.GetProperty("base").ValueKind, value.GetProperty("candidate").GetString()));
        Assert.Equal("tokenizer_class", Assert.Single(packaging.GetProperty("spellings").EnumerateArray()).GetProperty("path").GetString());
        Assert.Equal([SampleReport.Hostile], packaging.GetProperty("tokenizer").EnumerateArray().Select(t => t.GetString()));
    }

    [Fact]
    public void Markdown_has_every_part_and_no_text_of_a_model_as_it_is()
    {
        var text = DiffMarkdown.Write(Document());
        foreach (var part in (string[])["## By module", "## By layer", "## Beside the weights", "## Tensors that differ", "## Method", "Spelt otherwise",
            "Different: tokenizer."]) Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Contains(UntrustedText.Markdown("model.layers.1.mlp.down_proj.weight"), text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("](http", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
        // A line feed in a name breaks no table: every row has as many cells as its head.
        foreach (var table in text.Split("\n\n").Where(block => block.StartsWith('|')))
            Assert.Single(table.TrimEnd('\n').Split('\n').Select(row => row.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|')).Distinct());
    }
}
