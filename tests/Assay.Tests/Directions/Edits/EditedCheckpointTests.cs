using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;

namespace Assay.Tests.Directions.Edits;

/// <summary>A plan computed while it is read against the same plan written to a float32 file.</summary>
public sealed class EditedCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama"), InlineData("gpt2"), InlineData("gemma2"), InlineData("qwen3_moe"), InlineData("gpt_oss"), InlineData("gpt_neox"), InlineData("phi3")]
    public void Every_tensor_is_the_one_that_would_be_written(string name)
    {
        var source = ModelCopy.As(DType.F32, GoldenFiles.Require("models", name), _folder);
        using var model = LanguageModel.Open(source);
        var plan = new[]
        {
            new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Spec.HiddenSize, 3)] }, EditPlaces.Window(model.Spec, 1, 2, embedding: model.Spec.Head.Weight != model.Spec.Embedding)),
            new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Spec.HiddenSize, 4)] }, EditPlaces.Window(model.Spec, 2, 3, strength: .5)),
        };
        using (var editable = EditableModel.Open(source)) MergedCheckpoint.Write(editable, plan, _folder["edited"]);
        using var written = LanguageModel.Open(_folder["edited"]);
        using var computed = LanguageModel.Of(EditedCheckpoint.Of(model, plan, "edited"), null, model);
        Assert.Equal("edited", computed.Checkpoint.Name);
        var changed = 0;
        foreach (var (tensorName, tensor) in written.Weights)
        {
            var values = ModelCopy.Values(tensor);
            Assert.Equal(values, ModelCopy.Values(computed.Weights[tensorName]));
            if (!values.AsSpan().SequenceEqual(ModelCopy.Values(model.Weights[tensorName]))) changed++;
        }

        Assert.True(changed >= 4);
        int[] ids = [3, 1, 4, 1, 5, 9, 2, 6];
        Assert.Equal(written.Logits(ids), computed.Logits(ids));
    }

    [Fact]
    public void An_embedding_that_is_the_head_is_refused()
    {
        using var model = LanguageModel.Open(GoldenFiles.Require("models", "gpt2"));
        var plan = new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Spec.HiddenSize, 3)] }, EditPlaces.All(model.Spec));
        Assert.Contains("is the head too", Assert.Throws<InvalidInputException>(() => EditedCheckpoint.Of(model, [plan], "x")).Message, StringComparison.Ordinal);
    }
}
