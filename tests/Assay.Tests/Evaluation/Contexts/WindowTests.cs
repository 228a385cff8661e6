using Assay.Evaluation.Contexts;

namespace Assay.Tests.Evaluation.Contexts;

public class WindowTests
{
    [Fact]
    public void Every_id_but_the_first_is_scored_once_and_with_context()
    {
        for (var context = 2; context <= 17; context++)
            for (var ids = 0; ids <= 80; ids++)
            {
                var scored = new int[ids];
                foreach (var window in ProseWindows.Plan(ids, context))
                {
                    Assert.InRange(window.Length, window.FirstScored + 1, context);
                    Assert.InRange(window.FirstScored, window.Start == 0 ? 1 : context / 2, context);
                    for (var k = window.FirstScored; k < window.Length; k++) scored[window.Start + k]++;
                }
                Assert.All(scored.Skip(1), n => Assert.Equal(1, n));
                Assert.All(scored.Take(1), n => Assert.Equal(0, n));
            }
    }

    [Fact]
    public void Windows_start_every_half_context()
    {
        Assert.Equal([new(0, 8, 1), new(4, 8, 4), new(8, 5, 4)], ProseWindows.Plan(13, 8));
        // The tail from 8 on would hold no more than half a context.
        Assert.Equal([new(0, 8, 1), new(4, 8, 4)], ProseWindows.Plan(12, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProseWindows.Plan(5, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Disjoint_windows_hold_each_id_once_and_never_exceed_the_context(bool bos)
    {
        for (var context = 2; context <= 9; context++)
            for (var ids = 0; ids <= 40; ids++)
            {
                var windows = ScoreWindows.Plan(ids, context, bos);
                Assert.Equal(Enumerable.Range(0, ids), windows.SelectMany(w => Enumerable.Range(w.Start, w.Length)));
                Assert.All(windows, w => Assert.InRange(w.Forwarded, 1, context));
                Assert.All(windows.SkipLast(1), w => Assert.Equal(context, w.Forwarded));
                Assert.Equal(bos ? ids : ids - windows.Count, windows.Sum(w => w.Scored));
            }
    }

    [Fact]
    public void Sizes_near_the_largest_integer_do_not_overflow()
    {
        Assert.Equal(int.MaxValue, ScoreWindows.Plan(int.MaxValue, int.MaxValue, true).Sum(w => (long)w.Length));
        Assert.Equal(int.MaxValue - 1L, ProseWindows.Plan(int.MaxValue, int.MaxValue - 1).Sum(w => (long)w.Length - w.FirstScored));
    }
}
