using System.Text.Json;
using System.Text.RegularExpressions;
using Assay.Evaluation.Prompts;

namespace Assay.Tests.Evaluation.Prompts;

public sealed class ProseDomainsTests
{
    private const string Tale = @"One day (\w+) went to the \w+\. There \1 saw some \w+\. The sky was \w+ and the wind was soft\. \1 felt (?:happy|sad|proud|tired|brave|afraid) and stayed until the evening\. Then \1 went home and slept well\.";

    public static TheoryData<string, string> Shapes { get; } = new()
    {
        { "encyclopaedia", @"\A(?: ?[A-Z][a-z]+(?:ton|ville|burg|field) is a town in ([A-Z][a-z]+)\. It was founded in 1[1-9]\d\d and has \d{3,4} people\. The town lies near a \w+ and is known for its \w+\. The capital of \1 is [A-Z][A-Za-z ]+\.)+\z" },
        { "code", @"\A(?:def (\w+)\(([abnxy])\):\n(?:    return \2 \+ [2-9]|    return \2 \* [2-9] - [2-9]|    if \2 > [2-9]:\n        return [2-9]\n    return \2)\n\nprint\(\1\([2-9]\)\)\n)+\z" },
        { "dialogue", @"\A(?:(\w+): Where did you go\?\n(\w+): I went to the \w+\.\n\1: What did you see\?\n\2: I saw \d+ \w+\.\n\1: That is nice\.\n)+\z" },
        { "records", @"\A(?:\{.*\}\n)+\z" },
        { "sums", @"\A(?:\d+ [-+] \d+ = \d+\n)+\z" },
        { "tales", @"\A(?: ?" + Tale + @")+\z" },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Documents_are_worded_as_in_training(string domain, string shape) =>
        Assert.All(ProseDomains.Draw(17, domain, 40), d => Assert.Matches(shape, d.Text));

    [Fact]
    public void Shapes_of_all_domains_are_tested() => Assert.Equal(ProseDomains.Names.Order(), Shapes.Select(s => s.Data.Item1).Order());

    [Fact]
    public void Sums_are_right_and_records_are_JSON()
    {
        foreach (var line in ProseDomains.Draw(3, "sums", 20).SelectMany(d => d.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            var m = Regex.Match(line, @"(\d+) ([-+]) (\d+) = (\d+)");
            Assert.Equal(int.Parse(m.Groups[1].Value) + (m.Groups[2].Value == "+" ? 1 : -1) * int.Parse(m.Groups[3].Value), int.Parse(m.Groups[4].Value));
        }

        foreach (var line in ProseDomains.Draw(3, "records", 20).SelectMany(d => d.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            using var record = JsonDocument.Parse(line);
            Assert.Equal(["name", "age", "likes", "city"], record.RootElement.EnumerateObject().Select(p => p.Name));
        }
    }

    [Fact]
    public void Lengths_lie_between_the_bounds_up_to_the_last_paragraph_and_vary()
    {
        foreach (var domain in ProseDomains.Names)
        {
            var documents = ProseDomains.Draw(2, domain, 60);
            Assert.All(documents, d => Assert.InRange(d.Text.Length, 200, 900 + 330));
            Assert.InRange(documents.Average(d => d.Text.Length), 450, 850);
            Assert.Equal(60, documents.Select(d => d.Text).Distinct().Count());
        }

        Assert.All(ProseDomains.Draw(2, "code", 20, 2000, 2000), d => Assert.InRange(d.Text.Length, 2000, 2100));
    }

    [Fact]
    public void Draws_repeat_with_the_seed_and_differ_between_seeds()
    {
        Assert.Equal(ProseDomains.Draw(1, "tales", 8), ProseDomains.Draw(1, "tales", 12).Take(8));
        Assert.Empty(ProseDomains.Draw(1, "tales", 12).Select(d => d.Text).Intersect(ProseDomains.Draw(2, "tales", 12).Select(d => d.Text)));
        Assert.Throws<ArgumentException>(() => ProseDomains.Draw(1, "poems", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProseDomains.Draw(1, "tales", 1, 500, 400));
    }
}
