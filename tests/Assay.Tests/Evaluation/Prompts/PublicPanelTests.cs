using System.Security.Cryptography;
using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Tasks;
using Assay.Evaluation.Vetting;
using Assay.Tests.Checkpoints;

namespace Assay.Tests.Evaluation.Prompts;

public sealed class PublicPanelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Bytes(int count)
    {
        using var stream = new MemoryStream();
        PublicPanel.Write(stream, count);
        return stream.ToArray();
    }

    /// <summary>Published: whoever quotes a figure on the panel quotes it on these bytes. Another version of the protocol has another panel, and its own line
    /// here.</summary>
    [Fact]
    public void The_panel_of_a_version_never_changes() => Assert.Equal(VetPlan.ProtocolVersion switch
    {
        "assay-protocol-2" => "8fefe8d735648608b283fdcb3a9499e0665a918df616cae48498d0eaccef7aaa",
        _ => "not published yet",
    }, Convert.ToHexStringLower(SHA256.HashData(Bytes(PublicPanel.DefaultItems))));

    [Fact]
    public void Fewer_prompts_are_the_beginning_of_more() => Assert.Equal(Bytes(30), Bytes(100)[..Bytes(30).Length]);

    [Fact]
    public void Every_line_says_what_is_asked_and_what_the_answer_is()
    {
        var lines = System.Text.Encoding.UTF8.GetString(Bytes(100)).Split('\n');
        Assert.Equal(("", 101), (lines[^1], lines.Length));
        foreach (var (line, i) in lines[..^1].Select((l, i) => (l, i)))
        {
            using var json = JsonDocument.Parse(line);
            var (prompt, answer) = (json.RootElement.GetProperty("prompt").GetString()!, json.RootElement.GetProperty("answer").GetString());
            Assert.Equal($"public/{i:0000}/{json.RootElement.GetProperty("stratum").GetString()}", json.RootElement.GetProperty("id").GetString());
            Assert.Equal((json.RootElement.GetProperty("stratum").GetString(), answer), QuestionSolver.Solve(prompt));
        }
    }

    [Fact]
    public void What_is_written_is_read_as_it_was_drawn()
    {
        PublicPanel.Save(_folder["panel.jsonl"]);
        var panel = PanelFile.Read(_folder["panel.jsonl"]);
        Assert.Equal(PublicPanel.Draw().Select(p => (p.Id, p.Stratum, p.Core, p.Prompt, p.Answer)),
            panel.Prompts.Select(p => (p.Id, p.Stratum, p.Core, p.Prompt, p.Answer)));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder["panel.jsonl"]))), panel.Hash);
        Assert.Contains("exists", Assert.Throws<InvalidInputException>(() => PublicPanel.Save(_folder["panel.jsonl"])).Message, StringComparison.Ordinal);
        PublicPanel.Save(_folder["panel.jsonl"], 5, overwrite: true);
        Assert.Equal(5, PanelFile.Read(_folder["panel.jsonl"]).Prompts.Length);
    }

    [Fact]
    public void A_challenge_asks_other_questions_of_the_same_tasks()
    {
        var known = PublicPanel.Draw().Select(p => p.Prompt).ToHashSet();
        for (var seed = 0UL; seed < 20; seed++)
        {
            var challenge = ReasoningPrompts.Draw(seed, Frame.Benign, 100);
            Assert.Equal(PublicPanel.Draw().Select(p => p.Stratum), challenge.Select(p => p.Stratum));
            Assert.InRange(challenge.Count(p => known.Contains(p.Prompt)), 0, 3);
        }
    }
}
