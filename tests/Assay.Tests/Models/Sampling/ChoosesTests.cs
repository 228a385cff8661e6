using Assay.Models.Sampling;

namespace Assay.Tests.Models.Sampling;

public sealed class ChoosesTests
{
    [Theory]
    [InlineData(true, 1f, 2f)]
    [InlineData(true, float.NegativeInfinity, -3f)]
    [InlineData(false, float.NegativeInfinity, float.NegativeInfinity)]
    [InlineData(false, 1f, float.NaN)]
    [InlineData(false, float.PositiveInfinity, 1f)]
    public void Logits_choose_a_token_or_none(bool chooses, float first, float second) => Assert.Equal(chooses, Sampler.Chooses([first, second]));
}
