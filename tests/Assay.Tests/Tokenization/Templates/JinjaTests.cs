using System.Text.Json;
using Assay.Checkpoints;
using Assay.Tests.Golden;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Tokenization.Templates;

/// <summary>Small templates against Jinja2 itself: <c>make_jinja.py</c> beside this file wrote <c>jinja.json</c>.</summary>
public sealed class JinjaTests
{
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(GoldenFiles.Repository, "tests", "Assay.Tests", "Tokenization", "Templates", "jinja.json"))).RootElement;

    private static readonly ChatTemplateOptions Options = new()
    {
        Clock = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
        Extra = Golden.GetProperty("variables").EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value),
    };

    public static IEnumerable<TheoryDataRow<string>> Cases() => Golden.GetProperty("cases").EnumerateArray().Select(c => new TheoryDataRow<string>(c.GetProperty("template").GetString()!));

    [Theory, MemberData(nameof(Cases))]
    public void A_template_renders_or_fails_as_in_Jinja(string template)
    {
        var expected = Golden.GetProperty("cases").EnumerateArray().First(c => c.GetProperty("template").GetString() == template);
        if (expected.TryGetProperty("rendered", out var rendered)) Assert.Equal(rendered.GetString(), Render(template));
        else
        {
            var fault = Assert.Throws<InvalidInputException>(() => Render(template));
            Assert.StartsWith("Chat template, line 1: ", fault.Message, StringComparison.Ordinal);
            var error = expected.GetProperty("error").GetString()!;
            if (error.StartsWith("TemplateError: ", StringComparison.Ordinal)) Assert.EndsWith(error["TemplateError: ".Length..] + ".", fault.Message, StringComparison.Ordinal);
        }
    }

    private static string Render(string template) => ChatTemplate.Parse(template).Render([], true, Options);
}
