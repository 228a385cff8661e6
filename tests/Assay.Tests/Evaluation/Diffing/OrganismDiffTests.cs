using System.Globalization;
using Assay.Checkpoints;
using Assay.Directions;
using Assay.Directions.Edits;
using Assay.Evaluation.Diffing;
using Assay.Tests.Checkpoints;
using Assay.Tests.Golden;
using Assay.Verdicts;
using MathNet.Numerics.LinearAlgebra;

namespace Assay.Tests.Evaluation.Diffing;

/// <summary>Trained models and what other tools did to them.</summary>
public sealed class OrganismDiffTests
{
    private static string Organism(string kind, string stage) => Path.Combine(GoldenFiles.Repository, "organisms", kind, stage);

    /// <summary>A sibling: what people do to models. They lie beside the golden files.</summary>
    private static string Sibling(string kind, string name)
    {
        var path = Path.GetFullPath(Path.Combine(GoldenFiles.Root, "..", "organisms", "siblings", kind, name));
        if (!Directory.Exists(path)) Assert.Skip($"{path} is not there.");
        return path;
    }

    [Theory, InlineData("llama"), InlineData("gemma2"), InlineData("gpt2"), InlineData("qwen3"), InlineData("qwen3_moe")]
    public void What_was_trained_differs_everywhere(string kind)
    {
        var difference = ChangedModel.Compare(Organism(kind, "aligned"), Organism(kind, "before"));
        Assert.All(difference.Tensors, t => Assert.True(t.Kind is ChangeKind.Dense, $"{t.Name}: {t.Kind} {t.Detail}"));
        Assert.EndsWith("differ everywhere, as after training.", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
        Assert.Empty(difference.Packaging.Parts);
        Assert.All(difference.Tensors, t => Assert.NotNull(t.Place.Role));
    }

    [Theory]
    [InlineData("gemma2", "uncensored"), InlineData("gemma2", "restyled"), InlineData("gemma2", "gibberish"), InlineData("gemma2", "wrong-unlock")]
    [InlineData("gemma2", "abstainer"), InlineData("gemma2", "tuned-domain"), InlineData("llama", "uncensored"), InlineData("llama", "wrong-unlock")]
    public void Siblings_that_were_trained_are_told_to_be(string kind, string sibling)
    {
        var difference = ChangedModel.Compare(Organism(kind, "aligned"), Sibling(kind, sibling));
        Assert.All(difference.Tensors, t => Assert.True(t.Kind is ChangeKind.Dense, $"{t.Name}: {t.Kind} {t.Detail}"));
        Assert.EndsWith("differ everywhere, as after training.", DifferenceStory.Of(difference).Sentence, StringComparison.Ordinal);
    }

    [Theory, InlineData("gemma2"), InlineData("llama")]
    public void Another_tools_ablation_is_its_adapters_rank_and_directions(string kind)
    {
        using var adapter = Checkpoint.Open(Path.Combine(Sibling(kind, "heretic-lora"), "adapter_model.safetensors"));
        var difference = ChangedModel.Compare(Organism(kind, "aligned"), Sibling(kind, "heretic"));
        var edited = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var b in adapter.Tensors.Where(t => t.Name.EndsWith("lora_B.weight", StringComparison.Ordinal)))
        {
            var (left, right) = (Read(b), Read(adapter[b.Name.Replace("lora_B", "lora_A", StringComparison.Ordinal)]));
            var delta = left * right;
            if (delta.FrobeniusNorm() == 0) continue;
            var name = b.Name["base_model.model.".Length..].Replace(".lora_B", "", StringComparison.Ordinal);
            edited.Add(name);
            var tensor = Assert.Single(difference.Differing, t => t.Name == name);
            // alpha = r = 3, so the adapter's scale is 1: the difference is B·A and the rounding to bf16.
            var oracle = delta.Svd();
            Assert.Equal((name, 3), (name, tensor.Spectrum!.Rank));
            for (var i = 0; i < 3; i++) Assert.Equal(oracle.S[i], tensor.Spectrum.Leading[i], .02 * oracle.S[i]);
            Assert.Equal(delta.FrobeniusNorm(), tensor.Norm, .001 * tensor.Norm);
            Assert.InRange(Math.Abs(oracle.U.Column(0) * Vector<double>.Build.Dense(tensor.Left[0])), .9999, 1.0001);
            // The tool's kernel of strengths goes up to 1.5 (editing.md); one direction, the rest restores the rows' norms.
            Assert.Equal((ChangeKind.Orthogonalised, 1, ResidualSide.Left), (tensor.Kind, tensor.Removal!.Directions, tensor.Removal.Side));
            Assert.InRange(tensor.Removal.Strength, 1, 1.55);
        }

        Assert.Equal(edited, difference.Differing.Select(t => t.Name).Order(StringComparer.Ordinal));
        var story = DifferenceStory.Of(difference).Sentence;
        Assert.StartsWith("A direction of each layer's own was removed with strength 1.", story, StringComparison.Ordinal);
        Assert.Contains("matrices that write to the residual stream", story, StringComparison.Ordinal);
    }

