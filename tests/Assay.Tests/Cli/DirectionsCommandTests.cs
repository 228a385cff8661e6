using Assay.Benchmarks;
using Assay.Checkpoints.Gguf;
using Assay.Cli;
using Assay.Cli.Commands;
using Assay.Directions;
using Assay.Directions.Capture;
using Assay.Directions.Contrasts;
using Assay.Directions.Edits;
using Assay.Directions.Estimators;
using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Cli;

/// <summary><c>assay directions</c> and <c>assay ablate</c>, in process, on a bundled organism.</summary>
public sealed class DirectionsCommandTests : IDisposable
{
    private static readonly string Model = Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "aligned");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_found_is_written_and_removed_and_the_written_model_is_another()
    {
        var (code, output, error) = Directions("--items", "24", "--selection-items", "8", "--layer", "3", "--strength", "1.5", "--embedding", "-o", _folder["e.safetensors"]);
        Assert.True(code == 0, error);
        Assert.Contains("difference_in_means", output, StringComparison.Ordinal);
        Assert.Contains("report     ", output, StringComparison.Ordinal);
        Assert.Contains("not looked at here", output, StringComparison.Ordinal);
        var file = EditFile.Read(_folder["e.safetensors"]);
        Assert.All(file.Edits, e => Assert.Equal(new Site(3, SitePoint.ResidPost), e.Direction.Site));

        // A plan is told without anything being written.
        var plan = Ablate("--dry-run");
        Assert.Equal(0, plan.Code);
        Assert.Contains("embedding, strength 1.5", plan.Out, StringComparison.Ordinal);
        Assert.Equal(65, CommandLine.Run("ablate", Model, "--direction", _folder["e.safetensors"], "-o", _folder["e.safetensors"], "--dry-run", "-q").Code); // It is there.
        Assert.False(Path.Exists(_folder["out"]));

        var merged = Ablate("-v");
        Assert.True(merged.Code == 0, merged.Error);
        Assert.Contains("read back as promised", merged.Out, StringComparison.Ordinal);
        Assert.Contains("lm_head.weight", merged.Out, StringComparison.Ordinal); // Untied.
        using (var edited = LanguageModel.Open(_folder["out"])) Assert.False(edited.Config.TiedHead);

        // It is there now: refused, and unchanged; replaced where that is asked for.
        var stamp = File.GetLastWriteTimeUtc(_folder["out/model.safetensors"]);
        var again = Ablate();
        Assert.Equal(65, again.Code);
        Assert.Contains("--overwrite", again.Error, StringComparison.Ordinal);
        Assert.Equal(stamp, File.GetLastWriteTimeUtc(_folder["out/model.safetensors"]));
        Assert.Equal(0, Ablate("--overwrite", "--strength", "0.5").Code);
        Assert.NotEqual(stamp, File.GetLastWriteTimeUtc(_folder["out/model.safetensors"]));

        // An affine removal without its bias says so.
        Assert.Contains("removed without it", Directions("--items", "24", "--selection-items", "8", "--estimator", "leace", "--layer", "3", "-o", _folder["leace.safetensors"]).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("removed without it", Directions("--items", "24", "--selection-items", "8", "--estimator", "leace", "--layer", "3", "--embedding", "-o", _folder["biased.safetensors"]).Out, StringComparison.Ordinal);

        // Without the embedding it is an adapter too.
        Assert.Equal(0, Directions("--items", "24", "--selection-items", "8", "-o", _folder["f.safetensors"]).Code);
        Assert.Equal(0, CommandLine.Run("ablate", Model, "--direction", _folder["f.safetensors"], "-o", _folder["lora"], "--as", "lora", "-q").Code);
        using (LanguageModel.Open($"{Model}+{_folder["lora"]}"))
        {
        }

        var json = CommandLine.Run("ablate", Model, "--direction", _folder["f.safetensors"], "-o", _folder["half.safetensors"], "--as", "edit", "--strength", "0.5", "--json", "-q");
        Assert.Equal(0, json.Code);
        Assert.Equal("edit", System.Text.Json.JsonDocument.Parse(json.Out).RootElement.GetProperty("as").GetString());
        Assert.All(EditFile.Read(_folder["half.safetensors"]).Edits.SelectMany(e => e.Places), p => Assert.Equal(.5, p.Strength));

        // Made for its base only.
        var (wrong, _, told) = CommandLine.Run("ablate", Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "before"), "--direction", _folder["f.safetensors"], "-o", _folder["none"], "-q");
        Assert.Equal(65, wrong);
        Assert.Contains("another", told, StringComparison.OrdinalIgnoreCase);
        Assert.False(Path.Exists(_folder["none"]));
    }

    [Fact]
    public void A_search_goes_on_where_it_was_stopped_and_says_the_same()
    {
        string[] arguments = ["--select", "--items", "12", "--selection-items", "2", "--random", "5", "--run", _folder["run"], "-q"];
        var plan = Directions([.. arguments, "--dry-run"]);
        Assert.True(plan.Code == 0, plan.Error);
        Assert.Contains("default: 450 candidates", plan.Out, StringComparison.Ordinal);
        var first = Directions([.. arguments, "-o", _folder["a.safetensors"]]);
        Assert.True(first.Code == 0, first.Error);
        foreach (var part in (string[])["base       behaviour", "front      ", "winner     ", "report     ", "5 random directions", "450 scored", "one baseline alone has"]) Assert.Contains(part, first.Out, StringComparison.Ordinal);

        // A torn journal, as a kill leaves it.
        var journal = File.ReadAllLines(_folder["run/journal.jsonl"]);
        File.WriteAllText(_folder["run/journal.jsonl"], string.Join('\n', journal[..200]) + "\n" + journal[200][..20]);
        var second = Directions([.. arguments, "-o", _folder["b.safetensors"]]);
        Assert.True(second.Code == 0, second.Error);
        Assert.Contains("journal    199 candidates are done", second.Out, StringComparison.Ordinal);
        Assert.Equal(Results(first.Out), Results(second.Out));
        Assert.Equal(File.ReadAllBytes(_folder["a.safetensors"]), File.ReadAllBytes(_folder["b.safetensors"]));
        // The same units with the same values; which came first is where the run was cut.
        Assert.Equal(journal.Order(StringComparer.Ordinal), File.ReadAllLines(_folder["run/journal.jsonl"]).Order(StringComparer.Ordinal));

        // Another question in the same folder.
        var other = Directions([.. arguments, "--seed", "9"]);
        Assert.Equal(65, other.Code);
        Assert.Contains("--fresh", other.Error, StringComparison.Ordinal);

        static IEnumerable<string> Results(string text) => text.Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("language")]
    [InlineData("sentiment")]
    [InlineData("formality")]
    public void Every_shipped_set_has_directions(string set)
    {
        var (code, output, error) = CommandLine.Run("directions", Model, "--contrast", set, "--layer", "3", "-o", _folder["e.safetensors"]);
        Assert.True(code == 0, error);
        Assert.Contains(set, output, StringComparison.Ordinal);
        Assert.Single(EditFile.Read(_folder["e.safetensors"]).Edits);
        // And a plan writes nothing.
        Assert.Equal(0, CommandLine.Run("directions", Model, "--contrast", set, "--dry-run", "-o", _folder["f.safetensors"]).Code);
        Assert.False(File.Exists(_folder["f.safetensors"]));
    }

    [Fact]
    public void What_select_tries_by_itself_cannot_be_given_beside_it()
    {
        Assert.Equal(64, Directions("--select", "--layer", "2").Code);
        Assert.Equal(64, Directions("--select", "--strength", "1").Code);
        Assert.Equal(64, Directions("--max-kl", "0.1").Code);
    }

    [Theory, InlineData("--layer"), InlineData("--embedding")]
    public void A_layer_whose_samples_determine_nothing_is_told_and_left_out(string option)
    {
        // What enters the first block at the last position is the template's token, the same after every prompt.
        string[] site = ["--items", "24", "--selection-items", "8", "--site", "resid_pre", "-o", _folder["e.safetensors"]];
        if (option == "--layer")
        {
            var (refused, told, why) = Directions([.. site, "--layer", "0"]);
            Assert.Equal(65, refused);
            Assert.Contains("undetermined", told, StringComparison.Ordinal);
            Assert.Contains("do not determine a direction here", why, StringComparison.Ordinal);
            Assert.False(Path.Exists(_folder["e.safetensors"]));
            Assert.Equal(0, Directions([.. site, "--layer", "2"]).Code);
            return;
        }

        var (code, output, error) = Directions([.. site, "--embedding"]);
        Assert.True(code == 0, error);
        Assert.Contains("    0  undetermined: difference_in_means: ", output, StringComparison.Ordinal);
        Assert.Contains("embedding  left as it is", output, StringComparison.Ordinal);
        var edits = EditFile.Read(_folder["e.safetensors"]).Edits;
        Assert.DoesNotContain(edits, e => e.Direction.Site!.Value.Layer == 0 || e.Places.Any(p => p.Layer < 1));
        Assert.Equal(Enumerable.Range(1, edits.Length), edits.Select(e => e.Direction.Site!.Value.Layer));
    }

    [Fact]
    public void A_set_that_determines_nothing_in_any_layer_is_refused()
    {
        // One pair a split: less its own mean, the difference of a single pair is nothing.
        var pairs = Enumerable.Range(0, 200).Select(i => ($"Say the number {i}.", $"What is {i}?")).GroupBy(p => ContrastSplits.PartOf(ContrastShares.Default, p.Item1, p.Item2)).Select(g => g.First());
        _folder.Write("one.csv", "side,pair,prompt\n" + string.Concat(pairs.Select((p, i) => $"target,{i},{p.Item1}\nbaseline,{i},{p.Item2}\n")));
        var (code, output, error) = CommandLine.Run("directions", Model, "--contrast", _folder["one.csv"], "--estimator", "paired_pca", "-o", _folder["e.safetensors"]);
        Assert.Equal(65, code);
        Assert.Contains("    3  undetermined: ", output, StringComparison.Ordinal);
        Assert.Contains("all pairs differ alike", error, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder["e.safetensors"]));
    }

    [Fact]
    public void Several_components_are_told_and_written_where_an_estimator_finds_them()
    {
        foreach (var name in (string[])["paired_svd", "paired_pca", "random"])
        {
            var (code, output, error) = Directions("--items", "24", "--selection-items", "8", "--estimator", name, "--rank", "3", "--layer", "2", "-o", _folder[name + ".safetensors"]);
            Assert.True(code == 0, error);
            Assert.Matches(@"\n    2 +0 .*\n    2 +1 .*\n    2 +2 .*\n    3 +0 ", output);
            using var model = LanguageModel.Open(Model);
            Assert.Equal(3 * model.Spec.HiddenSize, Assert.Single(EditFile.Read(_folder[name + ".safetensors"]).Edits).Direction.Vectors.Length);
        }

        // Without it there is one, and what finds one only takes none.
        Assert.Equal(0, Directions("--items", "24", "--selection-items", "8", "--estimator", "paired_svd", "-o", _folder["one.safetensors"]).Code);
        Assert.Equal(64, Directions("--rank", "2").Code);
        Assert.Equal(64, Directions("--estimator", "leace", "--rank", "1").Code);
        Assert.Equal(64, Directions("--estimator", "paired_svd", "--rank", "0").Code);
        Assert.Equal(64, Directions("--select", "--rank", "2").Code);
        var (wide, _, much) = Directions("--items", "24", "--estimator", "random", "--rank", "2000000000");
        Assert.Equal(65, wide);
        Assert.Contains("width is", much, StringComparison.Ordinal);
    }

    [Fact]
    public void The_mean_over_positions_is_a_place_of_its_own()
    {
        Assert.Contains("mean over the positions", Directions("--position", "mean", "--dry-run").Out, StringComparison.Ordinal);
        var (code, output, error) = Directions("--items", "24", "--selection-items", "8", "--position", "mean", "--layer", "3", "-o", _folder["mean.safetensors"]);
        Assert.True(code == 0, error);
        var mean = Assert.Single(EditFile.Read(_folder["mean.safetensors"]).Edits).Direction;
        Assert.Null(mean.Position);
        Assert.Equal(3, mean.Site!.Value.Layer);
        // By the means at each position: the mean of differences is the difference of means.
        using var model = LanguageModel.Open(Model);
        var set = ContrastSplits.Of(ContrastGenerators.Triggers(0, new ContrastSizes(24, 8, ContrastSizes.Default.Report))).Direction.Items;
        var found = ContrastActivations.Run(model, set, new CapturePlan { Layers = [3] }, SharedOptions.DefaultClock);
        var sum = new double[model.Spec.HiddenSize];
        foreach (var place in found.Targets.Places)
            for (var j = 0; j < sum.Length; j++) sum[j] += found.Targets.Moments(place).Mean[j] - found.Baselines.Moments(place).Mean[j];
        var length = Math.Sqrt(sum.Sum(x => x * x));
        Assert.True(found.Targets.Places.Length > 1);
        for (var j = 0; j < sum.Length; j++) Assert.Equal(sum[j] / length, mean.Vectors[j], 1e-5);
    }

    [Fact]
    public void A_journal_whose_values_are_of_other_items_is_refused()
    {
        string[] arguments = ["--select", "--items", "24", "--selection-items", "6", "--random", "0", "--run", _folder["run"], "-q"];
        Assert.Equal(0, Directions([.. arguments, "--dry-run"]).Code);
        var path = _folder["run/journal.jsonl"];
        var lines = File.ReadAllLines(path);
        lines[1] = System.Text.RegularExpressions.Regex.Replace(lines[1], "\"behaviour\":\\[[^\\]]*\\]", "\"behaviour\":[1]");
        File.WriteAllText(path, string.Join('\n', lines) + "\n");
        var (code, _, error) = Directions(arguments);
        Assert.Equal(65, code);
        Assert.Contains("--fresh", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_control_vector_adds_what_separates_the_sides()
    {
        var (code, _, error) = Directions("--items", "24", "--selection-items", "8", "--strength", "-2", "--control-vector", _folder["v.gguf"]);
        Assert.True(code == 0, error);
        using var file = GgufFile.Open(_folder["v.gguf"]);
        Assert.Equal(["direction.1", "direction.2", "direction.3"], file.Tensors.Select(t => t.Name).Take(3));
        Assert.Equal(65, Directions("--control-vector", _folder["v.gguf"]).Code);
        Assert.Equal(64, Directions("--select", "--control-vector", _folder["w.gguf"]).Code);
        Assert.Equal(64, Directions("--site", "mlp_out", "--control-vector", _folder["w.gguf"]).Code);
    }

    [Fact]
    public void Bad_input_is_told_with_its_place()
    {
        void Refused(int code, string said, params string[] arguments)
        {
            var result = CommandLine.Run(arguments);
            Assert.Equal(code, result.Code);
            Assert.Contains(said, result.Error, StringComparison.Ordinal);
        }

        _folder.Write("c.jsonl", "{\"prompt\": \"a\", \"side\": \"target\"}\n{\"prompt\": \"b\", \"size\": 3}\n");
        Refused(65, "c.jsonl", "directions", Model, "--contrast", _folder["c.jsonl"]);
        Refused(65, "nowhere.jsonl", "directions", Model, "--contrast", _folder["nowhere.jsonl"]);
        Refused(65, "layers 0 to", "directions", Model, "--contrast", "triggers", "--layer", "99");
        Refused(64, "--position", "directions", Model, "--contrast", "triggers", "--position", "0");
        Refused(64, "or mean", "directions", Model, "--contrast", "triggers", "--position", "first");
        Refused(65, "1000 at most", "directions", Model, "--contrast", "triggers", "--items", "2000000000");
        Refused(64, "--contrast is ''; expected a path", "directions", Model, "--contrast", "");
        Refused(64, "magic", "directions", Model, "--contrast", "triggers", "--estimator", "magic");
        Refused(64, "--contrast", "directions", Model);
        Refused(65, "refuses none", "directions", Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "before"), "--contrast", "triggers", "--select", "--items", "8", "--selection-items", "4", "--run", _folder["r"], "-q");
        Refused(65, "e.safetensors", "ablate", Model, "--direction", _folder["e.safetensors"], "-o", _folder["o"], "-q");
        _folder.Write("not.safetensors", "nothing of the kind");
        Refused(65, "not.safetensors", "ablate", Model, "--direction", _folder["not.safetensors"], "-o", _folder["o"], "-q");
        Refused(64, "--as", "ablate", Model, "--direction", "x", "-o", "y", "--as", "magic");
        Refused(65, "model.safetensors", "ablate", Model, "--direction", Path.Combine(Model, "model.safetensors"), "-o", _folder["o"], "-q"); // Weights, not an edit.
        Assert.False(Path.Exists(_folder["o"]));
    }

    [Fact]
    public void A_quarter_of_the_checkpoint_is_memory_enough()
    {
        var model = _folder["model"];
        SyntheticCheckpoint.Write(model, SyntheticCheckpoint.LlamaConfig(12, 1024, 16, 4, 4096, 1280, 512), 1, null);
        var size = new DirectoryInfo(model).EnumerateFiles().Sum(f => f.Length);
        using (var editable = EditableModel.Open(model))
            EditFile.For(editable, [new WeightEdit(new RandomDirection(1).Of(1024), EditPlaces.All(editable.Config.Spec))]).Write(_folder["big.safetensors"]);
        Assert.True(size > 300L << 20);

        // A process of its own, so that nothing else is in the figure.
        var allowed = size / 4;
        var (code, output, error) = ChildProcess.Run(ChildProcess.Dotnet, [typeof(ExitCodes).Assembly.Location, "ablate", model, "--direction", _folder["big.safetensors"], "-o", _folder["edited"], "--memory", $"{allowed >> 20}M", "--json", "-q"]);
        Assert.True(code == 0, error);
        using var json = System.Text.Json.JsonDocument.Parse(output);
        Assert.InRange(json.RootElement.GetProperty("peak_private_bytes").GetInt64(), 1, allowed + (200L << 20));
    }

    private (int Code, string Out, string Error) Ablate(params string[] more) => CommandLine.Run(["ablate", Model, "--direction", _folder["e.safetensors"], "-o", _folder["out"], "-q", .. more]);

    private static (int Code, string Out, string Error) Directions(params string[] more) => CommandLine.Run(["directions", Model, "--contrast", "triggers", .. more]);
}
