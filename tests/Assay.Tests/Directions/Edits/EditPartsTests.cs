using System.Text.Json;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Models;
using Assay.Tests.Golden;
using FsCheck.Fluent;

namespace Assay.Tests.Directions.Edits;

/// <summary>Places, configs without a tie, and tensors read in pieces.</summary>
public sealed class EditPartsTests
{
    [Fact]
    public void A_tent_falls_in_straight_lines()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        Assert.Equal(3, model.Config.Spec.Layers.Length);
        Assert.Equal([new EditPlace(0, ResidualWriter.Mlp, .5), new EditPlace(1, ResidualWriter.Mlp, 1.5), new EditPlace(2, ResidualWriter.Mlp, .5)],
            EditPlaces.Tent(model.Config.Spec, 1, 2, 1.5, -.5, attention: false));
        // Beyond the foot nothing, and a strength of 0 is no place.
        Assert.Equal([new EditPlace(2, ResidualWriter.Attention, 1)], EditPlaces.Tent(model.Config.Spec, 2, 1, 1, mlp: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => EditPlaces.Tent(model.Config.Spec, 1, 0, 1));
    }

    [Fact]
    public void A_plan_that_does_not_fit_is_refused_before_anything_is_written()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        WeightEdit Plan(int width, int layer) => new(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(width, 1)] }, [new EditPlace(layer, ResidualWriter.Mlp, 1)]);
        MergedCheckpoint.Validate(model, [Plan(64, 2)]);
        Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Validate(model, [Plan(64, 99)]));
        Assert.Throws<InvalidInputException>(() => MergedCheckpoint.Validate(model, [Plan(48, 0)]));
    }

    [Fact]
    public void A_window_has_both_ends()
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", "llama"));
        Assert.Equal([(1, ResidualWriter.Attention), (1, ResidualWriter.Mlp), (2, ResidualWriter.Attention), (2, ResidualWriter.Mlp)], EditPlaces.Window(model.Config.Spec, 1, 2).Select(p => (p.Layer, p.Writer)));
        Assert.Equal(7, EditPlaces.All(model.Config.Spec).Length);
        Assert.Equal(new EditPlace(-1, ResidualWriter.Embedding, .6), EditPlaces.All(model.Config.Spec, .6)[0]);
    }

    [Theory]
    [InlineData("""{"tie_word_embeddings": true, "a": [1, {"tie_word_embeddings": true}]}""", """{"tie_word_embeddings": false, "a": [1, {"tie_word_embeddings": true}]}""")]
    [InlineData("""{ "b": {"tie_word_embeddings": true} }""", "{\n  \"tie_word_embeddings\": false, \"b\": {\"tie_word_embeddings\": true} }")]
    [InlineData("{}", "{\n  \"tie_word_embeddings\": false}")]
    [InlineData("""{"text_config": {"x": "é", "tie_word_embeddings": true}, "tie_word_embeddings": null}""", """{"text_config": {"x": "é", "tie_word_embeddings": false}, "tie_word_embeddings": false}""")]
    [InlineData("""{"vision_config": {"tie_word_embeddings": true}, "text_config": {"x": 1}}""", "{\n  \"tie_word_embeddings\": false,\"vision_config\": {\"tie_word_embeddings\": true}, \"text_config\": {\n  \"tie_word_embeddings\": false,\"x\": 1}}")]
    public void A_tie_is_cut_and_nothing_else(string json, string expected)
    {
        Assert.Equal(expected, UntiedConfig.Cut(json));
        using var document = JsonDocument.Parse(UntiedConfig.Cut(json), new JsonDocumentOptions { AllowDuplicateProperties = false });
        Assert.False(document.RootElement.GetProperty("tie_word_embeddings").GetBoolean());
    }

    [Theory]
    [InlineData("model.layers.0.mlp.down_proj.weight", "llama")]
    [InlineData("model.embed_tokens.weight", "llama")]
    [InlineData("model.layers.0.mlp.experts.down_proj", "gpt_oss")]
    public void Pieces_do_not_change_a_bit(string name, string golden)
    {
        using var model = EditableModel.Open(GoldenFiles.Require("models", golden));
        var plan = new WeightEdit(new Direction { Estimator = "given", Vectors = [.. ModelCopy.Unit(model.Config.Spec.HiddenSize, 1)] }, EditPlaces.All(model.Config.Spec, .9));
        var options = new EditOptions { PreserveNorms = true };
        var (whole, pieces) = (new EditedWeights(model, [plan], options).ByStoredName()[name], new EditedWeights(model, [plan], options).ByStoredName()[name]);
        var expected = new double[whole.Source.Count];
        whole.Read(0, expected);
        FsCheck.Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, expected.Length).Two().ToArbitrary(), ends =>
        {
            var (a, b) = (Math.Min(ends.Item1, ends.Item2), Math.Max(ends.Item1, ends.Item2));
            var part = new double[b - a];
            pieces.Read(a, part);
            return part.AsSpan().SequenceEqual(expected.AsSpan(a, b - a));
        }));
    }

    [Fact]
    public void Oblique_removal_is_blind_to_the_read_outs_and_moves_along_the_vectors()
    {
        var gain = Enumerable.Range(1, 6).Select(i => i / 3.0).ToArray();
        var direction = new Direction { Estimator = "probe", Vectors = [1, 0, 2, 0, 0, 1, 0, 1, 0, 0, 3, 0], Readouts = [1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1] };
        var map = DirectionBasis.Removal(direction, 1, gain, 6, "here");
        double[] y = [.3, -1, 2, .7, 0, -2];
        var after = (double[])y.Clone();
        for (var k = 0; k < 2; k++)
        {
            var part = Enumerable.Range(0, 6).Sum(i => map.Right[k * 6 + i] * y[i]);
            for (var i = 0; i < 6; i++) after[i] -= part * map.Left[k * 6 + i];
        }
        // What the stream gets is g ⊙ y: no read-out sees anything of it, and the change lies in the span of the vectors.
        for (var k = 0; k < 2; k++) Assert.Equal(0, Enumerable.Range(0, 6).Sum(i => direction.Readouts[k * 6 + i] * gain[i] * after[i]), 1e-12);
        var change = Enumerable.Range(0, 6).Select(i => gain[i] * (after[i] - y[i])).ToArray();
        Assert.Equal(2 * change[0], change[2], 1e-12); // Only the first vector has entries 0, 2 and 5, only the second 1 and 4.
        Assert.Equal(change[0], change[5], 1e-12);
        Assert.Equal(3 * change[1], change[4], 1e-12);
        Assert.Equal(0, change[3], 1e-12);
        Assert.Contains("gain", Assert.Throws<InvalidInputException>(() => DirectionBasis.Removal(direction, 1, [1, 1, 0, 1, 1, 1], 6, "here")).Message);
        Assert.Contains("singular", Assert.Throws<InvalidInputException>(() => DirectionBasis.Removal(direction with { Readouts = [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0] }, 1, null, 6, "here")).Message);
    }
}
