using Assay.Checkpoints;
using Assay.Runs;

namespace Assay.Tests.Runs;

public sealed class RunShardTests
{
    private static RunShard Parse(string text, params (string Name, string Value)[] environment) =>
        RunShard.Parse(text, name => environment.FirstOrDefault(e => e.Name == name).Value);

    [Theory]
    [InlineData("1/1", 1, 1)]
    [InlineData("2/8", 2, 8)]
    [InlineData("8/8", 8, 8)]
    public void A_part_is_named_by_its_number(string text, int index, int count) => Assert.Equal(new RunShard(index, count), Parse(text));

    [Theory]
    [InlineData("0/8")]
    [InlineData("9/8")]
    [InlineData("-1/8")]
    [InlineData("1/0")]
    [InlineData("1/999999999")]
    [InlineData("1/8/2")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData("auto")]
    [InlineData("auto/x")]
    public void Anything_else_is_refused_with_what_was_given(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<InvalidInputException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_scheduler_says_which_part_this_is()
    {
        Assert.Equal(new RunShard(3, 4), Parse("auto", ("SLURM_ARRAY_TASK_ID", "2"), ("SLURM_ARRAY_TASK_COUNT", "4")));
        Assert.Equal(new RunShard(3, 4), Parse("auto", ("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "1")));
        Assert.Equal(new RunShard(1, 5), Parse("auto/5", ("JOB_COMPLETION_INDEX", "0")));
        Assert.Throws<InvalidInputException>(() => Parse("auto", ("JOB_COMPLETION_INDEX", "0")));
        Assert.Throws<InvalidInputException>(() => Parse("auto/5", ("JOB_COMPLETION_INDEX", "5")));
        Assert.Throws<InvalidInputException>(() => Parse("auto", ("SLURM_ARRAY_TASK_ID", "4"), ("SLURM_ARRAY_TASK_COUNT", "4")));
    }

    [Fact]
    public void Parts_hold_every_item_once()
    {
        for (var count = 1; count < 6; count++)
            for (var place = 0; place < 20; place++) Assert.Single(Enumerable.Range(1, count), i => new RunShard(i, count).Holds(place));
    }
}
