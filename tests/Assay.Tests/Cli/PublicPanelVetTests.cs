using System.Text.Json;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Runs;
using Assay.Tests.Checkpoints;
using Assay.Tokenization.Templates;

namespace Assay.Tests.Cli;

/// <summary><c>assay panel</c> and <c>assay vet --panel</c>: what a public list shows of a candidate that was fitted to it.</summary>
public sealed class PublicPanelVetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private (int Code, string Out, string Error) Vet(string candidate, params string[] more) => CommandLine.Run(["vet", EditedOrganism.Path("llama"), candidate,
        "--items", "32", "--documents", "1", "--max-new-tokens", "24", "-q", "-o", _folder["run"], .. more]);

    private JsonElement Report => JsonDocument.Parse(File.ReadAllText(_folder["run/report.json"])).RootElement;

    private List<string> Findings => [.. Report.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("id").GetString()!)];

    private JsonElement Measure(string id) => Report.GetProperty("measures").EnumerateArray().Single(m => m.GetProperty("id").GetString() == id);

    /// <summary>Organism 9 of protocol.md: the head changed by R(I − P), where P projects onto the final states at the first position of the public panel's
    /// prompts. None of their first tokens changes; whatever else the model says does.</summary>
    private string Fitted(int prompts)
    {
        const string head = "lm_head.weight";
        var organism = EditedOrganism.Of("llama");
        var weights = organism.Values(head);
        var (rows, width) = ((int)organism.Shape(head)[0], (int)organism.Shape(head)[1]);
        var basis = new List<double[]>();
        using (var model = LanguageModel.Open(EditedOrganism.Path("llama"), new LanguageModelOptions()))
        {
            var chat = ChatTemplateOptions.Default with { Clock = VetRequest.DefaultClock };
            foreach (var prompt in PublicPanel.Draw(prompts))
            {
                var states = model.FinalHidden(PromptTemplates.Encode(model, ContextSet.Plain, PanelItem.Of(prompt), chat));
                double[] state = [.. states[^width..].Select(v => (double)v)];
                // Twice is enough (Gram–Schmidt).
                for (var pass = 0; pass < 2; pass++)
                    foreach (var direction in basis) Remove(state, direction);
                var norm = Math.Sqrt(state.Sum(v => v * v));
                if (norm > 1e-4) basis.Add([.. state.Select(v => v / norm)]);
            }
        }

        Assert.InRange(basis.Count, 10, width - 10);
        var random = new System.Random(9);
        for (var row = 0; row < rows; row++)
        {
            double[] change = [.. Enumerable.Range(0, width).Select(_ => 16 * (random.NextDouble() - .5))];
            foreach (var direction in basis) Remove(change, direction);
            for (var i = 0; i < width; i++) weights[row * width + i] += (float)change[i];
        }

        return organism.Replace(head, weights).Write(_folder["fitted"]);

        static void Remove(double[] vector, double[] direction)
        {
            var along = vector.Zip(direction, (a, b) => a * b).Sum();
            for (var i = 0; i < vector.Length; i++) vector[i] -= along * direction[i];
        }
    }

    [Fact]
    public void The_panel_goes_to_standard_output_or_to_a_file()
    {
        var (code, output, error) = CommandLine.Run("panel", "--items", "7");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(0, CommandLine.Run("panel", "--items", "7", "-o", _folder["panel.jsonl"]).Code);
        Assert.Equal(output, File.ReadAllText(_folder["panel.jsonl"]));
        Assert.Equal(7, output.Count(c => c == '\n'));
        Assert.StartsWith(output, CommandLine.Run("panel").Out, StringComparison.Ordinal);
        Assert.Equal(65, CommandLine.Run("panel", "-o", _folder["panel.jsonl"]).Code);
        Assert.Equal(output, File.ReadAllText(_folder["panel.jsonl"]));
        Assert.Equal(0, CommandLine.Run("panel", "-o", _folder["panel.jsonl"], "--overwrite").Code);
        Assert.Equal(100, File.ReadLines(_folder["panel.jsonl"]).Count());
        Assert.Equal(64, CommandLine.Run("panel", "--items", "0").Code);
    }

    [Theory]
    [InlineData("own.jsonl", "{\"prompt\": \"a\"}\n{\"prompt\": 3}\n", "line 2: 'prompt' is a number")]
    [InlineData("own.txt", "a\na\n", "line 2: the question 'a' stands in")]
    [InlineData("own.txt", "a\n10 MB\n", "line 2: has 10000000 bytes; expected at most 1048576")]
    [InlineData("own.txt", "long\n", "The prompt 'public/000001' of --panel has")]
    public void A_bad_panel_is_refused_by_file_and_line_and_nothing_is_run(string name, string text, string problem)
    {
        text = text.Replace("10 MB", new string('x', 10_000_000), StringComparison.Ordinal)
            .Replace("long", string.Concat(Enumerable.Repeat("zebra ", 5000)), StringComparison.Ordinal);
        var (code, output, error) = Vet(EditedOrganism.Path("llama", "before"), "--panel", _folder.Write(name, text));
        Assert.Equal((65, ""), (code, output));
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void The_plan_names_the_panel_by_its_bytes_and_challenge_is_the_seed()
    {
        string Plan(params string[] more)
        {
            var (code, output, error) = Vet(EditedOrganism.Path("llama", "before"), ["--cores", "0", "--measures", "public-panel", "--dry-run", .. more]);
            Assert.True(code == 0, error);
            return output;
        }

        PublicPanel.Save(_folder["panel.jsonl"], 40);
        var (first, again, none) = (Plan("--panel", _folder["panel.jsonl"]), Plan("--panel", _folder.Write("copy.jsonl",
            File.ReadAllBytes(_folder["panel.jsonl"]))), Plan());
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_folder["panel.jsonl"])));
        Assert.Contains($"public_panel: \"40 prompts, SHA-256 {hash}\"", first, StringComparison.Ordinal);
        Assert.Contains("public_panel: \"none\"", none, StringComparison.Ordinal);
        Assert.Contains(hash, again, StringComparison.Ordinal);
        Assert.Contains($"public_panel: \"12 prompts, SHA-256 {hash}\"", Plan("--panel", _folder["panel.jsonl"], "--limit", "12"), StringComparison.Ordinal);
        Assert.Contains("seed: 77\n", Plan("--challenge", "77"), StringComparison.Ordinal);
        Assert.Contains("seed: 77\n", Plan("--seed", "77"), StringComparison.Ordinal);
        Assert.Contains("given by hand", Plan("--challenge", "77"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_candidate_fitted_to_the_public_panel_is_found_out()
    {
        PublicPanel.Save(_folder["panel.jsonl"], 48);
        var (code, output, error) = Vet(Fitted(48), "--panel", _folder["panel.jsonl"], "--cores", "40", "--measures", "public-panel,R2R");
        Assert.True(code == 1, output + error);
        // protocol.md, organism 9: either of them.
        Assert.Contains(Report.GetProperty("verdict").GetProperty("name").GetString(), (string[])["DEGRADED", "BROKEN"]);
        Assert.Contains("PUBLIC-PANEL-FLATTERS", Findings);
        Assert.Contains("GAMED", Findings);
        // What would be quoted is no change at all.
        Assert.InRange(Measure("kld.public.first_token").GetProperty("value").GetDouble(), 0, 1e-5);
        Assert.InRange(Measure("kld.public.challenge_first_token").GetProperty("value").GetDouble(), .01, 50);
        Assert.True(Measure("kld.public.challenge_over_public").GetProperty("low").GetDouble() > Math.Log(3));
    }

    [Fact]
    public void An_honest_candidate_is_not()
    {
        PublicPanel.Save(_folder["panel.jsonl"], 48);
        var (code, output, error) = Vet(EditedOrganism.Path("llama", "before"), "--panel", _folder["panel.jsonl"], "--cores", "0", "--measures",
            "public-panel");
        Assert.True(code is 0 or 2, output + error);
        Assert.DoesNotContain("PUBLIC-PANEL-FLATTERS", Findings);
        Assert.DoesNotContain("GAMED", Findings);
        var ratio = Measure("kld.public.challenge_over_public");
        Assert.True(ratio.GetProperty("low").GetDouble() < 0 && ratio.GetProperty("high").GetDouble() > 0, ratio.ToString());
    }
}
