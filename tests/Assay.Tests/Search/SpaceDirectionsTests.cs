using Assay.Evaluation.Prompts;
using Assay.Models;
using Assay.Search;
using Assay.Tests.Golden;

namespace Assay.Tests.Search;

public sealed class SpaceDirectionsTests
{
    [Fact]
    public void The_full_space_is_the_same_whatever_the_memory()
    {
        // One layer a group against all in one.
        var split = ContrastGenerators.Triggers(5, new ContrastSizes(10, 1, 1)).First(10);
        var found = new List<SearchSpace>();
        var groups = new List<int>();
        foreach (var memory in (long[])[1 << 10, 2L << 30])
        {
            using var model = LanguageModel.Open(Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "aligned"), new LanguageModelOptions { Threads = 2, MemoryBytes = memory });
            groups.Add(SpaceDirections.LayersTogether(model, split, 20));
            if (groups.Count == 2) Assert.Equal(model.Spec.Layers.Length, groups[1]);
            var passes = new Passes(20);
            found.Add(SpaceDirections.Full(model, split, DateTimeOffset.UnixEpoch, passes));
            Assert.Equal(groups.Count == 1 ? model.Spec.Layers.Length : 1, passes.Count);
        }

        Assert.Equal(1, groups[0]);
        var (one, all) = (found[0].Candidates, found[1].Candidates);
        Assert.Contains(one, c => c.Id.StartsWith("biprojected_difference", StringComparison.Ordinal));
        Assert.Equal(all.Select(c => c.Id), one.Select(c => c.Id));
        for (var i = 0; i < all.Length; i++)
        {
            Assert.Equal(all[i].Edits.Length, one[i].Edits.Length);
            foreach (var (a, b) in all[i].Edits.Zip(one[i].Edits))
                Assert.True(a.Direction.Vectors.SequenceEqual(b.Direction.Vectors) && a.Direction.Readouts.SequenceEqual(b.Direction.Readouts) && a.Direction.Offset.SequenceEqual(b.Direction.Offset) && a.Places.SequenceEqual(b.Places), all[i].Id);
        }
    }

    [Fact]
    public void Layers_go_together_as_a_quarter_of_the_memory_holds_them()
    {
        var split = ContrastGenerators.Triggers(5, new ContrastSizes(10, 1, 1)).First(10);
        int Together(Func<long, long> memory)
        {
            var path = Path.Combine(GoldenFiles.Repository, "organisms", "gemma2", "aligned");
            long layer;
            using (var any = LanguageModel.Open(path)) layer = 20L * 20 * any.Spec.HiddenSize * sizeof(float);
            using var model = LanguageModel.Open(path, new LanguageModelOptions { MemoryBytes = memory(layer) });
            return SpaceDirections.LayersTogether(model, split, 20);
        }

        Assert.Equal(1, Together(layer => 4 * layer - 1));
        Assert.Equal(2, Together(layer => 8 * layer));
        Assert.Equal(2, Together(layer => 12 * layer - 1));
    }

    /// <summary>Counts how often all prompts were gone through.</summary>
    private sealed class Passes(int prompts) : IProgress<int>
    {
        public int Count { get; private set; }

        public void Report(int value) => Count += value == prompts ? 1 : 0;
    }
}
