using Assay.Evaluation.Diffing;
using Assay.Tests.Evaluation.Diffing;

namespace Assay.Tests.Golden.Diffing;

/// <summary>One set of tensors in every block format of llama.cpp, as its quantiser made it and gguf-py reads it: what it was quantised to is named.</summary>
public sealed class BlockFormatTests
{
    [Theory]
    [InlineData("Q8_0"), InlineData("Q4_0"), InlineData("Q4_1"), InlineData("Q5_0"), InlineData("Q5_1")]
    // The formats with scales of scales search theirs, so that rounding to nearest does not give them: their levels do.
    [InlineData("Q2_K", "4 levels or fewer for each group of 16"), InlineData("Q3_K", "8 levels or fewer for each group of 16"), InlineData("Q4_K", "16 levels or fewer for each group of 32")]
    [InlineData("Q5_K", "32 even levels or fewer for each group of 32"), InlineData("Q6_K", "64 even levels or fewer for each group of 16")]
    public void Named(string format, string? levels = null)
    {
        var difference = ChangedModel.Compare(GoldenFiles.Require("gguf/types", "F32.safetensors"), GoldenFiles.Require("gguf/types", format + ".safetensors"));
        Assert.Equal(2, difference.Tensors.Count);
        Assert.All(difference.Tensors, t => Assert.Equal((ChangeKind.Quantised, levels ?? format), (t.Kind, t.Format!.ToString())));
    }

    [Theory, InlineData("F16"), InlineData("BF16")]
    public void Round_trips_are_no_quantisation(string type)
    {
        var difference = ChangedModel.Compare(GoldenFiles.Require("gguf/types", "F32.safetensors"), GoldenFiles.Require("gguf/types", type + ".safetensors"));
        Assert.All(difference.Tensors, t => Assert.Equal((ChangeKind.RoundTrip, type), (t.Kind, t.Through)));
    }
}
