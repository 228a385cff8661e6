using System.Text.Json;

namespace Assay.Tests.Cli;

/// <summary>A vet whose reasoning cores are chosen by a pilot.</summary>
public sealed class PilotCommandTests : IDisposable
{
    private static readonly string[] s_files = ["plan.yaml", "journal.jsonl", "scores.bin", "samples.jsonl", "measurements.json"];
    private readonly string _folder = Directory.CreateTempSubdirectory("assay-pilot-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    private static string Base => EditedOrganism.Path("gpt2");

    private string[] Arguments(string name, string model, params string[] more) => ["vet", model, EditedOrganism.Path("gpt2", "before"), "--items", "2",
        "--cores", "64", "--documents", "1", "--max-new-tokens", "6", "--measures", "R2R", "-q", "-o", Path.Combine(_folder, name),
            .. more];

    private int Vet(string name, params string[] more)
    {
        var (code, _, error) = CommandLine.Run(Arguments(name, Base, more));
        Assert.True(code is 0 or 1 or 2, error);
        return code;
    }

    [Fact]
    public void Cores_are_what_the_pilot_chose_whoever_computes_which_part_and_wherever_a_run_was_cut()
    {
        var code = Vet("whole");
        var measures = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "whole", "measurements.json"))).RootElement.GetProperty("measures")
            .EnumerateArray().ToList();
        double Value(string id) => measures.Single(m => m.GetProperty("id").GetString() == id).GetProperty("value").GetDouble();
        Assert.True(Value("r2r.pilot.frame.cue") >= .9);
        Assert.Equal(150, Value("r2r.pilot.reply_tokens"));
        Assert.True(Value("r2r.refusals.trigger") < -.9);
        // Of each family one level: the cores are of the families that the base solves.
        var samples = File.ReadAllLines(Path.Combine(_folder, "whole", "samples.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var solved = measures.Select(m => m.GetProperty("id").GetString()!)
            .Where(id => id.StartsWith("r2r.pilot.", StringComparison.Ordinal) && id.Count(c => c == '.') == 3
            && Value(id) >= .2).Select(id => id.Split('.')[2]).ToHashSet(StringComparer.Ordinal);
        var asked = samples.Where(s => s.GetProperty("set").GetString()!.StartsWith("cores-", StringComparison.Ordinal))
            .Select(s => s.GetProperty("stratum").GetString()!).ToList();
        // Two models in two frames, and the rounded base in the benign one.
        Assert.Equal(5 * 64, asked.Count);
        // Rounding changes no reply of this organism, so that nothing is taken from what the candidate ruins.
        Assert.Equal(Answers("cores-benign/r1/greedy/plain/candidate"), Answers("cores-benign/floor/greedy/plain/candidate"));
        Assert.All(asked, family => Assert.Contains(family, solved));

        List<string> Answers(string set) => [.. samples.Where(s => s.GetProperty("set").GetString() == set)
            .Select(s => s.GetProperty("contexts")[0].GetProperty("answer").GetString()!)];

        // Each part asks the pilot itself.
        foreach (var i in new[] { 1, 2 }) Vet($"part{i}", "--shard", $"{i}/2");
        Assert.Equal(code, CommandLine.Run("merge", Path.Combine(_folder, "part2"), Path.Combine(_folder, "part1"), "-o", Path.Combine(_folder, "merged"), "-q")
            .Code);
        foreach (var file in s_files) Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "whole", file)),
            File.ReadAllBytes(Path.Combine(_folder, "merged", file)));

        // Cut within the pilot, near its end; joining has gone on behind it.
        var journal = File.ReadAllLines(Path.Combine(_folder, "whole", "journal.jsonl"));
        var cut = Array.FindLastIndex(journal, l => l.Contains("/pilot/", StringComparison.Ordinal)) - 3;
        Assert.True(cut > 20);
        File.WriteAllText(Path.Combine(_folder, "whole", "journal.jsonl"), string.Join('\n', journal[..cut]) + "\n" + journal[cut][..10]);
        Vet("whole");
        foreach (var file in s_files) Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "merged", file)),
            File.ReadAllBytes(Path.Combine(_folder, "whole", file)));

        // A choice rests on replies that are checked first.
        File.WriteAllBytes(Path.Combine(_folder, "whole", "scores.bin"), File.ReadAllBytes(Path.Combine(_folder, "whole", "scores.bin"))[..2000]);
        var (damaged, _, error) = CommandLine.Run(Arguments("whole", Base));
        Assert.Equal(65, damaged);
        Assert.Contains("scores.bin", error, StringComparison.Ordinal);
    }

    /// <summary>Prompts are encoded on several threads: what one of them refuses is bad input as ever.</summary>
    [Fact]
    public void A_template_that_refuses_every_prompt_is_bad_input()
    {
        var model = EditedOrganism.Of("gpt2").Write(Path.Combine(_folder, "base"));
        File.WriteAllText(Path.Combine(model, "chat_template.jinja"), "{{ raise_exception('No one is at home.') }}");
        var (code, _, error) = CommandLine.Run(Arguments("run", model));
        Assert.Equal(65, code);
        Assert.Contains("No one is at home.", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "run")));
    }
}
