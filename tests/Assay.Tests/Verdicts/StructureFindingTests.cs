using System.Collections.Immutable;
using Assay.Evaluation.Diffing;
using Assay.Verdicts;

namespace Assay.Tests.Verdicts;

/// <summary>What the weights alone tell a verdict.</summary>
public sealed class StructureFindingTests
{
    private static TensorDifference Tensor(string name, ChangeKind kind) => new()
    {
        Name = name, Place = TensorPlace.Of(name, null, null), Kind = kind, Detail = "", Shape = [4, 4], Elements = 16, Cosine = 1, Format = null,
    };

    private static CheckpointDifference Difference(IReadOnlyList<int?> map, int layers, params TensorDifference[] tensors) =>
        new("base", "candidate", "llama", tensors, [], new PackagingDifference([], [], [], [], false), 1, []) { LayerMap = map, BaseLayers = layers };

    [Theory]
    [InlineData("0 1 2 3", 4, "")]
    [InlineData("0 1 3", 4, "LAYERS-GONE: Layer 2 of")]
    [InlineData("0 4 8", 9, "LAYERS-GONE: Layers 1 to 3, 5 to 7 of")]
    [InlineData("0 1 1 2", 3, "LAYERS-TWICE: Layer 1 of")]
    [InlineData("0 1 1 1 3", 4, "LAYERS-GONE: Layer 2 of|LAYERS-TWICE: Layer 1 of")]
    [InlineData("0 - 2", 3, "")] // Replaced where it stood: its tensors say so.
    [InlineData("", 3, "")] // No layers were told apart.
    [InlineData("1 0 2", 3, "")]
    public void Layers_that_went_or_came_twice_are_named(string map, int layers, string expected)
    {
        var found = FindingRules.Structure(Difference([.. map.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l == "-" ? (int?)null : int.Parse(l))], layers));
        Assert.All(found, f => Assert.Equal("warning", f.SeverityName));
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries).Length, found.Count);
        foreach (var (want, finding) in expected.Split('|').Zip(found)) Assert.StartsWith(want, $"{finding.Name}: {finding.Sentence}",
            StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_that_are_no_numbers_are_named()
    {
        var found = Assert.Single(FindingRules.Structure(Difference([0], 1, Tensor("model.norm.weight", ChangeKind.NonFinite),
            Tensor("lm_head.weight", ChangeKind.Dense))));
        Assert.Equal("WEIGHTS-NOT-NUMBERS", found.Name);
        Assert.Contains("in 1 tensor: model.norm.weight.", found.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChangeKind.Converted, ChangeKind.RoundTrip, ProofKind.RoundedOnly)]
    [InlineData(ChangeKind.RoundTrip, ChangeKind.WithinRounding, null)] // Not done again value for value.
    [InlineData(ChangeKind.RoundTrip, ChangeKind.Dense, null)]
    [InlineData(ChangeKind.Permuted, ChangeKind.Permuted, ProofKind.SameFunction)]
    [InlineData(ChangeKind.Permuted, ChangeKind.Dense, null)]
    [InlineData(ChangeKind.Permuted, ChangeKind.Moved, null)]
    [InlineData(ChangeKind.Identical, ChangeKind.Identical, null)]
    public void Only_what_was_done_again_value_for_value_is_a_proof(ChangeKind first, ChangeKind second, ProofKind? proof)
    {
        var a = Tensor("model.layers.0.mlp.up_proj.weight", first) with { Changed = first == ChangeKind.Converted ? 3 : 0, Through = "float16",
            BaseType = "BF16", CandidateType = "F16" };
        var b = Tensor("model.layers.0.mlp.down_proj.weight", second) with { Through = "float16" };
        Assert.Equal(proof, FindingRules.Proof(Difference([0], 1, a, b))?.Kind);
        // In layers that moved, or with another forward configuration, nothing is proven.
        Assert.Null(FindingRules.Proof(Difference([1, 0], 2, a, b)));
        Assert.Null(FindingRules.Proof(Difference([0], 1, a, b) with { Packaging = new PackagingDifference([], [], [], [], true) }));
    }
}