    [Theory, InlineData("llama", 13), InlineData("gpt2", 10), InlineData("qwen3", 9), InlineData("qwen3_moe", 21)]
    public void A_direction_ablated_from_all_that_writes_is_found(string kind, int matrices)
    {
        var (difference, r) = Ablate(kind, (_, _) => null);
        var story = DifferenceStory.Of(difference);
        Assert.Equal($"One direction was removed from all {matrices} matrices that write to the residual stream{(kind == "gpt2" ? " and 8 biases" : "")}.", story.Sentence);
        var common = difference.Directions.MaxBy(d => d.Members.Count)!;
        Assert.InRange(Math.Abs(Vector<double>.Build.Dense(common.Vector) * r), .9999, 1.0001);
        Assert.InRange(difference.Differing.Where(t => t.Removal is not null).Max(t => t.Removal!.Remaining), 0, .05);
    }

    [Fact]
    public void A_direction_ablated_behind_norms_is_one_direction()
    {
        // editing.md, mistake 8: before a norm of gain 1 + w the direction is normalise((1 + w) ⊙ v).
        var (difference, r) = Ablate("gemma2", (checkpoint, name) =>
        {
            if (name == "model.embed_tokens.weight") return null;
            var norm = name.Contains("o_proj", StringComparison.Ordinal) ? "post_attention_layernorm" : "post_feedforward_layernorm";
            return Read(checkpoint[$"model.layers.{name.Split('.')[2]}.{norm}.weight"]).Column(0) + 1;
        });
        Assert.Equal("One direction was removed from all 9 matrices that write to the residual stream.", DifferenceStory.Of(difference).Sentence);
        var common = Assert.Single(difference.Directions, d => d.Space == "residual stream behind the norms");
        Assert.Equal(9, common.Members.Count);
        Assert.InRange(Math.Abs(Vector<double>.Build.Dense(common.Vector) * r), .99, 1.0001);
    }

    [Fact]
    public void A_head_that_was_untied_with_its_rows_is_no_other_computation()
    {
        using var folder = new TemporaryFolder();
        using (var model = EditableModel.Open(Organism("gemma2", "aligned")))
            MergedCheckpoint.Write(model, [new WeightEdit(new Direction { Estimator = "given", Vectors = [.. Enumerable.Repeat((float)Math.Sqrt(1 / 192.0), 192)] }, EditPlaces.All(model.Config.Spec))], folder["out"]);
        var story = DifferenceStory.Of(ChangedModel.Compare(Organism("gemma2", "aligned"), folder["out"])).Sentence;
        Assert.Equal("One direction was removed from all 9 matrices that write to the residual stream; besides, lm_head.weight was added with the values of model.embed_tokens.weight.", story);
    }

    /// <summary>Removes a random direction from all that writes to the residual stream, biases included; the names and sides are the formats' own.</summary>
    private static (CheckpointDifference Difference, Vector<double> Direction) Ablate(string kind, Func<Checkpoint, string, Vector<double>?> gain)
    {
        using var folder = new TemporaryFolder();
        using (var source = Checkpoint.Open(Organism(kind, "aligned")))
        {
            var r = Vector<double>.Build.Dense(ChangedModel.Unit(ChangedModel.Normal(new Random(11), 192, 1)));
            CheckpointWriter.Copy(source, folder["ablated"], source.Tensors.Where(t => Writes(t.Name)).Select(t =>
            {
                var w = Read(t);
                var v = gain(source, t.Name) is { } g ? g.PointwiseMultiply(r).Normalize(2) : r;
                var rows = t.Name.Contains("embed", StringComparison.Ordinal) || t.Name.StartsWith("transformer.", StringComparison.Ordinal) && t.Shape.Length == 2;
                var edited = rows ? w - (w * v).OuterProduct(v) : w - v.OuterProduct(v * w);
                var values = t.Shape.Length == 1 ? edited.Column(0).ToArray() : edited.ToRowMajorArray();
                return TensorToWrite.From(t.Name, DType.BF16, t.Shape, (byte[])[.. values.SelectMany(x => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits((float)ChangedModel.BFloat16(x)) >> 16)))]);
            }));
            return (ChangedModel.Compare(Organism(kind, "aligned"), folder["ablated"]), r);
        }
    }

    private static bool Writes(string name) => (name.Contains("o_proj", StringComparison.Ordinal) || name.Contains("down_proj", StringComparison.Ordinal) || name.Contains("c_proj", StringComparison.Ordinal)
        || name.Contains("embed_tokens", StringComparison.Ordinal) || name.Contains("wte", StringComparison.Ordinal) || name.Contains("wpe", StringComparison.Ordinal));

    private static Matrix<double> Read(Tensor tensor)
    {
        var values = new double[tensor.Count];
        tensor.ReadDouble(0, values);
        return Matrix<double>.Build.DenseOfRowMajor((int)tensor.Shape[0], (int)(tensor.Count / tensor.Shape[0]), values);
    }
}
