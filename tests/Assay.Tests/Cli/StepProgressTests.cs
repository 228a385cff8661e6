using Assay.Cli;

namespace Assay.Tests.Cli;

public sealed class StepProgressTests
{
    [Theory]
    [InlineData(0, 10, 0, 1, "scoring 0/10")]
    [InlineData(5, 10, 1000, 10, "scoring 5/10, 100 tokens/s, about 10 s left")]
    [InlineData(1, 10, 1000, 10, "scoring 1/10, 100 tokens/s, about 1 min 30 s left")]
    [InlineData(1, 1001, 10, 10, "scoring 1/1001, 1 tokens/s, about 2 h 46 min left")]
    [InlineData(10, 10, 1000, 10, "scoring 10/10, 100 tokens/s")]
    public void A_line_tells_stage_speed_and_time_left(int done, int total, long tokens, int seconds, string expected) =>
        Assert.Equal(expected, StepProgress.Line(new StepProgress.Step("scoring", done, total, tokens), TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(90, 90, "scoring 90/100, 0 tokens/s")]
    [InlineData(92, 90, "scoring 92/100, 0 tokens/s, about 40 s left")]
    public void The_time_left_counts_what_was_done_now_and_not_what_a_journal_restored(int done, int restored, string expected) =>
        Assert.Equal(expected, StepProgress.Line(new StepProgress.Step("scoring", done, 100, 1, restored), TimeSpan.FromSeconds(10)));

    [Fact]
    public void Without_a_terminal_the_first_and_the_last_step_are_lines_on_standard_error()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var result = StepProgress.Run(new Terminal(output, error), quiet: false, progress =>
        {
            for (var i = 0; i <= 100; i++) progress.Report(new StepProgress.Step("scoring", i, 100, i));
            return 7;
        });
        Assert.Equal(7, result);
        Assert.Empty(output.ToString());
        var lines = error.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.StartsWith("scoring 0/100", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("scoring 100/100", lines[^1], StringComparison.Ordinal);
        Assert.InRange(lines.Length, 2, 5);
    }

    [Fact]
    public void A_live_terminal_gets_its_bar_on_standard_error_and_the_result_untouched()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var result = StepProgress.Run(new Terminal(output, error, colour: false, live: true), quiet: false, progress =>
        {
            progress.Report(new StepProgress.Step("[red]\u001b[2J", 1, 2, 3));
            return 7;
        });
        Assert.Equal(7, result);
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void Quiet_is_silent()
    {
        using var error = new StringWriter();
        StepProgress.Run(new Terminal(TextWriter.Null, error), quiet: true, progress =>
        {
            progress.Report(new StepProgress.Step("scoring", 1, 1, 1));
            return 0;
        });
        Assert.Empty(error.ToString());
    }
}
