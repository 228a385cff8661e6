using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Evaluation.Vetting;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Edits;

public sealed class EditFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama", false, false)]
    [InlineData("gemma2", false, false)]
    [InlineData("qwen2_moe", true, false)]
    [InlineData("gpt2", false, true)]
    public void Applying_it_makes_the_merged_checkpoint_byte_for_byte(string name, bool norms, bool input)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", name));
        var plan = Plan(model, withEmbedding: !input);
        var options = new EditOptions { PreserveNorms = norms, InputSide = input };
        MergedCheckpoint.Write(model, plan, _folder["merged"], options);
        EditFile.For(model, plan, options).Write(_folder["edit.safetensors"]);
        Assert.True(new FileInfo(_folder["edit.safetensors"]).Length < 8192);
        var read = EditFile.Read(_folder["edit.safetensors"]);
        using (var again = EditableModel.Open(GoldenFiles.Require("models", name))) read.Apply(again, _folder["applied"]);
        Assert.Equal(TemporaryFolder.Contents(_folder["merged"]), TemporaryFolder.Contents(_folder["applied"]));
    }

    [Fact]
    public void It_says_all_that_the_plan_said()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        var plan = Plan(model, withEmbedding: true);
        EditFile.For(model, plan).Write(_folder["edit.safetensors"]);
        var read = EditFile.Read(_folder["edit.safetensors"]);
        Assert.Equal(plan.Length, read.Edits.Length);
        foreach (var (expected, got) in plan.Zip(read.Edits))
        {
            Assert.Equal(expected.Places, got.Places);
            Assert.Equal((expected.Direction.Estimator, expected.Direction.Site, expected.Direction.Position), (got.Direction.Estimator, got.Direction.Site, got.Direction.Position));
            Assert.Equal(expected.Direction.Vectors, got.Direction.Vectors);
            Assert.Equal(expected.Direction.Readouts, got.Direction.Readouts);
            Assert.Equal(expected.Direction.Offset, got.Direction.Offset);
        }
        // The hash is the one that reports print.
        using var whole = LanguageModel.Open(GoldenFiles.Require("models", "llama"));
        Assert.Equal((ModelIdentity.Of(whole).Weights.Value, "llama", 64), (read.BaseHash, read.BaseName, read.Width));
        Assert.Throws<InvalidInputException>(() => EditFile.For(model, plan).Write(_folder["edit.safetensors"]));
        EditFile.For(model, plan[..1]).Write(_folder["edit.safetensors"], overwrite: true);
        Assert.Single(EditFile.Read(_folder["edit.safetensors"]).Edits);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("direction.0.vectors", false)]
    [InlineData("direction.1.readouts", true)]
    [InlineData("direction.1.offset", false)]
    [InlineData("\\\"mlp\\\",0.5", true)]
    [InlineData("\\\"keep_tied_head\\\":false", false)]
    [InlineData("\\\"position\\\":-2", false)]
    [InlineData("\\\"estimator\\\":\\\"probe", true)]
    [InlineData("\"base\":\"llama", false)]
    public void What_is_read_back_otherwise_than_it_is_gets_no_name(string damaged, bool overwrite)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        if (overwrite) EditFile.For(model, Plan(model, withEmbedding: true)[..1]).Write(_folder["edit.safetensors"]);
        var before = TemporaryFolder.Contents(_folder.Path);
        void Damage(string step)
        {
            if (step != "check") return;
            var path = Assert.Single(Directory.GetFiles(_folder.Path, "*.partial-*"));
            var bytes = File.ReadAllBytes(path);
            int at;
            if (damaged.StartsWith("direction", StringComparison.Ordinal))
            {
                using var file = SafetensorsFile.Open(path);
                at = (int)file.Tensors.Single(t => t.Name == damaged).Place!.Value.Offset;
                bytes[at] ^= 1;
            }
            else
            {
                at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(damaged));
                Assert.True(at > 0, damaged);
                if (damaged.EndsWith("false", StringComparison.Ordinal)) "true "u8.CopyTo(bytes.AsSpan(at + damaged.Length - 5));
                else bytes[at + damaged.Length - 1] ^= 1;
            }
            File.WriteAllBytes(path, bytes);
        }

        var failed = Assert.Throws<InvalidInputException>(() => EditFile.For(model, Plan(model, withEmbedding: true)).Write(_folder["edit.safetensors"], overwrite, Damage));
        Assert.Contains("read back", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, TemporaryFolder.Contents(_folder.Path));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        Assert.Contains("cannot be written", Assert.Throws<InvalidInputException>(() => EditFile.For(model, Plan(model, withEmbedding: true)).Write(_folder["none/edit.safetensors"])).Message);
    }

    [Fact]
    public void Only_its_base_takes_it()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        var edit = EditFile.For(model, Plan(model, withEmbedding: true));
        // The same shapes, other weights; and the same weights with another configuration.
        var other = ModelCopy.As(DType.F32, GoldenFiles.Require("models", "llama"), _folder, "other");
        using (var same = EditableModel.Open(other)) edit.RequireBase(same); // Stored otherwise, and the same values.
        using (var file = new FileStream(Path.Combine(other, "model.safetensors"), FileMode.Open))
        {
            file.Position = file.Length - 1;
            file.WriteByte(0x41);
        }

        using (var model2 = EditableModel.Open(other)) Assert.Contains("hash", Assert.Throws<InvalidInputException>(() => edit.Apply(model2, _folder["out"])).Message);
        CheckpointWriter.Copy(model.Checkpoint, _folder["config"]);
        var config = File.ReadAllText(_folder["config/config.json"]);
        File.WriteAllText(_folder["config/config.json"], config.Replace("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 1e-05", StringComparison.Ordinal));
        using (var model3 = EditableModel.Open(_folder["config"])) Assert.Throws<InvalidInputException>(() => edit.Apply(model3, _folder["out"]));
        // A copy under another name is the base.
        File.WriteAllText(_folder["config/config.json"], config);
        using (var model4 = EditableModel.Open(_folder["config"])) edit.Apply(model4, _folder["out"]);
        Assert.True(File.Exists(_folder["out/config.json"]));
    }

    [Theory]
    [InlineData("""{"__metadata__":{"format":"pt"}}""", "format")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/3","base":"a","base_hash":"b","plan":"{}"}}""", "expected 'assay.edit/2'")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/1","base":"a","base_hash":"b","plan":"{}"}}""", "find the direction again")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/2","base":"a","base_hash":"b","plan":"{"}}""", "broken")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/2","base":"a","base_hash":"b","plan":"{}"}}""", "broken")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/2","base":"a","base_hash":"b","plan":"{\"width\":4,\"preserve_norms\":false,\"input_side\":false,\"keep_tied_head\":false,\"directions\":[{\"estimator\":\"x\"}],\"edits\":[]}"}}""", "direction.0.vectors")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/2","base":"a","base_hash":"b","plan":"{\"width\":4,\"preserve_norms\":false,\"input_side\":false,\"keep_tied_head\":false,\"directions\":[],\"edits\":[{\"direction\":7,\"places\":[]}]}"}}""", "broken")]
    [InlineData("""{"__metadata__":{"format":"assay.edit/2","base":"a","base_hash":"b","plan":"{\"width\":4,\"preserve_norms\":1,\"input_side\":false,\"keep_tied_head\":false,\"directions\":[],\"edits\":[]}"}}""", "broken")]
    public void Broken_files_are_refused(string header, string why) =>
        Assert.Contains(why, Assert.Throws<InvalidInputException>(() => EditFile.Read(_folder.Write("edit.safetensors", TemporaryFolder.Safetensors(header)))).Message);

    private static WeightEdit[] Plan(EditableModel model, bool withEmbedding)
    {
        var spec = model.Config.Spec;
        var direction = new Direction { Estimator = "mean-difference", Vectors = [.. ModelCopy.Unit(spec.HiddenSize, 1), .. ModelCopy.Unit(spec.HiddenSize, 2)], Site = new Site(1, SitePoint.ResidPost), Position = -2 };
        var oblique = new Direction { Estimator = "probe", Vectors = [.. ModelCopy.Unit(spec.HiddenSize, 3)], Readouts = [.. ModelCopy.Unit(spec.HiddenSize, 3)], Offset = withEmbedding ? [.. ModelCopy.Unit(spec.HiddenSize, 4)] : [] };
        return [new WeightEdit(direction, EditPlaces.Tent(spec, 1, 2.5, 1 / 3.0, .1)), new WeightEdit(oblique, EditPlaces.Window(spec, 0, 0, embedding: withEmbedding)), new WeightEdit(direction, [new EditPlace(0, ResidualWriter.Mlp, .5)])];
    }

    [Theory]
    [InlineData("\"point\":\"ResidPost\"", "\"point\":\"bogus\"", "broken")]
    [InlineData("\"point\":\"ResidPost\"", "\"point\":\"3\"", "broken")]
    [InlineData("\"width\":64", "\"width\":0", "whole rows of 0")]
    [InlineData("\"width\":64", "\"width\":48", "whole rows of 48")]
    [InlineData("[0,\"mlp\",1]", "[0,\"mlp\",1],[0,\"mlp\",1]", "twice")]
    public void Plans_that_say_what_cannot_be_are_refused(string from, string to, string why)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        EditFile.For(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(64, 1)], Site = new Site(1, SitePoint.ResidPost), Position = -1 }, [new EditPlace(0, ResidualWriter.Mlp, 1)])]).Write(_folder["good.safetensors"]);
        using (var file = SafetensorsFile.Open(_folder["good.safetensors"]))
        {
            Assert.Contains(from, file.Metadata["plan"], StringComparison.Ordinal);
            SafetensorsWriter.Write(_folder["bad.safetensors"], [.. file.Tensors.Select(t => TensorToWrite.From(t))], file.Metadata.ToDictionary(m => m.Key, m => m.Key == "plan" ? m.Value.Replace(from, to, StringComparison.Ordinal) : m.Value));
        }

        Assert.Contains(why, Assert.Throws<InvalidInputException>(() => EditFile.Read(_folder["bad.safetensors"])).Message, StringComparison.Ordinal);
    }
}
